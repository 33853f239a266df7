"""Tempo maps: tempos and seconds at positions."""

import pytest

from music.piece import TempoChange, constant_tempo
from music.tempo import seconds_at, tempo_at

CHANGING = (TempoChange(0, 60), TempoChange(24, 120), TempoChange(36, 30))


@pytest.mark.parametrize(("ticks", "bpm"), [(-1, 60), (0, 60), (23, 60), (24, 120), (999, 30)])
def test_a_tempo_applies_until_the_next(ticks, bpm):
    assert tempo_at(CHANGING, ticks) == bpm


def test_seconds_pass_as_the_tempo_says():
    assert seconds_at(CHANGING, [0, 12, 24, 30, 36, 48]).tolist() == [0, 1, 2, 2.25, 2.5, 4.5]


def test_a_constant_tempo_is_a_map_too():
    assert seconds_at(constant_tempo(120), [0, 6, 240]).tolist() == [0, 0.25, 10]
