"""Compares generated pieces with a collection, feature by feature.

Every piece becomes a histogram of a feature. The distances between the collection's pieces are one
distribution, and the distances from generated pieces to the collection's are another. If a
generator sounds like the collection, both are the same: their overlapping area is 1 and their KL
divergence 0.

Source: L.-C. Yang and A. Lerch, On the evaluation of generative models in music (Neural Computing
and Applications, 2020; online 2018), section 4. Densities are Gaussian kernel estimates with
Scott's bandwidth (D. W. Scott, Multivariate Density Estimation, 1992). For the divergence, their
published code samples each density on its own grid; we use one grid for both.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from music.notes import HIGHEST_PITCH, LOWEST_PITCH, Notes
from training.report.metrics.texture import top_line

WIDEST_INTERVAL = 24  # semitones; wider intervals count as this
MOST_VOICES = 12
# The bins of lengths, in ticks; other lengths count in the nearest bin, by ratio.
LENGTHS_TICKS = np.array([1, 2, 3, 4, 6, 8, 9, 12, 18, 24, 36, 48, 72, 96])

SPLITS = 20  # of the collection into halves: with few pieces, a single split is a matter of chance

_GRID = 512
_NARROWEST = 1e-3  # bandwidth; distances between histograms are from 0 to 1.41
_FLOOR = 1e-12  # of a density, in the divergence's logarithm

Histogram = NDArray[np.float64]


@dataclass(frozen=True)
class Agreement:
    """How much two distributions of distances agree.

    Attributes:
        overlapping_area: From 0 to 1; 1 if they are the same.
        kl_divergence: In nats; 0 if they are the same.
    """

    overlapping_area: float
    kl_divergence: float


@dataclass(frozen=True)
class Comparison:
    """One feature of generated pieces, compared with the collection's.

    Attributes:
        generated: The agreement of the generated pieces with the collection.
        halves: The mean agreement of one half of the collection with the other, over several
            splits. None if the collection has fewer than four pieces.
    """

    generated: Agreement
    halves: Agreement | None


def pitch(notes: Notes) -> Histogram:
    """Count the notes of each key of a piano: float64[88]."""
    return _shares(notes.pitch - LOWEST_PITCH, HIGHEST_PITCH - LOWEST_PITCH + 1)


def pitch_class(notes: Notes) -> Histogram:
    """Count the notes of each pitch class, C first: float64[12]."""
    return _shares(notes.pitch % 12, 12)


def interval(notes: Notes) -> Histogram:
    """Count the top line's intervals, two octaves down to two octaves up: float64[49]."""
    intervals = np.diff(top_line(notes)).clip(-WIDEST_INTERVAL, WIDEST_INTERVAL)
    return _shares(intervals + WIDEST_INTERVAL, 2 * WIDEST_INTERVAL + 1)


def note_length(notes: Notes) -> Histogram:
    """Count the notes by `LENGTHS_TICKS`: float64[14]."""
    return _lengths(notes.duration_ticks)


def onset_interval(notes: Notes) -> Histogram:
    """Count the times from an onset to the next by `LENGTHS_TICKS`: float64[14]."""
    onsets = np.unique(notes.onset_ticks)
    return _lengths(onsets[1:] - onsets[:-1])


def polyphony(notes: Notes) -> Histogram:
    """Count a piece's ticks by the number of notes that sound: float64[13], 0 to 12 and more."""
    changes = np.zeros(notes.end_ticks + 1, dtype=np.int64)
    np.add.at(changes, notes.onset_ticks, 1)
    np.add.at(changes, notes.onset_ticks + notes.duration_ticks, -1)
    return _shares(np.cumsum(changes)[:-1].clip(max=MOST_VOICES), MOST_VOICES + 1)


FEATURES: dict[str, Callable[[Notes], Histogram]] = {
    "pitch": pitch,
    "pitch_class": pitch_class,
    "interval": interval,
    "note_length": note_length,
    "onset_interval": onset_interval,
    "polyphony": polyphony,
}


