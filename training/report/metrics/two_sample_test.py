"""A classifier two-sample test: how well a classifier tells two collections of pieces apart.

Source: D. Lopez-Paz and M. Oquab, Revisiting Classifier Two-Sample Tests (ICLR 2017). The
classifier is a random forest (L. Breiman, Random Forests, Machine Learning, 2001).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import RandomForestClassifier
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedGroupKFold

from music.piece import Piece
from training.report.metrics.bars import bar_ticks
from training.report.metrics.excerpt_features import FEATURES, excerpts, features

_FOLDS = 5
_TREES = 400
_FEWEST_PIECES = 3  # in each collection, so that a fold leaves some for training
_SHOWN = 12
_SPLITS = 8  # of the collection into halves


@dataclass(frozen=True)
class ExcerptTable:
    """The features of a piece's excerpts.

    Attributes:
        rows: float64[excerpts, features], in the order of `FEATURES`.
        fold: Excerpts are compared only with those of the other collection in the same fold.
    """

    rows: NDArray[np.float64]
    fold: int = 0


@dataclass(frozen=True)
class TellingFeature:
    """A feature by which the classifier tells two collections apart.

    Attributes:
        name: The feature's name.
        importance: Its share of the classifier's decisions (mean decrease of impurity).
        means: Its mean over the excerpts of the first collection, and of the second.
    """

    name: str
    importance: float
    means: tuple[float, float]


@dataclass(frozen=True)
class Halves:
    """How well random halves of one collection can be told apart, over several splits.

    Few pieces differ by chance, so an area within the range of the halves is not significant.

    Attributes:
        area_mean: Mean area of all splits.
        area_deviation: Their standard deviation.
    """

    area_mean: float
    area_deviation: float


@dataclass(frozen=True)
class Distinction:
    """How well excerpts of two collections can be told apart.

    Attributes:
        area: The area under the ROC curve: how often the classifier is right about which of two
            excerpts, one from each collection, is which. 0.5 is chance, 1 is always right.
        telling: The most important features, in order of importance.
        excerpts: Number of excerpts of the first collection, and of the second.
    """

    area: float
    telling: tuple[TellingFeature, ...]
    excerpts: tuple[int, int]


def excerpt_table(piece: Piece, fold: int = 0) -> ExcerptTable:
    """Describe a piece's excerpts; none if it has too few notes."""
    bar = bar_ticks(piece)
    rows = [list(features(excerpt, bar).values()) for excerpt in excerpts(piece.notes)]
    return ExcerptTable(np.array(rows, np.float64).reshape(-1, len(FEATURES)), fold)


def distinguish(
    these: Sequence[ExcerptTable], those: Sequence[ExcerptTable], seed: int = 0
) -> Distinction | None:
    """Train a classifier to tell the excerpts of two collections apart.

    It is cross-validated by piece: it never judges an excerpt after training on another excerpt of
    the same piece.

    Args:
        these: The first collection's pieces.
        those: The second collection's pieces.
        seed: The seed of the forest and of its folds.

    Returns:
        None if either collection has fewer than three pieces with an excerpt, or if no fold has
        excerpts of both.
    """
    tables = [*these, *those]
    lengths = [len(table.rows) for table in tables]
    x = np.concatenate([table.rows for table in tables])
    is_that = np.repeat([0] * len(these) + [1] * len(those), lengths)
    piece = np.repeat(np.arange(len(tables)), lengths)
    fold = np.repeat([table.fold for table in tables], lengths)
    pieces = [len(np.unique(piece[is_that == side])) for side in (0, 1)]
    if min(pieces) < _FEWEST_PIECES:
        return None
    score, importance = np.zeros(len(x)), np.zeros(len(FEATURES))
    parts = StratifiedGroupKFold(min(_FOLDS, *pieces), shuffle=True, random_state=seed)
    for learned, tested in parts.split(x, is_that, piece):
        forest = RandomForestClassifier(
            _TREES, min_samples_leaf=2, class_weight="balanced", random_state=seed, n_jobs=-1
        ).fit(x[learned], is_that[learned])
        score[tested] = forest.predict_proba(x[tested])[:, 1]
        with np.errstate(invalid="ignore"):  # if no feature helps, the forest divides 0 by 0
            importance += np.nan_to_num(forest.feature_importances_)
    area = _area(is_that, score, fold)
    if area is None:
        return None
    means = [x[is_that == side].mean(axis=0) for side in (0, 1)]
    importance /= max(importance.sum(), np.finfo(np.float64).tiny)
    return Distinction(
        area=area,
        telling=tuple(
            TellingFeature(
                FEATURES[n], float(importance[n]), (float(means[0][n]), float(means[1][n]))
            )
            for n in np.argsort(-importance)[:_SHOWN]
        ),
        excerpts=(int((is_that == 0).sum()), int(is_that.sum())),
    )


def distinguish_halves(pieces: Sequence[ExcerptTable], seed: int = 0) -> Halves | None:
    """Train the same classifier to tell random halves of one collection apart.

    Args:
        pieces: The collection's pieces, all in one fold.
        seed: The seed of the splits.

    Returns:
        None if a half has fewer than three pieces with an excerpt.
    """
    random = np.random.default_rng(seed)
    middle = len(pieces) // 2
    areas = []
    for _ in range(_SPLITS):
        order = random.permutation(len(pieces))
        one, other = ([pieces[n] for n in half] for half in np.split(order, [middle]))
        if found := distinguish(one, other):
            areas.append(found.area)
    return Halves(float(np.mean(areas)), float(np.std(areas))) if areas else None


def _area(
    is_that: NDArray[np.int64], score: NDArray[np.float64], fold: NDArray[np.int64]
) -> float | None:
    """Compute the area over pairs of excerpts of the same fold; None if there are none."""
    areas, pairs = [], []
    for number in np.unique(fold):
        here = fold == number
        of_that = int(is_that[here].sum())
        if of_these := of_that * (int(here.sum()) - of_that):
            areas.append(float(roc_auc_score(is_that[here], score[here])))
            pairs.append(of_these)
    return float(np.average(areas, weights=pairs)) if pairs else None
