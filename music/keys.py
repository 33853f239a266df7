"""The key that fits notes best.

Source: C. L. Krumhansl, Cognitive Foundations of Musical Pitch (1990), page 30 for the profiles,
chapter 4 for the algorithm (with M. A. Schmuckler).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from music.notes import TICKS_PER_BEAT, Notes

# How well each pitch class fits, from the tonic up.
_MAJOR = np.array([6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88])
_MINOR = np.array([6.33, 2.68, 3.52, 5.38, 2.60, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17])
_PROFILES = np.stack([np.roll(p, tonic) for p in (_MAJOR, _MINOR) for tonic in range(12)])
_MAJOR_SCALE, _MINOR_SCALE = {0, 2, 4, 5, 7, 9, 11}, {0, 2, 3, 5, 7, 8, 10, 11}
_LONGEST_TICKS = 4 * TICKS_PER_BEAT  # the largest weight of a note, because of pedal points


@dataclass(frozen=True)
class Key:
    """The key that fits notes best.

    Attributes:
        tonic: Pitch class, 0 to 11, C first.
        is_major: Otherwise it is minor.
        fit: Correlation of the notes' pitch classes with the key's profile, -1 to 1.
        margin: The difference to the fit of the second best key.
        degree_share: float64[12], the notes' pitch classes from the tonic up, by duration.
        outside_share: The share of them outside of the key's scale.
    """

    tonic: int
    is_major: bool
    fit: float
    margin: float
    degree_share: NDArray[np.float64]
    outside_share: float


def find_key(notes: Notes) -> Key:
    """Find the key of one or more notes."""
    weights = np.minimum(notes.duration_ticks, _LONGEST_TICKS).astype(np.float64)
    classes = np.bincount(notes.pitch % 12, weights, minlength=12).astype(np.float64)
    fits = _correlations(classes)
    second, best = np.argsort(fits, kind="stable")[-2:]
    mode, tonic = divmod(int(best), 12)
    share = np.roll(classes, -tonic) / classes.sum()
    scale = _MINOR_SCALE if mode else _MAJOR_SCALE
    outside = sum(float(s) for degree, s in enumerate(share) if degree not in scale)
    return Key(tonic, not mode, float(fits[best]), float(fits[best] - fits[second]), share, outside)


def _correlations(classes: NDArray[np.float64]) -> NDArray[np.float64]:
    """Correlate pitch classes float64[12] with every key's profile: float64[24]."""
    profiles = _PROFILES - _PROFILES.mean(axis=1, keepdims=True)
    centred = classes - classes.mean()
    scale = np.sqrt(np.square(profiles).sum(axis=1) * np.square(centred).sum())
    fits: NDArray[np.float64] = profiles @ centred / np.maximum(scale, 1e-9)
    return fits
