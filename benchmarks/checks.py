"""The assertions of benchmarks: never about times, but that compared programs compute the same."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmarks.errors import DifferentLogitsError, DifferentSongsError

LOGIT_TOLERANCE = 1e-4
LIKELIHOOD_TOLERANCE = 0.02  # the share of the probability that 8-bit weights may move


@dataclass(frozen=True, eq=False)
class SampledSong:
    """The beginning of a song.

    Attributes:
        way: How it was sampled.
        tokens: int32[T].
    """

    way: str
    tokens: NDArray[np.int32]


def check_same_song(songs: Sequence[SampledSong]) -> None:
    """Compare songs with the first of them, up to the length of the shorter one.

    Raises:
        DifferentSongsError: A song differs, or one of them is empty.
    """
    first, *others = songs
    for other in others:
        length = min(len(first.tokens), len(other.tokens))
        if not length:
            raise DifferentSongsError(f"no tokens to compare, {first.way} and {other.way}")
        different = np.flatnonzero(first.tokens[:length] != other.tokens[:length])
        if len(different):
            raise DifferentSongsError(
                f"the same seed gives different songs {first.way} and {other.way}: "
                f"from token {different[0]} of {length} on"
            )


def check_same_logits(peer: str, ours: NDArray[np.float32], theirs: NDArray[np.float32]) -> None:
    """Compare logits float32[..., V] of the same tokens.

    Raises:
        DifferentLogitsError: They differ by more than rounding.
    """
    furthest = float(np.abs(ours - theirs).max())
    if not furthest <= LOGIT_TOLERANCE:
        raise DifferentLogitsError(
            f"{peer} computes a different network: a logit differs from ours by {furthest:.2g}, "
            f"more than {LOGIT_TOLERANCE:g}"
        )


def check_same_likelihoods(
    way: str, expected: NDArray[np.float32], found: NDArray[np.float32]
) -> float:
    """Compare the probabilities float32[..., V] and float32[..., V].

    Returns:
        The share of the probability that is elsewhere, the mean of all distributions.

    Raises:
        DifferentSongsError: They differ by more than the rounding of weights to 8 bits explains.
    """
    moved = float(np.abs(expected - found).sum(axis=-1).mean()) / 2
    if not moved <= LIKELIHOOD_TOLERANCE:
        raise DifferentSongsError(
            f"{way} predicts other tokens: {moved:.1%} of the probability is "
            f"elsewhere, more than {LIKELIHOOD_TOLERANCE:.0%}"
        )
    return moved


def check_same_file(way: str, expected: bytes, found: bytes) -> None:
    """Compare a song's MIDI file with the one that came over HTTP.

    Raises:
        DifferentSongsError: They differ.
    """
    if expected != found:
        raise DifferentSongsError(f"the song {way} is not the song over HTTP with the same seed")
