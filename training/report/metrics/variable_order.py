"""A variable-order Markov model with a long-term and a short-term memory, as in IDyOM.

The long-term model has counted the learned pieces. It reads and predicts intervals, so that a
melody is the same in every key. The short-term model starts empty for every piece and counts what
it has read so far; it reads and predicts pitches. Both predict a note's fields one after the other:
time since the previous note, pitch, duration. Each is a PPM model (escape method C, all orders
interpolated). Their distributions are combined by a weighted mean, in which the more certain one
has more weight.

Sources: J. G. Cleary and I. H. Witten, Data Compression Using Adaptive Coding and Partial String
Matching (IEEE Transactions on Communications, 1984); A. Moffat, Implementing the PPM Data
Compression Scheme (IEEE Transactions on Communications, 1990) for method C; S. Bunton,
Semantically Motivated Improvements for PPM Variants (The Computer Journal, 1997) for interpolation;
M. T. Pearce, The Construction and Evaluation of Statistical Models of Melodic Structure in Music
Perception and Composition (City University London, 2005), sections 6.2 and 7.3, for the two models
and their combination.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from music.notes import HIGHEST_PITCH, LOWEST_PITCH, Notes

FIELDS = 3
# Chosen on Majora's Mask and Ocarina of Time; a geometric mean was worse.
_LONG_TERM_ORDER = 3  # symbols: one note
_SHORT_TERM_ORDER = 24  # eight notes
_BIAS = 0.5  # the additional weight of the more certain model
_MIDDLE_PITCH = 60  # the pitch from which a piece's first interval is counted
_PITCHES = HIGHEST_PITCH - LOWEST_PITCH + 1

Symbols = list[int]  # the fields of each note: shift, pitch or interval, duration
_Counts = dict[int, int]


class Counts:
    """How often each symbol followed each context of up to `order` symbols."""

    def __init__(self, order: int) -> None:
        """Start empty."""
        self._order = order
        self._following: dict[tuple[int, ...], _Counts] = {}

    def add(self, symbols: Symbols, place: int) -> None:
        """Count the symbol at `place` after every context that ends before it."""
        field, symbol = place % FIELDS, symbols[place]
        for length in range(min(self._order, place) + 1):
            context = (field, *symbols[place - length : place])
            counts = self._following.setdefault(context, {})
            counts[symbol] = counts.get(symbol, 0) + 1

    def predict(self, symbols: Symbols, place: int, size: int, lowest: int) -> NDArray[np.float64]:
        """Predict the symbol at `place` from those before it.

        Args:
            symbols: The piece's, up to `place` or longer.
            place: The index of the symbol, from 0.
            size: Number of values that it may have.
            lowest: The lowest value.

        Returns:
            float64[size], summing to 1, none of them 0.
        """
        field = place % FIELDS
        likely = np.full(size, 1 / size)
        for length in range(min(self._order, place) + 1):
            counts = self._following.get((field, *symbols[place - length : place]))
            if counts is None:
                break
            values = np.fromiter(counts, np.int64, len(counts)) - lowest
            seen = np.fromiter(counts.values(), np.float64, len(counts))
            fits = (values >= 0) & (values < size)
            values, seen = values[fits], seen[fits]
            kinds, total = len(values), seen.sum()
            if kinds:
                likely *= kinds / (total + kinds)
                likely[values] += seen / (total + kinds)
        return likely


class VariableOrderModel:
    """Predicts pieces from the learned ones and from what a piece itself has played so far."""

    def __init__(self, learned: Sequence[Notes], longest_ticks: int) -> None:
        """Count the learned pieces.

        Args:
            learned: Notes on the codec's grid.
            longest_ticks: The longest possible shift and duration.
        """
        self._longest_ticks = longest_ticks
        self._long_term = Counts(_LONG_TERM_ORDER)
        for notes in learned:
            symbols = _intervals(notes)
            for place in range(len(symbols)):
                self._long_term.add(symbols, place)

    def bits(self, notes: Notes) -> NDArray[np.float64]:
        """Compute the bits of every note.

        Args:
            notes: N notes on the codec's grid.

        Returns:
            float64[N], bits.
        """
        short_term = Counts(_SHORT_TERM_ORDER)
        pitches, intervals = _pitches(notes), _intervals(notes)
        bits = np.zeros(len(pitches))
        for place, symbol in enumerate(pitches):
            size, lowest, from_pitch = self._values(pitches, place)
            long_term = self._long_term.predict(intervals, place, size, lowest - from_pitch)
            likely = _combined(long_term, short_term.predict(pitches, place, size, lowest))
            bits[place] = -np.log2(likely[symbol - lowest])
            short_term.add(pitches, place)
        note_bits: NDArray[np.float64] = bits.reshape(-1, FIELDS).sum(axis=1)
        return note_bits

    def _values(self, pitches: Symbols, place: int) -> tuple[int, int, int]:
        """Return the number of values of a symbol, the lowest, and the base of an interval."""
        if place % FIELDS == 1:
            before = pitches[place - FIELDS] if place > FIELDS else _MIDDLE_PITCH
            return _PITCHES, LOWEST_PITCH, before
        return self._longest_ticks + 1, 0, 0


def _pitches(notes: Notes) -> Symbols:
    """Encode N notes as 3N symbols, with their pitches."""
    shift = np.diff(notes.onset_ticks, prepend=notes.onset_ticks[:1])
    symbols: Symbols = np.stack([shift, notes.pitch, notes.duration_ticks], axis=1).ravel().tolist()
    return symbols


def _intervals(notes: Notes) -> Symbols:
    """Encode N notes as 3N symbols, each pitch as the interval from the previous note."""
    interval = np.diff(notes.pitch, prepend=_MIDDLE_PITCH).astype(np.int32)
    return _pitches(replace(notes, pitch=interval))


def _combined(*each: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the mean of distributions; a lower entropy gives a distribution more weight."""
    likely = np.stack(each)
    entropy = -(likely * np.log(likely)).sum(axis=1) / np.log(likely.shape[1])  # 0 to 1
    weight = np.maximum(entropy, 1e-6) ** -_BIAS
    combined: NDArray[np.float64] = (weight / weight.sum()) @ likely
    return combined
