"""Degeneration: repeated notes, repeated phrases, silence."""

from dataclasses import replace

import numpy as np
import pytest

from music.notes import Notes, join
from music.players.roles import DRUMS
from training.report.metrics.degeneration import degeneration


def line(*pitches: int) -> Notes:
    return Notes.of(np.arange(len(pitches)) * 6, np.full(len(pitches), 6), pitches)


@pytest.mark.parametrize(
    ("notes", "onsets"),
    [
        (line(), 0),
        (line(60), 1),
        (line(60, 62, 60, 62), 1),
        (line(62, 60, 60, 60, 62, 62), 3),
        (Notes.of([0, 0, 6, 6, 12], [1] * 5, [60, 64, 60, 64, 60]), 2),
    ],
    ids=["nothing", "one note", "a trill", "three in a row", "chords count as a whole"],
)
def test_the_longest_repeat(notes, onsets):
    assert degeneration(notes).longest_repeat_onsets == onsets


@pytest.mark.parametrize(
    ("notes", "share"),
    [
        (line(60, 61, 62, 63), None),
        (line(60, 61, 63, 66, 70), 1.0),
        (line(*[60] * 14), 1 / 10),
        (line(*[60, 62] * 10), 2 / 16),
    ],
    ids=["too short", "nothing comes back", "one note", "a trill"],
)
def test_the_share_of_distinct_four_grams(notes, share):
    assert degeneration(notes).distinct_four_grams == (share and pytest.approx(share))


@pytest.mark.parametrize(
    ("notes", "share"),
    [
        (line(), 0),
        (line(60), 0),
        (Notes.of([0, 144], [48, 48], [60, 60]), 2 / 4),
        (Notes.of([0, 144], [49, 48], [60, 60]), 1 / 4),
        (Notes.of([0, 0, 96], [96, 1, 1], [60, 62, 60]), 0),
    ],
    ids=["nothing", "one note", "two bars' rest", "held over the bar", "held through"],
)
def test_the_share_of_empty_bars(notes, share):
    assert degeneration(notes).empty_bars == pytest.approx(share)


def test_drums_may_repeat_themselves_but_no_bar_with_them_is_empty():
    tune = line(*range(60, 68))
    drums = replace(line(*[36] * 24), role=np.full(24, DRUMS, np.int32))
    found = degeneration(join([tune, drums.shifted(48)]))
    assert (found.longest_repeat_onsets, found.empty_bars) == (1, 0)
    assert found.distinct_four_grams == degeneration(tune).distinct_four_grams
