"""Divides notes into bars, and quantizes them for notation.

Notation is coarser than the grid of our notes: each beat is written in sixteenths or in triplets,
according to which are nearer.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate, combinations

import numpy as np
from numpy.typing import NDArray

from music.notes import TICKS_PER_BEAT, Notes
from music.piece import Piece, TimeSignature

BAR_TICKS = 4 * TICKS_PER_BEAT  # of 4/4
_SIXTEENTH_TICKS, _TRIPLET_TICKS = 3, 4

_STRENGTHS = {0: 6, 24: 5, 12: 4, 36: 4, 6: 2, 18: 2, 30: 2, 42: 2}  # of places in a bar of 4/4
_PICKUP_NOTES = 400  # enough to infer a pickup

_Values = tuple[tuple[int, frozenset[int]], ...]  # lengths of a note head or rest, and positions
_InGroup = dict[int, tuple[tuple[float, tuple[float, ...]], ...]]
_InBeat = dict[int, tuple[tuple[int, tuple[int, ...]], ...]]
_LONGEST_BAR_TICKS = 8 * TICKS_PER_BEAT
_UNDIVIDED_TICKS = (72, 48, 36, 24)  # values that may span groups of beats

# The values in beats, by the beats of the group, and the beats at which they may begin.
_NOTES_IN_GROUP: _InGroup = {
    4: ((4, (0,)), (3, (0, 1)), (2, (0, 1, 2)), (1.5, (0, 2)), (1, (0, 0.5, 1, 2, 2.5, 3))),
    3: ((3, (0,)), (2, (0, 1)), (1.5, (0, 1)), (1, (0, 0.5, 1, 2))),
    2: ((2, (0,)), (1.5, (0,)), (1, (0, 0.5, 1))),
    1: ((1, (0,)),),
}
_RESTS_IN_GROUP: _InGroup = {
    4: ((4, (0,)), (2, (0, 2)), (1, (0, 1, 2, 3))),
    3: ((3, (0,)), (1, (0, 1, 2))),
    2: ((2, (0,)), (1, (0, 1))),
    1: ((1, (0,)),),
}
# Within a beat, by its ticks: values in ticks, and the ticks at which they may begin.
_NOTES_IN_BEAT: _InBeat = {
    12: ((9, (0, 3)), (8, (0, 4)), (6, (0, 3, 6)), (4, (0, 4, 8)), (3, (0, 3, 6, 9))),
    6: ((3, (0, 3)),),
    3: ((3, (0,)),),
}
_RESTS_IN_BEAT: _InBeat = {
    12: ((8, (0, 4)), (6, (0, 6)), (4, (0, 4, 8)), (3, (0, 3, 6, 9))),
    6: ((3, (0, 3)),),
    3: ((3, (0,)),),
}


@dataclass(frozen=True)
class Meter:
    """A meter as it is notated.

    Attributes:
        numerator: The numerator of the time signature.
        denominator: The denominator of the time signature.
        beat_ticks: The ticks of a quarter, an eighth or a sixteenth.
        groups: The beats of the bar's groups, such as 3 and 3 for 6/8.
    """

    numerator: int
    denominator: int
    beat_ticks: int
    groups: tuple[int, ...]

    @property
    def bar_ticks(self) -> int:
        """The length of a bar."""
        return sum(self.groups) * self.beat_ticks

    def note_values(self, start: int, end: int) -> list[tuple[int, int]]:
        """Split a sound within a bar into values that are tied together, the longest first.

        Args:
            start: Ticks from the bar line.
            end: Ticks from the bar line, a bar at most.

        Returns:
            Positions and lengths in ticks; none if the sound cannot be notated, or is empty.
        """
        return _values(start, end, _note_table(self))

    def rest_values(self, start: int, end: int) -> list[tuple[int, int]]:
        """Split a silence within a bar as `note_values` does; rests follow the beat more closely.

        A rest of a whole bar is one rest in any meter.
        """
        if (start, end) == (0, self.bar_ticks):
            return [(start, end)]
        return _values(start, end, _rest_table(self))


COMMON_TIME = Meter(4, 4, TICKS_PER_BEAT, (4,))


def meter_of(numerator: int, denominator: int) -> Meter:
    """Return the meter of a time signature; 4/4 if we cannot notate such bars."""
    if denominator == 2:  # half notes are written as two quarters, which may have triplets
        groups = (4,) * (numerator // 2) if numerator % 2 == 0 else (2,) * numerator
        meter = Meter(numerator, denominator, TICKS_PER_BEAT, groups)
    elif denominator in (4, 8, 16):
        beat_ticks = 4 * TICKS_PER_BEAT // denominator
        meter = Meter(numerator, denominator, beat_ticks, _groups(numerator, denominator))
    else:
        return COMMON_TIME
    return meter if 0 < meter.bar_ticks <= _LONGEST_BAR_TICKS else COMMON_TIME


def _groups(beats: int, denominator: int) -> tuple[int, ...]:
    """Group the beats of a bar in threes if possible, otherwise in twos."""
    if denominator == 4 and beats in (4, 8):
        return (4,) * (beats // 4)
    if beats == 1 or beats % 3 == 0:
        return (beats,) if beats == 1 else (3,) * (beats // 3)
    return (2,) * (beats // 2) if beats % 2 == 0 else (3,) + (2,) * ((beats - 3) // 2)


@dataclass(frozen=True)
class Measure:
    """A bar of a piece.

    Attributes:
        start_ticks: Its start in the piece.
        ticks: Its length; shorter than its meter's if another time signature follows sooner.
        meter: Its meter.
        lead_ticks: The ticks at its start that are not notated: a pickup is the end of a bar.
    """

    start_ticks: int
    ticks: int
    meter: Meter
    lead_ticks: int = 0


def score_signatures(piece: Piece) -> tuple[TimeSignature, ...]:
    """Return the time signatures from a piece's first note on.

    If the piece has none, it is in 4/4, with a pickup that suits the notes.
    """
    signatures = piece.time_signatures
    if not signatures:
        return (TimeSignature(-pickup(piece.notes), 4, 4),)
    if signatures[0].start_ticks > 0:
        return (TimeSignature(0, 4, 4), *signatures)
    return signatures


def measures(signatures: Sequence[TimeSignature], end_ticks: int) -> list[Measure]:
    """Divide a piece into bars.

    Args:
        signatures: Ordered, one or more; the first bar starts with the first of them. A later one
            starts a bar at the nearest sixteenth.
        end_ticks: The tick that the last bar reaches.

    Returns:
        One or more.
    """
    first_ticks = signatures[0].start_ticks
    starts = [
        first_ticks + round((each.start_ticks - first_ticks) / _SIXTEENTH_TICKS) * _SIXTEENTH_TICKS
        for each in signatures
    ]
    found: list[Measure] = []
    for number, signature in enumerate(signatures):
        meter = meter_of(signature.numerator, signature.denominator)
        is_last = number + 1 == len(signatures)
        until = max(end_ticks, first_ticks + 1) if is_last else min(starts[number + 1], end_ticks)
        for start in range(starts[number], until, meter.bar_ticks):
            following = start + meter.bar_ticks if is_last else starts[number + 1]
            found.append(Measure(start, min(meter.bar_ticks, following - start), meter))
    return found


def bar_ticks_of(signatures: Sequence[TimeSignature]) -> int:
    """Return the length of a piece's last bars; that of 4/4 without time signatures."""
    if not signatures:
        return BAR_TICKS
    return meter_of(signatures[-1].numerator, signatures[-1].denominator).bar_ticks


