"""The best of several candidates for the same bars: by how they fit, or by how they close."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from music.keys import find_key
from music.notes import HIGHEST_PITCH, LOWEST_PITCH, Notes, join, released

_MAJOR_TRIAD, _MINOR_TRIAD = (0, 4, 7), (0, 3, 7)


@dataclass(frozen=True)
class Candidate:
    """Notes that were sampled for some bars.

    Attributes:
        notes: Those that start in the bars, perhaps none.
        start_ticks: The bar line at which the bars start.
        has_early_notes: Whether the model played notes before the bars, which are dropped.
        bar_ticks: The length of a bar.
        following_log_probability: Mean log-probability of the notes of the known bar that comes
            after it; 0 where none is known. How likely its own notes are does not count: the
            likeliest are the simplest, and songs of them are told from pieces more surely.
    """

    notes: Notes
    start_ticks: int
    has_early_notes: bool
    bar_ticks: int
    following_log_probability: float

    @property
    def is_on_downbeat(self) -> bool:
        """Whether a note starts at the bar line."""
        return bool(len(self.notes)) and int(self.notes.onset_ticks[0]) == self.start_ticks

    def fits(self, song: Notes, *, begins: bool) -> bool:
        """Whether nothing speaks against it after the song, or as its beginning."""
        starts = self.is_on_downbeat if begins else bool(len(self.notes))
        return starts and not self.has_early_notes and self.is_new_after(song)

    def is_new_after(self, song: Notes) -> bool:
        """Whether at least half of its bars are neither the song's nor earlier ones of its own."""
        bars = _bars(self.notes, self.start_ticks, self.bar_ticks)
        known: set[frozenset[tuple[int, int]]] = set(_bars(song, self.start_ticks, self.bar_ticks))
        return 2 * len(set(bars) - known) >= len(bars)


def _bars(notes: Notes, line_ticks: int, bar_ticks: int) -> list[frozenset[tuple[int, int]]]:
    """List what is struck in each bar in which a note starts: places in the bar and pitches."""
    bars: dict[int, set[tuple[int, int]]] = {}
    for onset, pitch in zip(notes.onset_ticks.tolist(), notes.pitch.tolist(), strict=True):
        number, place = divmod(onset - line_ticks, bar_ticks)
        bars.setdefault(number, set()).add((place, pitch))
    return [frozenset(struck) for struck in bars.values()]


def best(candidates: Sequence[Candidate], song: Notes, *, on_downbeat: bool) -> int:
    """Choose the candidate that leads on best, among those that are whole and new.

    What is most likely is often what was played before; what returns, the plan says.

    Args:
        candidates: One or more.
        song: The music before them.
        on_downbeat: Prefer those that start at the bar line.
    """

    def rank(number: int) -> tuple[bool, bool, bool, bool, float]:
        one = candidates[number]
        return (
            bool(len(one.notes)),
            one.is_on_downbeat or not on_downbeat,
            not one.has_early_notes,
            one.is_new_after(song),
            round(one.following_log_probability, 4),
        )

    return max(range(len(candidates)), key=rank)


def best_closing(candidates: Sequence[Candidate], song: Notes) -> int:
    """Choose the candidate whose first chord closes the music best.

    It is struck on the downbeat, has the tonic in the bass, and few notes outside of the tonic's
    triad.

    Args:
        candidates: One or more; of their notes, those at the bar line count.
        song: The music before them.
    """

    def rank(number: int) -> tuple[bool, bool, float, bool, float]:
        one = candidates[number]
        if not one.is_on_downbeat:
            return (
                False,
                False,
                0.0,
                not one.has_early_notes,
                round(one.following_log_probability, 4),
            )
        key = find_key(released(song) if len(song) else one.notes)
        degrees = (one.notes.pitch - key.tonic) % 12
        triad = np.isin(degrees, _MAJOR_TRIAD if key.is_major else _MINOR_TRIAD)
        in_triad = float(triad.mean())
        bass = degrees[one.notes.pitch.argmin()]
        return (
            True,
            bool(bass == 0),
            in_triad,
            not one.has_early_notes,
            round(one.following_log_probability, 4),
        )

    return max(range(len(candidates)), key=rank)


def closed(chord: Notes, song: Notes) -> Notes:
    """Make a chord close: what is outside of the tonic's triad is left out, the bass is the tonic.

    Args:
        chord: One note or more.
        song: The music before it, perhaps none.
    """
    key = find_key(released(song) if len(song) else chord)
    degrees = (chord.pitch - key.tonic) % 12
    within = np.isin(degrees, _MAJOR_TRIAD if key.is_major else _MINOR_TRIAD)
    bass = int(chord.pitch.min())
    tonic_pitch = bass + (key.tonic - bass + 5) % 12 - 5  # the nearest
    if tonic_pitch < LOWEST_PITCH:
        tonic_pitch += 12
    if tonic_pitch > HIGHEST_PITCH:
        tonic_pitch -= 12
    upper = chord[within & (chord.pitch > tonic_pitch)]
    onset_ticks, duration_ticks = int(chord.onset_ticks[0]), int(chord.duration_ticks[0])
    return join([Notes.of([onset_ticks], [duration_ticks], [tonic_pitch]), upper])
