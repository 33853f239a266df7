"""The best of several candidates for the same bars, by how they fit the music before and after."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from music.notes import Notes

Bar = frozenset[tuple[int, int]]
"""What is struck in a bar: places in the bar and keys."""


@dataclass(frozen=True)
class Candidate:
    """Notes that were sampled for some bars.

    Attributes:
        notes: Those that start in the bars, perhaps none.
        start_ticks: The bar line at which the bars start.
        end_ticks: The bar line at which they end.
        bar_ticks: The length of a bar.
        known_bars: Those of the music before it, as `struck_bars` lists them.
        following_log_probability: Mean log-probability of the notes of the known bar that comes
            after it; 0 where none is known. How likely its own notes are does not count: the
            likeliest are the simplest, and songs of them are told from pieces more surely.
        distance: How far its notes are from what they are to measure; 0 where that is anything.
    """

    notes: Notes
    start_ticks: int
    end_ticks: int
    bar_ticks: int
    known_bars: frozenset[Bar]
    following_log_probability: float
    distance: float = 0.0

    @property
    def is_on_downbeat(self) -> bool:
        """Whether a note starts at the bar line."""
        return bool(len(self.notes)) and int(self.notes.onset_ticks[0]) == self.start_ticks

    def fits(self, *, begins: bool) -> bool:
        """Whether nothing speaks against it after the song, or as its beginning."""
        starts = self.is_on_downbeat or not begins
        return starts and self.silent_bars == 0 and self.is_new

    @cached_property
    def silent_bars(self) -> int:
        """The number of bars in which nothing sounds."""
        starts = np.arange(self.start_ticks, self.end_ticks, self.bar_ticks)[:, None]
        begun = self.notes.onset_ticks < starts + self.bar_ticks
        ends = self.notes.onset_ticks + self.notes.duration_ticks
        return int(np.sum(~(begun & (ends > starts)).any(axis=1)))

    @cached_property
    def is_new(self) -> bool:
        """Whether at least half of its bars are neither known nor earlier ones of its own."""
        bars = struck_bars(self.notes, self.start_ticks, self.bar_ticks)
        return 2 * len(set(bars) - self.known_bars) >= len(bars)


def struck_bars(notes: Notes, line_ticks: int, bar_ticks: int) -> list[Bar]:
    """List what is struck in each bar in which a note starts.

    Args:
        notes: Any.
        line_ticks: A bar line.
        bar_ticks: The length of a bar.
    """
    bars: dict[int, set[tuple[int, int]]] = {}
    for onset, key in zip(notes.onset_ticks.tolist(), notes.key.tolist(), strict=True):
        number, place = divmod(onset - line_ticks, bar_ticks)
        bars.setdefault(number, set()).add((place, key))
    return [frozenset(struck) for struck in bars.values()]


def best(candidates: Sequence[Candidate], *, on_downbeat: bool) -> int:
    """Choose the candidate that leads on best, among those that are whole and new.

    What is most likely is often what was played before; what returns, the plan says.

    Args:
        candidates: One or more.
        on_downbeat: Prefer those that start at the bar line.
    """

    def rank(number: int) -> tuple[int, bool, bool, float, float]:
        one = candidates[number]
        return (
            -one.silent_bars,
            one.is_on_downbeat or not on_downbeat,
            one.is_new,
            -round(one.distance, 4),
            round(one.following_log_probability, 4),
        )

    return max(range(len(candidates)), key=rank)
