"""Resampling: chunks that quote too long a run, or repeat degenerately, are sampled again.

A song is sampled chunk by chunk. A chunk is resampled from the state before it if a run of notes
ends in it that is longer than allowed and shared with a piece, or if it strikes the same keys over
and over: first with other random numbers, then at higher temperatures. The number of attempts is
bounded; then the one that quotes least is taken.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from music.notes import NO_NOTES, TICKS_PER_BEAT, Notes, join
from music.quotes.finder import NamedNotes, QuoteFinder, QuoteState, self_quotes

FEWEST_STEPS = 8  # of a chunk: enough to recognise degenerate repetition
_FEWEST_NOTES = 5  # unrelated pieces share chords and repeated notes
_VERSION_SHARE = 0.5  # of a piece's notes, in one run; what two pieces share is shorter
_TWO_BARS_BEATS = 8
_LONGEST_CYCLE = 4  # onsets after which the same keys come again
_MOST_CYCLED = 24  # onsets of a run that turns in such a cycle; pieces of games have up to 19
# Onsets, and how many different chords are too few for them, whatever their order: of 45 pieces of
# three games, one has so few.
_TOO_FEW_CHORDS = ((32, 2), (64, 4))
_SAME_WAY = 2
_MOST = 6
_STRIDE = 1 << 20  # more than a song has tokens


@dataclass(frozen=True)
class Attempt:
    """How a chunk is sampled.

    Attributes:
        position_added: To the song's position, which is the counter of its random numbers.
        temperature_added: To the requested temperature.
        is_filtered: Whether top-k and top-p hold. They may leave only one way to end a chord that
            the chunk before has begun.
    """

    position_added: int
    temperature_added: float
    is_filtered: bool

    def sampling(self, temperature: float, top_k: int, top_p: float) -> tuple[float, int, float]:
        """Return temperature, top-k and top-p of this attempt for the requested ones."""
        filters = (top_k, top_p) if self.is_filtered else (0, 1.0)
        return temperature + self.temperature_added, *filters


def _attempts(temperature_step: float, *, are_filtered: bool) -> tuple[Attempt, ...]:
    return tuple(
        Attempt(
            n * _STRIDE,
            max(0, n - _SAME_WAY + 1) * temperature_step,
            are_filtered or n < _SAME_WAY,
        )
        for n in range(_MOST)
    )


ATTEMPTS = _attempts(0.5, are_filtered=False)
# Of a band: what helps a piano out of a cycle makes its parts lose each other.
BAND_ATTEMPTS = _attempts(0.1, are_filtered=True)


@dataclass(frozen=True)
class QuoteBound:
    """How much of a collection a song may quote.

    Attributes:
        finder: Of the collection.
        most_notes: The longest run that is allowed.
    """

    finder: QuoteFinder
    most_notes: int

    def is_kept(self, quote_state: QuoteState) -> bool:
        """Whether a chunk keeps the bound; runs that ended before it do not count.

        Args:
            quote_state: After the chunk was added.
        """
        return quote_state.latest_notes <= self.most_notes


def is_degenerate(notes: Notes, steps: int, before: Notes = NO_NOTES) -> bool:
    """Whether a chunk is degenerate repetition, to be resampled.

    A model may strike the same keys at one onset for ever, so that hardly any token is a note of
    its own, turn in a short cycle, or strike a few chords in every order. Drums may.

    Args:
        notes: Of the chunk, ordered.
        steps: How many tokens it has; of few, none may be a note.
        before: All notes that the chunk follows, on the same ticks: a cycle may start in them, and
            the chunk may continue their last chord.
    """
    has_few_notes = steps >= FEWEST_STEPS and 2 * len(notes) < steps
    notes = notes.as_piano()
    most_onsets = max(onsets for onsets, _ in _TOO_FEW_CHORDS)
    earlier = _last_onsets(before.melodic(), most_onsets).as_piano()
    chords = [tuple(sorted(chord.tolist())) for chord in join([earlier, notes]).chords()]
    first = len(chords) - len(notes.chords())
    is_cycle = _longest_cycle(chords, first) > _MOST_CYCLED
    return has_few_notes or is_cycle or _has_few_chords(chords)


def _has_few_chords(chords: Sequence[tuple[int, ...]]) -> bool:
    """Whether the last onsets strike too few different chords."""
    return any(
        len(chords) >= onsets and len(set(chords[-onsets:])) <= few
        for onsets, few in _TOO_FEW_CHORDS
    )


def _longest_cycle(chords: Sequence[tuple[int, ...]], first: int) -> int:
    """Count the onsets of the longest run that repeats up to `_LONGEST_CYCLE` onsets.

    Args:
        chords: Of each onset.
        first: The first onset at which a run may end that counts.
    """
    longest = 0
    for period in range(1, _LONGEST_CYCLE + 1):
        run = 0
        for n in range(period, len(chords)):
            run = run + 1 if chords[n] == chords[n - period] else 0
            if run and n >= first:
                longest = max(longest, run + period)
    return longest


def _last_onsets(notes: Notes, count: int) -> Notes:
    starts = np.flatnonzero(np.diff(notes.onset_ticks, prepend=-1))[-count:]
    return notes[starts[0] :] if len(starts) else notes


def usual_quote_notes(pieces: Sequence[NamedNotes]) -> int:
    """Return the usual length of a quote: 19 of 20 pieces share no longer run with the others.

    A piece that shares more than half of its notes with another is a version of it, and counts only
    where all are. Of bands at least what two bars have, since an accompaniment that goes on repeats
    as much.
    """
    lengths = np.array([quote.length_notes for quote in self_quotes(pieces)])
    is_version = lengths > np.array([len(piece.notes) for piece in pieces]) * _VERSION_SHARE
    counted = lengths if is_version.all() else lengths[~is_version]
    return max(int(np.percentile(counted, 95)), _FEWEST_NOTES, _notes_of_two_bars(pieces))


def _notes_of_two_bars(pieces: Sequence[NamedNotes]) -> int:
    """Count the notes that two bars of a band's pieces have, heard as one piano; 0 for a piano."""
    bands = [piece.notes for piece in pieces if piece.notes.role.any()]
    if not bands:
        return 0
    heard = sum(len(notes.as_piano()) for notes in bands)
    beats = sum(notes.end_ticks for notes in bands) / TICKS_PER_BEAT
    return round(_TWO_BARS_BEATS * heard / beats)