def compare(
    generated: Sequence[Notes],
    collection: Sequence[Notes],
    comparable: NDArray[np.bool_],
    seed: int = 0,
) -> dict[str, Comparison]:
    """Compare pieces with a collection by every feature.

    Args:
        generated: G pieces, one or more.
        collection: C pieces, two or more.
        comparable: bool[G, C], the pairs that are compared.
        seed: The seed of the splits into halves.
    """
    return {
        name: Comparison(
            generated=agreement(
                histograms(feature, generated), histograms(feature, collection), comparable
            ),
            halves=_halves(histograms(feature, collection), np.random.default_rng(seed)),
        )
        for name, feature in FEATURES.items()
    }


def histograms(feature: Callable[[Notes], Histogram], pieces: Sequence[Notes]) -> Histogram:
    """Stack the histograms of P pieces: float64[P, bins]."""
    return np.stack([feature(notes) for notes in pieces])


def agreement(
    pieces: Histogram, collection: Histogram, comparable: NDArray[np.bool_] | None = None
) -> Agreement:
    """Compare the distances to a collection with those within it.

    Args:
        pieces: float64[P, bins], one histogram per row.
        collection: float64[C, bins], C 2 or more.
        comparable: bool[P, C], the distances that count; by default, all of them.
    """
    intra = _distances(collection, collection)[np.triu_indices(len(collection), 1)]
    inter = _distances(pieces, collection)
    inter = inter.ravel() if comparable is None else inter[comparable]
    return _agreement(intra, inter)


def _halves(collection: Histogram, random: np.random.Generator) -> Agreement | None:
    """Compare halves with each other, and average over splits."""
    if len(collection) < 4:
        return None
    splits = [random.permutation(collection) for _ in range(SPLITS)]
    middle = len(collection) // 2
    found = [agreement(split[:middle], split[middle:]) for split in splits]
    return Agreement(
        overlapping_area=float(np.mean([one.overlapping_area for one in found])),
        kl_divergence=float(np.mean([one.kl_divergence for one in found])),
    )


def _distances(these: Histogram, those: Histogram) -> NDArray[np.float64]:
    """Measure Euclidean distances float64[P, C] between the rows of [P, bins] and [C, bins]."""
    squares: NDArray[np.float64] = np.square(these[:, None] - those[None]).sum(axis=-1)
    return np.sqrt(squares)


def _agreement(intra: NDArray[np.float64], inter: NDArray[np.float64]) -> Agreement:
    widest = max(_bandwidth(intra), _bandwidth(inter))
    both = np.concatenate([intra, inter])
    grid = np.linspace(both.min() - 4 * widest, both.max() + 4 * widest, _GRID)
    within, between = _density(intra, grid), _density(inter, grid)
    # As shares of the grid's cells, so that each sums to 1.
    within, between = within / within.sum(), between / between.sum()
    ratio = np.log(np.maximum(within, _FLOOR) / np.maximum(between, _FLOOR))
    return Agreement(
        overlapping_area=float(np.minimum(within, between).sum()),
        kl_divergence=max(0.0, float((within * ratio).sum())),
    )


def _density(values: NDArray[np.float64], grid: NDArray[np.float64]) -> NDArray[np.float64]:
    """Estimate a density on a grid, up to a constant factor, with a Gaussian around every value."""
    away = (grid[:, None] - values[None]) / _bandwidth(values)
    density: NDArray[np.float64] = np.exp(-0.5 * away**2).sum(axis=1)
    return density


def _bandwidth(values: NDArray[np.float64]) -> float:
    """Choose Scott's bandwidth; a single value has no spread."""
    spread = float(values.std(ddof=1)) if len(values) > 1 else 0.0
    return max(_NARROWEST, spread * math.pow(len(values), -0.2))


def _lengths(ticks: NDArray[np.int32]) -> Histogram:
    between = np.sqrt(LENGTHS_TICKS[:-1] * LENGTHS_TICKS[1:])
    return _shares(np.searchsorted(between, ticks), len(LENGTHS_TICKS))


def _shares(bins: NDArray[np.int64] | NDArray[np.int32], size: int) -> Histogram:
    """Count the values in each bin, as shares that sum to 1 (all 0 if there are no values)."""
    return np.bincount(bins, minlength=size) / max(1, len(bins))
