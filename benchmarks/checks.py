"""What a benchmark asserts: never a time, but that what it compares does the same."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmarks.errors import DifferentLogitsError, DifferentSongsError

LOGIT_TOLERANCE = 1e-4
LIKELIHOOD_TOLERANCE = 0.02  # what 8 bits may move, of all likelihood


@dataclass(frozen=True, eq=False)
class DrawnSong:
    """A song's beginning.

    Attributes:
        way: How it was drawn.
        tokens: int32[T].
    """

    way: str
    tokens: NDArray[np.int32]


def check_same_song(songs: Sequence[DrawnSong]) -> None:
    """Compare songs with the first of them, each as far as both go.

    Raises:
        DifferentSongsError: One is another, or there is nothing to compare.
    """
    first, *others = songs
    for other in others:
        length = min(len(first.tokens), len(other.tokens))
        if not length:
            raise DifferentSongsError(f"no tokens to compare, {first.way} and {other.way}")
        different = np.flatnonzero(first.tokens[:length] != other.tokens[:length])
        if len(different):
            raise DifferentSongsError(
                f"the same seed drew different songs, {first.way} and {other.way}: "
                f"from token {different[0]} of {length} on"
            )


def check_same_logits(peer: str, ours: NDArray[np.float32], theirs: NDArray[np.float32]) -> None:
    """Compare logits float32[B, T, V] of the same tokens.

    Raises:
        DifferentLogitsError: They differ by more than rounding.
    """
    furthest = float(np.abs(ours - theirs).max())
    if not furthest <= LOGIT_TOLERANCE:
        raise DifferentLogitsError(
            f"{peer} computes another network: a logit differs from ours by {furthest:.2g}, "
            f"more than {LOGIT_TOLERANCE:g}"
        )


def check_same_likelihoods(
    way: str, expected: NDArray[np.float32], found: NDArray[np.float32]
) -> None:
    """Compare what float32[V] and float32[V] hold likely.

    Raises:
        DifferentSongsError: More likelihood lies elsewhere than rounding weights to 8 bits moves.
    """
    moved = float(np.abs(expected - found).sum()) / 2
    if not moved <= LIKELIHOOD_TOLERANCE:
        raise DifferentSongsError(
            f"{way} holds other tokens likely than Keras does: {moved:.1%} of the likelihood lies "
            f"elsewhere, more than {LIKELIHOOD_TOLERANCE:.0%}"
        )


def check_same_file(way: str, expected: bytes, found: bytes) -> None:
    """Compare a song's MIDI file with the one that came over HTTP.

    Raises:
        DifferentSongsError: It is another.
    """
    if expected != found:
        raise DifferentSongsError(f"the song {way} is not the song over HTTP of the same seed")
