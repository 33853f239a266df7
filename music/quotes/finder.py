"""The longest run of notes that a song shares with a piece, in any key, note for note.

Notes are ordered by onset, and by pitch within an onset. A step leads from each note to the next:
the ticks until its onset, and the interval in semitones. Two runs of notes are the same if their
steps are the same, in any key; durations do not count.

A collection's steps are encoded as one text, one letter per step, and sorted as a suffix array. A
run that a song shares is found by bisection, and extended as the song continues.

Source: U. Manber and G. Myers, Suffix Arrays: A New Method for On-Line String Searches (SIAM
Journal on Computing, 1993).
"""

import copy
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import NamedTuple, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from music.notes import Notes

FEWEST_TELLING = 7  # notes; unrelated pieces share chords and repeated notes

_END_OF_PIECE = 0  # stands for the step after a piece's last note

_Whole = TypeVar("_Whole", int, NDArray[np.int64])


class NamedNotes(Protocol):
    """Anything with a name and notes."""

    @property
    def name(self) -> str:
        """The piece's name."""

    @property
    def notes(self) -> Notes:
        """The piece's notes, ordered."""


@dataclass(frozen=True)
class Quote:
    """A run of notes that a song shares with a piece.

    Attributes:
        length_notes: 0 if there is no shared run.
        piece: The piece's name.
        start_in_song: The run's first note in the song, counted from 0.
        start_in_piece: The same note in the piece.
    """

    length_notes: int = 0
    piece: str = ""
    start_in_song: int = 0
    start_in_piece: int = 0


class _Trail(NamedTuple):
    """The run that a song's last note belongs to.

    Attributes:
        notes: How many notes the song has.
        strike: Onset in ticks and pitch of the last one.
        place: The start of the run in the collection's text.
        steps: The number of its steps.
        latest_notes: The length of the longest run that ends in the notes that were added last.
        longest: The longest quote so far.
        runs: All of `FEWEST_TELLING` notes or more, none within another.
    """

    notes: int = 0
    strike: tuple[int, int] = (0, 0)
    place: int = 0
    steps: int = 0
    latest_notes: int = 0
    longest: Quote = Quote()
    runs: tuple[Quote, ...] = ()


_NO_TRAIL = _Trail()


@dataclass(frozen=True)
class QuoteState:
    """The quotes of a song so far; immutable, so that a song can go back to an older one.

    Attributes:
        longest: The longest quote, including the notes of the last onset.
        latest_notes: The length of the longest run that ends in the notes added last; 0 if none
            were added.
        settled: The run before the last onset.
        open_strikes: The last onset's notes; more notes at this onset may follow.
        runs: Every run of `FEWEST_TELLING` notes or more, in the order of the song, including the
            notes of the last onset. None lies within another, and the last may still continue.
    """

    longest: Quote = Quote()
    latest_notes: int = 0
    settled: _Trail = _NO_TRAIL
    open_strikes: tuple[tuple[int, int], ...] = ()
    runs: tuple[Quote, ...] = ()

    @property
    def ended_runs(self) -> tuple[Quote, ...]:
        """The runs that further notes cannot change."""
        return self.settled.runs[:-1]


NO_QUOTES = QuoteState()


