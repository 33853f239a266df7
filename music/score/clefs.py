"""Chooses clefs, so that a staff has few ledger lines."""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from music.meter import Measure
from music.notes import Notes

Clef = Literal["treble 8va", "treble", "treble 8vb", "bass", "bass 8vb", "percussion"]

# The lowest median pitch of notes with each clef. Clefs an octave off keep ledger lines few.
_CLEFS: tuple[tuple[int, Clef], ...] = ((86, "treble 8va"), (59, "treble"), (41, "bass"))
_GUITAR_CLEFS: tuple[tuple[int, Clef], ...] = ((67, "treble"), (41, "treble 8vb"))
_LOWEST_CLEF: Clef = "bass 8vb"
# The pitches that each clef writes with four ledger lines or fewer.
_LEGIBLE: dict[Clef, tuple[int, int]] = {
    "treble 8va": (62, 103),
    "treble": (50, 91),
    "treble 8vb": (38, 79),
    "bass": (29, 71),
    "bass 8vb": (17, 59),
}
_CHANGING: tuple[Clef, ...] = ("treble", "bass", "treble 8va")  # the usual ones first
_ILLEGIBLE_SHARE = 0.02  # of the notes of a staff
_TWO_LEDGER_LINES = 7  # semitones
_CHANGE_SEMITONES = 16  # beyond two ledger lines, which a change of clef is worth
_TIE = 1e-6  # semitones


def usual_clef(notes: Notes, family: str) -> Clef:
    """Choose one clef by the median pitch of one note or more, which a family of players plays."""
    middle = float(np.median(notes.pitch))
    clefs = _GUITAR_CLEFS if family == "guitar" else _CLEFS
    return next((clef for lowest, clef in clefs if middle >= lowest), _LOWEST_CLEF)


def clefs_of_bars(notes: Notes, bars: Sequence[Measure], usual: Clef) -> tuple[Clef, ...]:
    """Choose the clef of each bar of a single staff.

    The usual one for all bars if it shows nearly all notes without many ledger lines; otherwise,
    clefs change where this spares ledger lines.

    Args:
        notes: Of one staff, none after the bars.
        bars: One after the other.
        usual: The clef of all bars if it is legible, and otherwise the preferred one.
    """
    if not len(notes) or _are_legible([notes.pitch], [usual]):
        return (usual,) * len(bars)
    choice = [usual, *(clef for clef in _CHANGING if clef != usual)]
    in_bars = _in_bars(notes, bars)
    beyond = [
        [_semitones_beyond(pitches, clef, _TWO_LEDGER_LINES).sum() for clef in choice]
        for pitches in in_bars
    ]
    return tuple(choice[number] for number in _cheapest(np.array(beyond, np.float64)))


def are_legible(notes: Notes, bars: Sequence[Measure], clefs: Sequence[Clef]) -> bool:
    """Whether the clefs of the bars show nearly all notes without many ledger lines."""
    return _are_legible(_in_bars(notes, bars), clefs)


def changes(clefs: Sequence[Clef]) -> Iterator[Clef | None]:
    """Say for each bar which clef is written at its start; None for the one before it."""
    yield clefs[0]
    for before, clef in pairwise(clefs):
        yield clef if clef != before else None


def _in_bars(notes: Notes, bars: Sequence[Measure]) -> list[NDArray[np.int32]]:
    """Return the pitches that start in each bar."""
    later_starts_ticks = [bar.start_ticks for bar in bars[1:]]
    return np.split(notes.pitch, np.searchsorted(notes.onset_ticks, later_starts_ticks))


def _are_legible(pitches: Sequence[NDArray[np.int32]], clefs: Sequence[Clef]) -> bool:
    beyond = [_semitones_beyond(own, clef) for own, clef in zip(pitches, clefs, strict=True)]
    return bool((np.concatenate(beyond) > 0).mean() <= _ILLEGIBLE_SHARE)


def _semitones_beyond(pitch: NDArray[np.int32], clef: Clef, within: int = 0) -> NDArray[np.int32]:
    """Return how far each pitch is beyond those that a clef writes with four ledger lines or fewer.

    Args:
        pitch: int32[N].
        clef: The clef.
        within: Semitones by which these pitches are fewer at either end.
    """
    lowest, highest = _LEGIBLE[clef]
    return np.maximum(np.maximum(lowest + within - pitch, pitch - highest + within), 0)


def _cheapest(cost: NDArray[np.float64]) -> list[int]:
    """Choose for each bar one of several clefs, by the shortest path.

    Args:
        cost: float[bars, clefs], of a bar with a clef. Of equal paths, the one that changes last
            is chosen, so that a clef is written before the notes that need it.
    """
    bars, clefs = cost.shape
    stays = np.eye(clefs)
    change = _CHANGE_SEMITONES * (1 - stays)  # to each clef, from each
    total, came_from = cost[0], np.zeros((bars, clefs), np.intp)
    for number in range(1, bars):
        through = total + change
        came_from[number] = (through + _TIE * stays).argmin(axis=1)
        total = through.min(axis=1) + cost[number]
    path = [int(total.argmin())]
    for number in range(bars - 1, 0, -1):
        path.append(int(came_from[number, path[-1]]))
    return path[::-1]
