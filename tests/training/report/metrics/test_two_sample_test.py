"""The two-sample test finds differences, and finds none between similar collections."""

import numpy as np
import pytest

from music.notes import Notes, cleaned
from music.piece import Piece
from training.report.metrics import two_sample_test
from training.report.metrics.excerpt_features import FEATURES
from training.report.metrics.two_sample_test import (
    ExcerptTable,
    distinguish,
    distinguish_halves,
    excerpt_table,
)


@pytest.fixture(autouse=True)
def _small_forest(monkeypatch):
    monkeypatch.setattr(two_sample_test, "_TREES", 60)


def random_piece(seed: int, durations=(6, 12, 24)) -> Piece:
    random = np.random.default_rng(seed)
    onset = np.cumsum(random.choice([0, 6, 12], 150))
    pitch = 60 + random.choice([0, 2, 4, 5, 7, 9, 11, 12], 150)
    notes = Notes.of(onset, random.choice(durations, 150), pitch)
    return Piece(f"piece {seed}", cleaned(notes))


def tables(seeds, fold=lambda _: 0, **how) -> list[ExcerptTable]:
    return [excerpt_table(random_piece(seed, **how), fold(seed)) for seed in seeds]


def test_halves_of_one_collection_cannot_be_told_apart():
    found = distinguish(tables(range(12)), tables(range(12, 24)))
    assert 0.35 < found.area < 0.65


def test_another_kind_of_music_is_told_apart_by_the_differing_features():
    found = distinguish(tables(range(8)), tables(range(8, 16), durations=(3, 4)))
    assert found.area > 0.98
    assert "duration" in found.telling[0].name
    assert found.telling[0].importance >= found.telling[1].importance
    assert sum(feature.importance for feature in found.telling) <= 1


def test_the_same_seed_gives_the_same_result():
    both = tables(range(4)), tables(range(4, 8))
    assert distinguish(*both) == distinguish(*both)


def test_no_forest_judges_an_excerpt_of_a_piece_that_it_has_learned():
    """A piece of ten equal excerpts would otherwise be known by heart."""
    random = np.random.default_rng(0)
    pieces = [ExcerptTable(np.tile(random.normal(size=len(FEATURES)), (10, 1))) for _ in range(20)]
    assert distinguish(pieces[:10], pieces[10:]).area < 0.8


def test_only_excerpts_of_the_same_fold_are_compared():
    """Within a fold the two differ; over all folds they are the same, the other way round."""
    rows = [np.full((4, len(FEATURES)), value) for value in (0.0, 1.0)]
    these = [ExcerptTable(rows[fold], fold) for fold in (0, 1) for _ in range(5)]
    those = [ExcerptTable(rows[1 - fold], fold) for fold in (0, 1) for _ in range(5)]
    first_folds = [t for t in these if t.fold == 0], [t for t in those if t.fold == 0]
    assert distinguish(*first_folds).area == pytest.approx(1)
    # The forest learns that either value is in both: it cannot know the fold.
    assert distinguish(these, those).area == pytest.approx(0.5, abs=0.2)
    assert distinguish(these[:5], those[5:]) is None


def test_halves_of_a_collection_show_the_variation_by_chance():
    found = distinguish_halves(tables(range(10)))
    assert 0.3 < found.area_mean < 0.7
    assert 0 < found.area_deviation < 0.3
    assert distinguish_halves(tables(range(5))) is None


def test_identical_pieces_cannot_be_told_apart():
    alike = [ExcerptTable(np.zeros((4, len(FEATURES))))] * 4
    found = distinguish(alike, alike)
    assert found.area == 0.5
    assert {feature.importance for feature in found.telling} == {0.0}


def test_too_few_pieces_give_none():
    assert distinguish(tables(range(2)), tables(range(2, 6))) is None
    short = ExcerptTable(np.empty((0, len(FEATURES))))
    assert distinguish([*tables(range(2)), short], tables(range(3, 6))) is None
