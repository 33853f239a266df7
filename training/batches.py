"""Pieces to batches of windows: every step of a window is a target.

B batch, T time, F fields of a token. A token is F numbers here, as `training.network` reads them:
of each field 0, where there is none, or a value's number and 1.
"""

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from music.codec import BOS, PAD, Codec
from music.notes import Notes
from music.piece import Piece
from training.recipe import FittingRecipe

KEYS = range(-6, 6)  # every key once, no farther than a tritone
_STRETCHES = (1, 1, 1, 2, 0.5)  # most readings in a piece's own note values

_WHOLE_BATCH_TOKENS = 32_768
_SHORTEST = 256

Sequences = Sequence[NDArray[np.int32]]


@dataclass(frozen=True)
class Batch:
    """Sequences side by side.

    Attributes:
        tokens: int32[B, T, F], 0 where a sequence begins and behind its end.
        following: int32[B, T, F], at each step the token that comes next, 0 behind the end.
    """

    tokens: NDArray[np.int32]
    following: NDArray[np.int32]


class Epochs:
    """Cuts a collection into the batches of an epoch; the same epoch is always cut the same way."""

    def __init__(
        self, pieces: Sequence[Piece], recipe: FittingRecipe, codec: Codec, seed: int = 0
    ) -> None:
        """Count the collection's tokens.

        Args:
            pieces: One or more.
            recipe: Window and batch sizes, transposition, stretching.
            codec: Writes the pieces as tokens.
            seed: Of the random keys, note values, cuts and order.
        """
        self._pieces = pieces
        self._codec = codec
        self._keys = KEYS if recipe.transpose else range(1)
        tokens = sum(len(sequence(piece.notes, codec)) for piece in pieces)
        self._passes = int(np.clip(recipe.tokens_per_epoch // tokens, 1, len(self._keys)))
        self._share = min(1.0, recipe.tokens_per_epoch / tokens)
        self._recipe = recipe
        self._seed = seed

    def batches(self, epoch: int) -> list[Batch]:
        """Cut the batches of an epoch, each piece in one or more random keys.

        Of a collection that has more tokens than an epoch, a random part of the windows is read.

        Args:
            epoch: From 0.
        """
        random = np.random.default_rng((self._seed, epoch))
        windows = [
            window
            for piece in self._pieces
            for key in random.permutation(self._keys)[: self._passes]
            for window in self._windows(self._reading(piece, int(key), random), random)
        ]
        order = random.permutation(len(windows))[: math.ceil(self._share * len(windows))]
        size = self._recipe.batch_windows
        groups = [order[i : i + size] for i in range(0, len(order), size)]
        return [self._batch([windows[i] for i in g]) for g in groups]

    def _reading(
        self, piece: Piece, semitones: int, random: np.random.Generator
    ) -> NDArray[np.int32]:
        """Encode a piece in a key and, where the recipe says so, in other note values at times."""
        notes = piece.notes.transposed(semitones)
        if self._recipe.stretch:
            factor = random.choice(_STRETCHES)
            if (notes.onset_ticks * factor % 1 == 0).all():
                notes = notes.stretched(factor)
        return sequence(notes, self._codec)

    def _batch(self, windows: Sequences) -> Batch:
        """Fill a batch up with empty rows: a step is compiled once for each shape."""
        empty = [np.array([], np.int32)] * (self._recipe.batch_windows - len(windows))
        return _side_by_side([*windows, *empty], self._recipe.window_tokens, self._codec)

    def _windows(
        self, tokens: NDArray[np.int32], random: np.random.Generator
    ) -> list[NDArray[np.int32]]:
        """Cut a sequence into windows, the first of a random length, so that cuts fall anywhere."""
        length = self._recipe.window_tokens
        first = int(random.integers(1, length + 1))
        starts = range(first, len(tokens) - 1, length)
        return [tokens[: first + 1], *(tokens[start : start + length + 1] for start in starts)]


def sequence(notes: Notes, codec: Codec) -> NDArray[np.int32]:
    """Encode a piece's notes with BOS before them.

    Returns:
        int32[T].
    """
    return np.array([BOS, *codec.encode(notes)], dtype=np.int32)


def whole_batches(sequences: Sequences, codec: Codec) -> list[Batch]:
    """Put whole sequences side by side, in batches of few different shapes.

    Lengths are rounded up to powers of two, since every shape is compiled once.
    """
    batches: list[Batch] = []
    by_length = sorted(sequences, key=_rounded_length)
    for length, group in itertools.groupby(by_length, key=_rounded_length):
        alike = list(group)
        rows = min(len(alike), max(1, _WHOLE_BATCH_TOKENS // length))
        alike += [np.array([], np.int32)] * (-len(alike) % rows)
        batches += [
            _side_by_side(alike[i : i + rows], length, codec) for i in range(0, len(alike), rows)
        ]
    return batches


def _rounded_length(tokens: NDArray[np.int32]) -> int:
    return max(_SHORTEST, 1 << (len(tokens) - 2).bit_length())


def _side_by_side(sequences: Sequences, length: int, codec: Codec) -> Batch:
    padded = np.full((len(sequences), length + 1), PAD, dtype=np.int32)
    for row, tokens in zip(padded, sequences, strict=True):
        row[: len(tokens)] = tokens
    fields = codec.parted(padded.ravel()).reshape(*padded.shape, -1) + 1
    return Batch(fields[:, :-1], fields[:, 1:])
