"""Signs of degeneration: a piece repeats itself, stays on one note, or falls silent."""

from dataclasses import dataclass

import numpy as np

from music.meter import BAR_TICKS
from music.notes import Notes

GRAM_STEPS = 4


@dataclass(frozen=True)
class Degeneration:
    """Signs of degeneration in a piece; a band's runs are those of the piano that would play it.

    Attributes:
        longest_repeat_onsets: The longest run of onsets at which the same keys are struck.
        distinct_four_grams: The share of distinct runs of four steps (pitch interval and onset
            interval, from note to note); 1 if nothing is repeated. None below five notes.
        empty_bars: The share of bars, counted from the first note on, in which nothing sounds.
    """

    longest_repeat_onsets: int
    distinct_four_grams: float | None
    empty_bars: float


def degeneration(notes: Notes) -> Degeneration:
    """Measure all of these signs.

    Args:
        notes: Ordered by onset, then by pitch.
    """
    piano = notes.as_piano()
    return Degeneration(_longest_repeat(piano), _distinct_four_grams(piano), _empty_bars(notes))


def _longest_repeat(notes: Notes) -> int:
    """Count the onsets of the longest run in which every onset strikes the keys of the last."""
    chords = [frozenset(keys.tolist()) for keys in notes.chords()]
    longest = run = 0
    for place, chord in enumerate(chords):
        run = run + 1 if place and chord == chords[place - 1] else 1
        longest = max(longest, run)
    return longest


def _distinct_four_grams(notes: Notes) -> float | None:
    steps = np.column_stack([np.diff(notes.onset_ticks), np.diff(notes.pitch)])
    if len(steps) < GRAM_STEPS:
        return None
    grams = np.lib.stride_tricks.sliding_window_view(steps, GRAM_STEPS, axis=0)
    return len(np.unique(grams.reshape(len(grams), -1), axis=0)) / len(grams)


def _empty_bars(notes: Notes) -> float:
    """Return the share of bars up to the last note's end in which nothing sounds."""
    bars = -(-notes.end_ticks // BAR_TICKS)
    if not bars:
        return 0.0
    changes = np.zeros(bars + 1, dtype=np.int64)
    np.add.at(changes, notes.onset_ticks // BAR_TICKS, 1)
    np.add.at(changes, (notes.onset_ticks + notes.duration_ticks - 1) // BAR_TICKS + 1, -1)
    return float((np.cumsum(changes)[:-1] == 0).mean())
