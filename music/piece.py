"""A piece of music: its notes, tempo map and time signatures."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np

from music.notes import TICKS_PER_BEAT, Notes
from music.performance import Performance
from music.players.line_up import ONE_PIANO, LineUp

DEFAULT_TEMPO_BPM = 120.0  # the tempo of a MIDI file without one
_TEMPO_DIGITS = 2  # files count microseconds per beat: 180 bpm reads as 180.00018


@dataclass(frozen=True)
class TempoChange:
    """A tempo, which applies until the next change.

    Attributes:
        start_ticks: On the grid of `music.notes`; 0 is the piece's first note.
        bpm: Quarter notes per minute, above 0.
    """

    start_ticks: int
    bpm: float


@dataclass(frozen=True)
class TimeSignature:
    """A time signature, which applies until the next one.

    A bar starts at `start_ticks`, and another one every `bar_ticks` after it.

    Attributes:
        start_ticks: On the grid of `music.notes`; 0 is the piece's first note. Negative, by less
            than a bar, if the piece starts with a pickup: 4/4 whose first note is on the fourth
            beat starts at -36.
        numerator: Beats in a bar, 1 or more.
        denominator: Note value of a beat: 1, 2, 4, 8, 16 and so on.
    """

    start_ticks: int
    numerator: int
    denominator: int

    @property
    def bar_ticks(self) -> int:
        """The length of a bar, rounded down to the grid; exact unless a beat is a 32nd or less."""
        return max(1, self.numerator * 4 * TICKS_PER_BEAT // self.denominator)

    def place_ticks(self, ticks: int) -> int:
        """Return the position in its bar of a tick: 0 to `bar_ticks` - 1.

        Args:
            ticks: A tick before or after the start of the signature.
        """
        return (ticks - self.start_ticks) % self.bar_ticks


def constant_tempo(bpm: float) -> tuple[TempoChange, ...]:
    """Return the tempo map of a piece with one tempo."""
    return (TempoChange(0, bpm),)


@dataclass(frozen=True)
class Piece:
    """One piece: its parts merged as for one piano or, read as a band, with their roles.

    Attributes:
        name: The file's name without its suffix.
        notes: On the grid, from tick 0.
        tempos: Ordered by start, the first at tick 0, never empty.
        time_signatures: Ordered by start. Empty, or the first later than tick 0, if the file does
            not have one there.
        warnings: The parts that were left out or repaired on reading, one sentence each.
        performance: How the notes sound; None for a score, which does not say.
        line_up: Which instrument plays each role of the notes.
    """

    name: str
    notes: Notes
    tempos: tuple[TempoChange, ...] = constant_tempo(DEFAULT_TEMPO_BPM)
    time_signatures: tuple[TimeSignature, ...] = ()
    warnings: tuple[str, ...] = ()
    performance: Performance | None = None
    line_up: LineUp = ONE_PIANO

    @property
    def tempo_bpm(self) -> float:
        """The tempo of most of the piece's beats."""
        start_ticks = np.array([change.start_ticks for change in self.tempos])
        lasting_ticks = np.diff(start_ticks, append=np.inf)
        lasting_ticks = np.minimum(lasting_ticks, self.notes.end_ticks - start_ticks).clip(0)
        bpm, which = np.unique([change.bpm for change in self.tempos], return_inverse=True)
        return float(bpm[np.bincount(which, weights=lasting_ticks).argmax()])

    @property
    def last_tempo_bpm(self) -> float:
        """The tempo at which the last note starts, which music that continues the piece has too."""
        last_onset_ticks = self.notes.onset_ticks[-1:].max(initial=0)
        return [t.bpm for t in self.tempos if t.start_ticks <= last_onset_ticks][-1]


def tempo_map(changes: Iterable[TempoChange], first_note_ticks: int) -> tuple[TempoChange, ...]:
    """Return a piece's tempo map, from the tempo changes of a file.

    Args:
        changes: In any order, their ticks counted from the file's start. Of two at the same tick,
            the later one applies.
        first_note_ticks: The first note, counted from the file's start.

    Returns:
        The map from the first note on, as in `Piece`, without repeated tempos. A file starts at
        120 bpm (Standard MIDI Files 1.0).
    """
    bpm_from = {0: DEFAULT_TEMPO_BPM}
    for change in sorted(changes, key=lambda change: change.start_ticks):
        bpm_from[max(0, change.start_ticks - first_note_ticks)] = round(change.bpm, _TEMPO_DIGITS)
    kept: list[TempoChange] = []
    for start_ticks, bpm in bpm_from.items():
        if not kept or kept[-1].bpm != bpm:
            kept.append(TempoChange(start_ticks, bpm))
    return tuple(kept)


def meter_map(
    signatures: Iterable[TimeSignature], first_note_ticks: int
) -> tuple[TimeSignature, ...]:
    """Return a piece's time signatures, from those of a file.

    Args:
        signatures: In any order, their ticks counted from the file's start. Of two at the same
            tick, the later one applies.
        first_note_ticks: The first note, counted from the file's start.

    Returns:
        The signatures from the first note on, as in `Piece`, without repeated ones.
    """
    kept: list[TimeSignature] = []
    for signature in sorted(signatures, key=lambda signature: signature.start_ticks):
        start_ticks = signature.start_ticks - first_note_ticks
        if start_ticks <= 0:  # move it to the bar line at the first note or before it
            start_ticks = -(-start_ticks % signature.bar_ticks)
            kept.clear()
        if kept and kept[-1].start_ticks == start_ticks:
            kept.pop()
        moved = replace(signature, start_ticks=start_ticks)
        if not kept or not _continues(kept[-1], moved):
            kept.append(moved)
    return tuple(kept)


def _continues(before: TimeSignature, after: TimeSignature) -> bool:
    """Whether a signature repeats the one before it, at one of its bar lines."""
    since_ticks = after.start_ticks - before.start_ticks
    same = replace(after, start_ticks=before.start_ticks) == before
    return same and since_ticks % before.bar_ticks == 0