def pickup(notes: Notes) -> int:
    """Infer how far into a 4/4 bar a piece starts, so that long notes fall on strong beats.

    Returns:
        Ticks, 0 or more, less than a bar.
    """
    early = notes[:_PICKUP_NOTES]
    weight = np.minimum(early.duration_ticks, BAR_TICKS)
    strength = np.array([_STRENGTHS.get(tick, 0) for tick in range(BAR_TICKS)])
    scores = [
        float((weight * strength[(early.onset_ticks + shift) % BAR_TICKS]).sum())
        for shift in range(BAR_TICKS)
    ]
    scores[0] *= 1.1  # most pieces start at a bar line
    return int(np.argmax(scores))


def quantized(notes: Notes, bars: Sequence[Measure]) -> Notes:
    """Move every start and end to a sixteenth or to a triplet's eighth, beat by beat.

    Args:
        notes: Ordered.
        bars: From the first note, or before it, until the last has ended.

    Returns:
        Ordered notes. If two of a role get the same onset and pitch, only the first is kept.
    """
    beats = _Beats(bars)
    in_triplets = beats.in_triplets(notes.onset_ticks)
    start = beats.nearest(notes.onset_ticks, in_triplets)
    shortest = np.where(in_triplets[beats.of(start)], _TRIPLET_TICKS, _SIXTEENTH_TICKS)
    end = beats.nearest(notes.onset_ticks + notes.duration_ticks, in_triplets)
    stop = np.maximum(end, start + shortest)
    _, first = np.unique(np.column_stack([start, notes.key]), axis=0, return_index=True)
    columns = start, stop - start, notes.pitch, notes.role
    return Notes.of(*(column[first] for column in columns))


