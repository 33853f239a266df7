"""Pieces to batches of windows: every step of a window is a target.

B batch, T time, F fields of a token. A token is F numbers here, as `training.network` reads them:
of each field 0, where there is none, or a value's number and 1.
"""

import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from training.fitting.encoded import EncodedPiece, Inputs, Window, empty_window, window
from training.memory.candidates import CANDIDATES, MATCH, TRANSPOSED
from training.recipe import FittingRecipe

KEYS = range(-6, 6)  # every key once, no farther than a tritone

_WHOLE_BATCH_TOKENS = 16_384
_SHORTEST = 256
_HIDDEN_SPAN_NOTES = (16, 129)  # from, below
# What is hidden together: exact matches, bars back, transposed matches.
_KINDS = (slice(MATCH, MATCH + 1), slice(MATCH + 1, TRANSPOSED), slice(TRANSPOSED, CANDIDATES))


@dataclass(frozen=True)
class Batch:
    """Sequences side by side.

    Attributes:
        inputs: By the network's names, [B, T, ...]: `tokens`, 0 where a sequence begins and
            behind its end; `following`, at each step the token that comes next, 0 behind the end;
            in a network with memory those of `training.memory` too.
        ending: int32[B, T], as `training.fitting.encoded.Window` has it.
    """

    inputs: Inputs
    ending: NDArray[np.int32]

    @property
    def following(self) -> NDArray[np.int32]:
        """int32[B, T, F], the tokens that come."""
        return self.inputs["following"]

    @property
    def targets(self) -> NDArray[np.int32]:
        """int32[B, T, F + 1], the tokens that come and the endings, as the loss takes them."""
        return np.concatenate([self.following, self.ending[..., None]], axis=-1)


class Epochs:
    """Cuts a collection into the batches of an epoch; the same epoch is always cut the same way."""

    def __init__(
        self,
        pieces: Sequence[EncodedPiece],
        recipe: FittingRecipe,
        weights: Sequence[float] | None = None,
        seed: int = 0,
    ) -> None:
        """Count the collection's tokens.

        Args:
            pieces: One or more.
            recipe: Window and batch sizes, transposition, hidden candidates.
            weights: How often each piece is read, where an epoch reads a part of the collection;
                None for all alike.
            seed: Of the random keys, cuts, hidden candidates and order.
        """
        self._pieces = pieces
        self._keys = KEYS if recipe.transpose else range(1)
        tokens = sum(map(len, pieces))
        self._passes = int(np.clip(recipe.tokens_per_epoch // tokens, 1, len(self._keys)))
        self._share = min(1.0, recipe.tokens_per_epoch / tokens)
        self._weights = weights
        self._recipe = recipe
        self._seed = seed

    def count(self, epoch: int) -> int:
        """Count an epoch's batches."""
        return len(self._order(epoch))

    def batches(self, epoch: int) -> Iterator[Batch]:
        """Cut the batches of an epoch, each piece in one or more random keys.

        Of a collection that has more tokens than an epoch, a random part of the windows is read.
        Batches are made one at a time: those of a large collection would not fit into memory.

        Args:
            epoch: From 0.
        """
        for number, cuts in enumerate(self._order(epoch)):
            random = np.random.default_rng((self._seed, epoch, number))
            yield self._batch(cuts, random)

    def _order(self, epoch: int) -> "list[list[_Cut]]":
        """Choose an epoch's windows and put them into batches."""
        random = np.random.default_rng((self._seed, epoch))
        cuts = [
            _Cut(number, part, int(key))
            for number, piece in enumerate(self._pieces)
            for key in random.permutation(self._keys)[: self._passes]
            for part in self._parts(len(piece), random)
        ]
        wanted = math.ceil(self._share * len(cuts))
        chances = None
        if self._weights is not None:
            chances = np.array([self._weights[cut.piece] for cut in cuts])
            chances = chances / chances.sum()
        order = random.choice(len(cuts), wanted, replace=False, p=chances)
        size = self._recipe.batch_windows
        groups = [order[i : i + size] for i in range(0, len(order), size)]
        return [[cuts[i] for i in group] for group in groups]

    def _parts(self, tokens: int, random: np.random.Generator) -> list[range]:
        """Cut a piece into windows, the first of a random length, so that cuts fall anywhere."""
        length = self._recipe.window_tokens
        starts = [0, *range(int(random.integers(1, length + 1)), tokens, length), tokens]
        return [range(start, stop) for start, stop in itertools.pairwise(starts)]

    def _batch(self, cuts: "list[_Cut]", random: np.random.Generator) -> Batch:
        """Fill a batch up with empty rows: a step is compiled once for each shape."""
        steps, share = self._recipe.window_tokens, self._recipe.hidden_share
        windows = [
            window(
                self._pieces[cut.piece],
                cut.part,
                steps,
                cut.semitones,
                _hidden(steps, random, share),
            )
            for cut in cuts
        ]
        missing = self._recipe.batch_windows - len(windows)
        return _side_by_side([*windows, *[empty_window(windows[0])] * missing])


@dataclass(frozen=True)
class _Cut:
    """A window that is to be cut: the part of a piece that is its targets, and the key."""

    piece: int
    part: range
    semitones: int


def _hidden(steps: int, random: np.random.Generator, share: float) -> NDArray[np.bool_] | None:
    """Hide kinds of candidates over random spans of every second span, in a share of windows.

    A network that always saw them would lean on them, and songs would turn in circles.
    """
    if random.random() >= share:
        return None
    hidden = np.zeros((steps, CANDIDATES), np.bool_)
    for kind in _KINDS:
        start = 0
        while start < steps:
            span = int(random.integers(*_HIDDEN_SPAN_NOTES))
            hidden[start : start + span, kind] = random.random() < 0.5
            start += span
    return hidden


def whole_batches(pieces: Sequence[EncodedPiece]) -> list[Batch]:
    """Put whole pieces side by side, in batches of few different shapes.

    Lengths are rounded up to powers of two, since every shape is compiled once.
    """
    batches: list[Batch] = []
    by_length = sorted(pieces, key=_rounded_length)
    for length, group in itertools.groupby(by_length, key=_rounded_length):
        alike = [window(piece, range(len(piece)), length) for piece in group]
        rows = min(len(alike), max(1, _WHOLE_BATCH_TOKENS // length))
        alike += [empty_window(alike[0])] * (-len(alike) % rows)
        batches += [_side_by_side(alike[i : i + rows]) for i in range(0, len(alike), rows)]
    return batches


def _rounded_length(piece: EncodedPiece) -> int:
    return max(_SHORTEST, 1 << len(piece).bit_length())


def _side_by_side(windows: Sequence[Window]) -> Batch:
    inputs = {name: np.stack([w.inputs[name] for w in windows]) for name in windows[0].inputs}
    return Batch(inputs, np.stack([w.ending for w in windows]))