class QuoteFinder:
    """Finds what songs share with a collection; stateless between songs."""

    def __init__(self, pieces: Sequence[NamedNotes]) -> None:
        """Sort the collection's steps.

        Args:
            pieces: The pieces that could be quoted, none or more.
        """
        self._names = [piece.name for piece in pieces]
        steps = [_steps(piece.notes) for piece in pieces]
        self._starts = np.cumsum([0, *map(len, steps)]).tolist()
        codes = np.concatenate([[], *steps]).astype(np.int64)
        kinds, numbers = np.unique([_END_OF_PIECE, *codes], return_inverse=True)
        self._letters = {code: chr(letter) for letter, code in enumerate(kinds.tolist())}
        self._text = "".join(map(chr, numbers[1:].tolist()))
        self._order = _suffix_array(numbers[1:])
        self._ignored = range(0)  # of the text

    def without(self, piece: int) -> "QuoteFinder":
        """Return a finder that ignores one of the pieces; both share what is sorted.

        Args:
            piece: The index of the piece.
        """
        other = copy.copy(self)
        other._ignored = range(*self._starts[piece : piece + 2])  # noqa: SLF001
        other._next_other = self._next_other  # noqa: SLF001
        return other

    def longest_quote(self, notes: Notes) -> Quote:
        """Find the longest run that a whole song shares with any of the pieces."""
        return self.listen(notes).longest

    def listen(self, notes: Notes, quote_state: QuoteState = NO_QUOTES) -> QuoteState:
        """Add a song's next notes.

        The result depends neither on the division into chunks nor on the order of notes that start
        together. A doubling counts once, as in the written file. Parts are heard together, as one
        piano would play them, without drums: a quote's notes are counted so.

        Args:
            notes: The song's next notes, none of them before the last onset.
            quote_state: The state after the previous notes.
        """
        notes = notes.as_piano()
        if not len(notes) or len(self._order) == len(self._ignored):
            return replace(quote_state, latest_notes=0)
        onset, pitch = notes.onset_ticks.tolist(), notes.pitch.tolist()
        strikes = sorted({*quote_state.open_strikes, *zip(onset, pitch, strict=True)})
        last_onset = bisect_left(strikes, (strikes[-1][0],))
        # A run that ends before the first new strike was judged with the notes before these.
        first_new = quote_state.settled.notes + _shared_prefix(strikes, quote_state.open_strikes)
        settled = quote_state.settled._replace(latest_notes=0)
        settled = self._follow(settled, strikes[:last_onset], first_new)
        open_trail = self._follow(settled, strikes[last_onset:], first_new)
        return QuoteState(
            open_trail.longest,
            open_trail.latest_notes,
            settled,
            tuple(strikes[last_onset:]),
            open_trail.runs,
        )

    def _follow(self, trail: _Trail, strikes: Iterable[tuple[int, int]], first_new: int) -> _Trail:
        """Extend a run; `latest_notes` counts the runs that end in note `first_new` or later."""
        notes, last, place, steps, latest_notes, longest, runs = trail
        for strike in strikes:
            code = _step_code(strike[0] - last[0], strike[1] - last[1])
            letter = self._letters.get(code) if notes else None
            place, steps = self._extended(place, steps, letter) if letter else (self._nowhere, 0)
            notes, last = notes + 1, strike
            if notes > first_new:
                latest_notes = max(latest_notes, steps + 1)
            if steps + 1 > longest.length_notes:
                longest = self._quote(place, steps + 1, notes)
            if steps + 1 >= FEWEST_TELLING:
                runs = _with_run(runs, self._quote(place, steps + 1, notes))
        return _Trail(notes, last, place, steps, latest_notes, longest, runs)

    def _extended(self, place: int, steps: int, letter: str) -> tuple[int, int]:
        """Add a step to a run, and drop its first steps until the collection contains it.

        Returns:
            The position of the longest run that ends in the letter, and its steps.
        """
        end = place + steps
        if steps and self._text[end] == letter:  # the piece continues like the song
            return place, steps + 1
        for start in range(place, end + 1):
            run = self._text[start:end] + letter
            found = self._find(run)
            if found is not None:
                return found, len(run)
        return self._nowhere, 0

    def _find(self, run: str) -> int | None:
        text, length = self._text, len(run)
        at = self._heeded(
            bisect_left(self._order, run, key=lambda place: text[place : place + length])
        )
        if at < len(self._order) and text.startswith(run, self._order[at]):
            return self._order[at]
        return None

    @property
    def _nowhere(self) -> int:
        """The place of a run without steps: any that is not ignored."""
        return self._order[self._heeded(0)]

    def _heeded(self, at: int) -> int:
        """Return a place in the order, or the next one whose piece is not ignored."""
        is_ignored = at < len(self._order) and self._order[at] in self._ignored
        return self._next_other[at] if is_ignored else at

    @cached_property
    def _next_other(self) -> "array[int]":
        """For each place in the order, the next one with a suffix of another piece."""
        piece = np.searchsorted(self._starts, np.array(self._order), side="right")
        ends = np.append(np.flatnonzero(np.diff(piece)) + 1, len(piece))
        return _compact(np.repeat(ends, np.diff(ends, prepend=0)))

    def _quote(self, place: int, length_notes: int, notes: int) -> Quote:
        piece = bisect_right(self._starts, place) - 1
        start_in_piece = place - self._starts[piece]
        return Quote(length_notes, self._names[piece], notes - length_notes, start_in_piece)


