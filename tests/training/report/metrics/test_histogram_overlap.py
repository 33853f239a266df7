"""Histograms count correctly, and agreement is highest with music of the same kind."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from music.notes import Notes
from tests.music.support import gridded, raw_notes
from tests.training.conftest import scale
from training.report.metrics.histogram_overlap import (
    FEATURES,
    LENGTHS_TICKS,
    agreement,
    compare,
    interval,
    note_length,
    onset_interval,
    pitch,
    pitch_class,
    polyphony,
)

# A quarter C with the E above it, and two eighths on G, the second after a rest.
SHORT = Notes.of([0, 0, 12, 24], [12, 12, 6, 6], [60, 64, 67, 67])


def filled(histogram) -> dict[int, float]:
    return {int(n): float(histogram[n]) for n in np.flatnonzero(histogram)}


@pytest.mark.parametrize(
    ("feature", "expected"),
    [
        (pitch, {60 - 21: 0.25, 64 - 21: 0.25, 67 - 21: 0.5}),
        (pitch_class, {0: 0.25, 4: 0.25, 7: 0.5}),
        (interval, {24 + 3: 0.5, 24: 0.5}),
        (note_length, {4: 0.5, 7: 0.5}),
        (onset_interval, {7: 1.0}),
        (polyphony, {0: 0.2, 1: 0.4, 2: 0.4}),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_a_feature_counts(feature, expected):
    assert filled(feature(SHORT)) == pytest.approx(expected)


@given(raw_notes, st.sampled_from(sorted(FEATURES)))
def test_shares_sum_to_one_or_there_is_nothing_to_count(raw, name):
    notes = gridded(raw)
    total = FEATURES[name](notes).sum()
    assert total == pytest.approx(1) or (total == 0 and len(np.unique(notes.onset_ticks)) < 2)


@pytest.mark.parametrize(
    ("ticks", "counts_as"), [(1, 1), (5, 6), (7, 8), (13, 12), (40, 36), (43, 48), (999, 96)]
)
def test_a_length_counts_with_the_nearest_by_ratio(ticks, counts_as):
    (place,) = filled(note_length(Notes.of([0], [ticks], [60])))
    assert LENGTHS_TICKS[place] == counts_as


def test_samples_of_the_same_distribution_agree_and_others_do_not():
    random = np.random.default_rng(0)
    flat = random.dirichlet(np.ones(12), 40)
    peaked = random.dirichlet(np.full(12, 0.05), 40)
    alike, unlike = agreement(flat[:20], flat[20:]), agreement(peaked, flat[20:])
    assert alike.overlapping_area > 0.8
    assert alike.kl_divergence < 0.2
    assert unlike.overlapping_area < 0.4
    assert unlike.kl_divergence > 1


@given(st.integers(1, 4), st.integers(2, 5), st.integers(0, 99))
def test_agreement_stays_in_its_range(pieces, collection, seed):
    drawn = np.random.default_rng(seed).dirichlet(np.ones(5), pieces + collection)
    found = agreement(drawn[:pieces], drawn[pieces:])
    assert 0 <= found.overlapping_area <= 1 + 1e-9
    assert 0 <= found.kl_divergence < np.inf


def test_identical_pieces_agree_completely():
    same = np.tile([0.5, 0.5], (3, 1))
    found = agreement(same, same)
    assert found.overlapping_area == pytest.approx(1)
    assert found.kl_divergence == pytest.approx(0)


def test_every_feature_is_also_compared_between_halves_of_the_collection(pieces):
    notes = [piece.notes for piece in pieces]
    found = compare([scale("high", 84).notes], notes, np.ones((1, len(notes)), bool))
    assert found.keys() == FEATURES.keys()
    assert found["pitch"].generated.overlapping_area < found["pitch"].halves.overlapping_area
    assert found["note_length"].generated.overlapping_area == pytest.approx(1)


def test_a_comparison_is_deterministic(pieces):
    notes = [piece.notes for piece in pieces]
    both = (notes[:1], notes, np.ones((1, len(notes)), bool))
    assert compare(*both) == compare(*both)


def test_only_comparable_pieces_count():
    collection = np.random.default_rng(0).dirichlet(np.ones(12), 20)
    far = np.eye(12)[:1]
    songs = np.concatenate([collection[:1], far])
    is_near = np.array([[True] * 20, [False] * 20])
    assert agreement(songs, collection, is_near) == agreement(songs[:1], collection)
    assert agreement(songs, collection) != agreement(songs[:1], collection)


def test_few_pieces_have_no_halves(pieces):
    notes = [piece.notes for piece in pieces[:3]]
    assert compare(notes[:1], notes, np.ones((1, len(notes)), bool))["pitch"].halves is None
