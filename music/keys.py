"""Keys: their names, and the one that fits notes best.

Source: C. L. Krumhansl, Cognitive Foundations of Musical Pitch (1990), page 30 for the profiles,
chapter 4 for the algorithm (with M. A. Schmuckler).
"""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Self

import numpy as np
from numpy.typing import NDArray

from music.errors import CharacterError
from music.notes import TICKS_PER_BEAT, Notes

KEY_PATTERN = "[A-G][#b]?m?"
_NAME = re.compile("([A-G])([#b]?)(m?)")
_NATURALS = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
_ACCIDENTALS = {"": 0, "#": 1, "b": -1}


# How well each pitch class fits, from the tonic up.
_MAJOR = np.array([6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88])
_MINOR = np.array([6.33, 2.68, 3.52, 5.38, 2.60, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17])
_PROFILES = np.stack([np.roll(p, tonic) for p in (_MAJOR, _MINOR) for tonic in range(12)])
_MAJOR_SCALE, _MINOR_SCALE = {0, 2, 4, 5, 7, 9, 11}, {0, 2, 3, 5, 7, 8, 10, 11}
_LONGEST_TICKS = 4 * TICKS_PER_BEAT  # the largest weight of a note, because of pedal points


class Mode(StrEnum):
    """The modes that are told apart."""

    MAJOR = "major"
    MINOR = "minor"


Keys = frozenset[tuple[int, Mode]]
"""Tonics and modes of keys."""


@dataclass(frozen=True)
class NamedKey:
    """A key as people write it: F#m is F sharp minor.

    Attributes:
        tonic: Pitch class, 0 to 11, C first.
        mode: Major or minor.
        name: A letter, perhaps # or b, and m for minor.
    """

    tonic: int
    mode: Mode
    name: str

    @classmethod
    def of(cls, name: str) -> Self:
        """Read a name.

        Raises:
            CharacterError: It names no key.
        """
        match = _NAME.fullmatch(name)
        if not match:
            raise CharacterError(
                "key", "a letter from A to G, perhaps with # or b, and m for minor: C, F#m or Bb"
            )
        letter, accidental, minor = match.groups()
        tonic = (_NATURALS[letter] + _ACCIDENTALS[accidental]) % 12
        return cls(tonic, Mode.MINOR if minor else Mode.MAJOR, name)


@dataclass(frozen=True)
class Key:
    """The key that fits notes best.

    Attributes:
        tonic: Pitch class, 0 to 11, C first.
        is_major: Otherwise it is minor.
        fit: Correlation of the notes' pitch classes with the key's profile, -1 to 1.
        margin: The difference to the fit of the best other key.
        degree_share: float64[12], the notes' pitch classes from the tonic up, by duration.
        outside_share: The share of them outside of the key's scale.
    """

    tonic: int
    is_major: bool
    fit: float
    margin: float
    degree_share: NDArray[np.float64]
    outside_share: float

    @property
    def mode(self) -> Mode:
        """Major or minor."""
        return Mode.MAJOR if self.is_major else Mode.MINOR


def find_key(notes: Notes, among: Keys = frozenset()) -> Key:
    """Find the key of one or more notes, among some keys or, where these are none, among all."""
    classes = _pitch_classes(notes)
    fits = _correlations(classes)
    allowed = np.where(_are_among(among), fits, -np.inf) if among else fits
    best = int(np.argsort(allowed, kind="stable")[-1])
    mode, tonic = divmod(best, 12)
    share = np.roll(classes, -tonic) / max(classes.sum(), 1)
    scale = _MINOR_SCALE if mode else _MAJOR_SCALE
    outside = sum(float(s) for degree, s in enumerate(share) if degree not in scale)
    margin = fits[best] - np.delete(fits, best).max()
    return Key(tonic, not mode, float(fits[best]), float(margin), share, outside)


def key_margin(notes: Notes, wanted: Keys) -> float:
    """Return how much better the best of some keys fits notes than any other key.

    Args:
        notes: One or more.
        wanted: One or more, and not all.

    Returns:
        A difference of correlations, -2 to 2: above 0 where `find_key` finds one of these keys.
    """
    is_wanted = _are_among(wanted)
    fits = _correlations(_pitch_classes(notes))
    return float(fits[is_wanted].max() - fits[~is_wanted].max())


def _are_among(keys: Keys) -> NDArray[np.bool_]:
    """Return for each profile whether its key is one of some keys: bool[24]."""
    return np.array([(tonic, mode) in keys for mode in Mode for tonic in range(12)])


def _pitch_classes(notes: Notes) -> NDArray[np.float64]:
    """Add up the durations of notes by pitch class, without drums: float64[12]."""
    notes = notes.melodic()
    weights = np.minimum(notes.duration_ticks, _LONGEST_TICKS).astype(np.float64)
    return np.bincount(notes.pitch % 12, weights, minlength=12).astype(np.float64)


def _correlations(classes: NDArray[np.float64]) -> NDArray[np.float64]:
    """Correlate pitch classes float64[12] with every key's profile: float64[24]."""
    profiles = _PROFILES - _PROFILES.mean(axis=1, keepdims=True)
    centred = classes - classes.mean()
    scale = np.sqrt(np.square(profiles).sum(axis=1) * np.square(centred).sum())
    fits: NDArray[np.float64] = profiles @ centred / np.maximum(scale, 1e-9)
    return fits