class _Beats:
    """The beats of some bars."""

    def __init__(self, bars: Sequence[Measure]) -> None:
        beats = list(_beats(bars))
        self._starts, self._ticks = np.array(beats, np.int64).T
        quarters = [bar.meter.beat_ticks == TICKS_PER_BEAT for bar in bars]
        of_bar = np.searchsorted([bar.start_ticks for bar in bars], self._starts, "right") - 1
        self._may_be_in_triplets = np.array(quarters)[of_bar] & (self._ticks == TICKS_PER_BEAT)

    def of(self, ticks: NDArray[np.int64]) -> NDArray[np.intp]:
        """Return the indices of the beats at ticks."""
        return np.maximum(0, np.searchsorted(self._starts, ticks, "right") - 1)

    def in_triplets(self, onset_ticks: NDArray[np.int32]) -> NDArray[np.bool_]:
        """Return for each beat whether its onsets are nearer to triplets: bool[beats]."""
        beat = self.of(onset_ticks.astype(np.int64))
        within = onset_ticks - self._starts[beat]
        off_sixteenths, off_triplets = (
            np.bincount(beat, np.abs(within - _rounded(within, grid)), minlength=len(self._starts))
            for grid in (_SIXTEENTH_TICKS, _TRIPLET_TICKS)
        )
        nearer: NDArray[np.bool_] = self._may_be_in_triplets & (off_triplets < off_sixteenths)
        return nearer

    def nearest(
        self, ticks: NDArray[np.int32], in_triplets: NDArray[np.bool_]
    ) -> NDArray[np.int64]:
        """Move ticks to the nearest position that can be notated."""
        beat = self.of(ticks.astype(np.int64))
        within = ticks - self._starts[beat]
        triplets, sixteenths = (_rounded(within, n) for n in (_TRIPLET_TICKS, _SIXTEENTH_TICKS))
        moved: NDArray[np.int64] = np.where(in_triplets[beat], triplets, sixteenths)
        moved += self._starts[beat]
        return moved


def _beats(bars: Sequence[Measure]) -> Iterator[tuple[int, int]]:
    """Yield the start and the ticks of every beat; the last beat of a short bar may be shorter."""
    for bar in bars:
        for place in range(0, bar.ticks, bar.meter.beat_ticks):
            yield bar.start_ticks + place, min(bar.meter.beat_ticks, bar.ticks - place)


def _rounded(ticks: NDArray[np.int64], grid_ticks: int) -> NDArray[np.int64]:
    """Round to a grid, down from the middle."""
    return (ticks + (grid_ticks - 1) // 2) // grid_ticks * grid_ticks


@lru_cache(maxsize=64)
def _note_table(meter: Meter) -> _Values:
    return _table(meter, _NOTES_IN_GROUP, _NOTES_IN_BEAT)


@lru_cache(maxsize=64)
def _rest_table(meter: Meter) -> _Values:
    return _table(meter, _RESTS_IN_GROUP, _RESTS_IN_BEAT)


def _table(meter: Meter, in_group: _InGroup, in_beat: _InBeat) -> _Values:
    """Return the values of a single head or rest, in ticks, and the positions where they begin."""
    beat = meter.beat_ticks
    ends = list(accumulate((size * beat for size in meter.groups), initial=0))
    allowed = [
        (value, first)
        for first, last in combinations(ends, 2)
        if (value := last - first) in _UNDIVIDED_TICKS
    ]
    for size, start in zip(meter.groups, ends, strict=False):
        for beats, places in in_group[size]:
            allowed += [
                (int(beats * beat), start + int(place * beat))
                for place in places
                if (beats * beat) % 1 == (place * beat) % 1 == 0
            ]
    for start in range(0, meter.bar_ticks, beat):
        for value, offsets in in_beat[beat]:
            allowed += [(value, start + offset) for offset in offsets]
    values = sorted({value for value, _ in allowed}, reverse=True)
    return tuple((v, frozenset(place for value, place in allowed if value == v)) for v in values)


def _values(start: int, end: int, table: _Values) -> list[tuple[int, int]]:
    for value, places in table:
        if start + value <= end and start in places:
            following = _values(start + value, end, table)
            if following or start + value == end:
                return [(start, value), *following]
    return []
