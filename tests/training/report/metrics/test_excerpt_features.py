"""Features of excerpts are finite, have the same names, and do not depend on key and time."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from music.notes import Notes, cleaned
from training.report.metrics.excerpt_features import FEATURES, excerpts, features

OF_REGISTER = {"pitch_mean", "pitch_lowest", "pitch_highest"}


def played(strikes) -> Notes:
    return cleaned(Notes.of(*zip(*strikes, strict=True)))


strikes = st.lists(
    st.tuples(st.integers(0, 370), st.integers(1, 60), st.integers(40, 90)),
    min_size=16,
    max_size=60,
    unique_by=lambda strike: (strike[0], strike[2]),
)


@given(strikes, st.sampled_from([36, 48, 400]))
def test_every_excerpt_has_the_same_finite_features(some, bar_ticks):
    found = features(played(some), bar_ticks)
    assert tuple(found) == FEATURES
    assert len(FEATURES) >= 60
    assert np.isfinite(list(found.values())).all()
    shares = [value for name, value in found.items() if name.endswith("_share")]
    assert min(shares) >= -1e-9
    assert max(shares) <= 1 + 1e-9


@given(strikes, st.integers(-12, 12))
def test_only_the_register_changes_with_the_key(some, semitones):
    notes = played(some)
    here, there = (features(notes.shifted(0), 48), features(_moved(notes, semitones), 48))
    tied = here["key_margin"] < 1e-6  # two keys fit alike: either may be taken
    for name in set(FEATURES) - OF_REGISTER:
        if not (tied and (name.startswith("degree_") or name == "outside_key_share")):
            assert there[name] == pytest.approx(here[name], abs=1e-6), name


def _moved(notes: Notes, semitones: int) -> Notes:
    return Notes.of(notes.onset_ticks, notes.duration_ticks, notes.pitch + semitones)


def test_features_of_a_line_and_of_chords_have_known_values():
    line = Notes.of(np.arange(32) * 12, [12] * 32, np.resize([60, 62, 64, 65], 32))
    found = features(line, 48)
    assert found["notes_per_beat"] == 1
    assert found["chord_of_1_share"] == 1
    assert found["bars_alike_1_apart"] == 1
    assert found["distinct_bars_share"] == 1 / 8
    assert found["highest_step_share"] == pytest.approx(24 / 31)
    assert found["legato_share"] == pytest.approx(31 / 32)
    assert found["longest_same_chord_onsets"] == 1
    chords = Notes.of(np.repeat(np.arange(32) * 12, 3), [6] * 96, np.tile([60, 64, 67], 32))
    found = features(chords, 48)
    assert found["chord_of_3_share"] == 1
    assert found["same_chord_share"] == 1
    assert found["longest_same_chord_onsets"] == 32
    assert found["interval_class_4_share"] == pytest.approx(1 / 3)
    assert found["silent_share"] == pytest.approx(1 / 2)


def test_a_piece_is_cut_every_16_beats_into_excerpts_that_start_at_tick_0():
    notes = Notes.of(np.arange(80) * 12, [12] * 80, [60] * 80)
    cut = list(excerpts(notes))
    assert [len(one) for one in cut] == [32, 32, 32]
    assert all(one.onset_ticks[0] == 0 for one in cut)


def test_a_short_piece_is_one_excerpt_and_one_of_few_notes_is_none():
    notes = Notes.of(np.arange(20) * 12, [12] * 20, [60] * 20)
    assert [len(one) for one in excerpts(notes)] == [20]
    assert list(excerpts(notes[:15])) == []
