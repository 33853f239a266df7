"""Cuts pieces into batches of windows; every step of a window is a target.

B is the batch size, T time, F the number of fields of a token. A token is F numbers here, as
`training.network` reads them: for each field the index of its value plus 1, or 0 for no token.
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
# The candidates that are hidden together: exact matches, bars back, transposed matches.
_KINDS = (slice(MATCH, MATCH + 1), slice(MATCH + 1, TRANSPOSED), slice(TRANSPOSED, CANDIDATES))


@dataclass(frozen=True)
class Batch:
    """A batch of sequences.

    Attributes:
        inputs: The network's inputs by name, [B, T, ...]: `tokens`, 0 at the beginning and after
            the end of a sequence; `following`, the next token at each step, 0 after the end; in a
            network with memory also those of `training.memory`.
        ending: int32[B, T], as in `training.fitting.encoded.Window`.
    """

    inputs: Inputs
    ending: NDArray[np.int32]

    @property
    def following(self) -> NDArray[np.int32]:
        """int32[B, T, F], the next tokens."""
        return self.inputs["following"]

    @property
    def targets(self) -> NDArray[np.int32]:
        """int32[B, T, F + 1], the next tokens and the endings, as the loss takes them."""
        return np.concatenate([self.following, self.ending[..., None]], axis=-1)


class Epochs:
    """Cuts a collection into the batches of an epoch, deterministically."""

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
            weights: The relative frequency of each piece if an epoch reads a part of the
                collection; None for equal weights.
            seed: The seed of the keys, cuts, hidden candidates and order.
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

        If a collection has more tokens than an epoch, a random part of the windows is read.
        Batches are created one at a time: those of a large collection would not fit into memory.

        Args:
            epoch: From 0.
        """
        for number, cuts in enumerate(self._order(epoch)):
            random = np.random.default_rng((self._seed, epoch, number))
            yield self._batch(cuts, random)

    def _order(self, epoch: int) -> "list[list[_Cut]]":
        """Choose the windows of an epoch and group them into batches."""
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
        """Cut a piece into windows; the first has a random length, so that cuts are random."""
        length = self._recipe.window_tokens
        starts = [0, *range(int(random.integers(1, length + 1)), tokens, length), tokens]
        return [range(start, stop) for start, stop in itertools.pairwise(starts)]

    def _batch(self, cuts: "list[_Cut]", random: np.random.Generator) -> Batch:
        """Build a batch, padded with empty rows: a step is compiled once for each shape."""
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
    """A window to cut: the part of a piece that contains its targets, and the transposition."""

    piece: int
    part: range
    semitones: int


def _hidden(steps: int, random: np.random.Generator, share: float) -> NDArray[np.bool_] | None:
    """Hide kinds of candidates in about half of random spans, in a share of the windows.

    A network that always saw them would depend on them, and songs would go round in circles.
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
    """Group whole pieces into batches of few different shapes.

    Lengths are rounded up to powers of two, because every shape has to be compiled.
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