def self_quotes(pieces: Sequence[NamedNotes]) -> list[Quote]:
    """Find the longest run that each piece shares with any other."""
    finder = QuoteFinder(pieces)
    return [finder.without(i).longest_quote(piece.notes) for i, piece in enumerate(pieces)]


def quoting_groups(pieces: Sequence[NamedNotes], fewest_notes: int) -> list[list[int]]:
    """Group pieces that quote each other, directly or through others.

    Args:
        pieces: P pieces, none or more.
        fewest_notes: Length of the shortest run that counts as a quote, 2 or more.

    Returns:
        The indices 0 to P - 1, each in one group; ascending, and the groups by their first.
    """
    group_of = list(range(len(pieces)))
    first_with: dict[bytes, int] = {}
    for place, piece in enumerate(pieces):
        for run in _runs(piece.notes, fewest_notes):
            other = group_of[first_with.setdefault(run, place)]
            if (mine := group_of[place]) != other:
                group_of = [other if group == mine else group for group in group_of]
    return [[i for i, g in enumerate(group_of) if g == group] for group in dict.fromkeys(group_of)]


def _runs(notes: Notes, length_notes: int) -> set[bytes]:
    """Return a piece's runs of a number of notes, by their steps."""
    steps = _steps(notes)[:-1]
    if len(steps) < length_notes - 1:
        return set()
    windows = np.lib.stride_tricks.sliding_window_view(steps, length_notes - 1)
    return {window.tobytes() for window in windows}


def _shared_prefix(strikes: Sequence[tuple[int, int]], before: Sequence[tuple[int, int]]) -> int:
    """Count the common strikes at the beginning; `before` may have all of them."""
    pairs = enumerate(zip(strikes, before, strict=False))
    return next((n for n, (now, then) in pairs if now != then), len(before))


def _with_run(runs: tuple[Quote, ...], run: Quote) -> tuple[Quote, ...]:
    """Add a run; if it extends the last one, it replaces it."""
    goes_on = runs and runs[-1].start_in_song == run.start_in_song
    return (*(runs[:-1] if goes_on else runs), run)


def _steps(notes: Notes) -> NDArray[np.int64]:
    """Encode the steps of N notes of a piano: int64[N], of which the last ends the piece."""
    notes = notes.as_piano()
    onset, pitch = notes.onset_ticks.astype(np.int64), notes.pitch.astype(np.int64)
    codes = _step_code(np.diff(onset), np.diff(pitch))
    return np.append(codes, _END_OF_PIECE)[-len(notes) or 1 :]


def _step_code(ticks: _Whole, semitones: _Whole) -> _Whole:
    """Encode a step as a number, different from the one for a piece's end."""
    return ticks * 256 + semitones + 128


def _suffix_array(letters: NDArray[np.int64]) -> "array[int]":
    """Sort the suffixes of a text by prefix doubling."""
    rank, known, total = letters, 1, len(letters)
    order = np.argsort(rank, kind="stable")
    while known < total:
        behind = np.append(rank[known:] + 1, np.zeros(known, np.int64))
        keys = rank * (total + 1) + behind
        order = np.argsort(keys, kind="stable")
        rank = np.empty(total, np.int64)
        rank[order] = np.append(0, np.cumsum(np.diff(keys[order]) > 0))
        known = total if rank.max() == total - 1 else 2 * known
    return _compact(order)


def _compact(order: NDArray[np.int64]) -> "array[int]":
    """Convert to a compact array from which single values are read fast."""
    return array("i", order.astype(np.int32).tobytes())
