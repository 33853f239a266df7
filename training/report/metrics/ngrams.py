"""N-grams of tokens: a baseline that a network should beat.

The n-grams are interpolated and smoothed by modified Kneser-Ney, which was better here than
Witten-Bell. They count the parts of a token, as a codec spells it, because each whole note is too
rare to be counted.

Source: S. F. Chen and J. Goodman, An Empirical Study of Smoothing Techniques for Language Modeling
(Computer Speech and Language, 1999), section 3.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from music.codec import BOS, PAD, Codec
from music.notes import Notes
from music.piece import Piece
from training.fitting.batches import KEYS

_NEVER_NEXT = (PAD, BOS)


@dataclass(frozen=True)
class _Counts:
    """The discounted counts of the n-grams of one length.

    Attributes:
        grams: int64[G], ascending.
        kept: float64[G], a gram's count minus its discount.
        contexts: int64[C], ascending: the grams without their last token.
        totals: float64[C], the sum of the counts of a context's grams.
        freed: float64[C], the sum of their discounts, which goes to the shorter context.
    """

    grams: NDArray[np.int64]
    kept: NDArray[np.float64]
    contexts: NDArray[np.int64]
    totals: NDArray[np.float64]
    freed: NDArray[np.float64]


class NGrams:
    """A model of tokens, given the tokens before them."""

    def __init__(self, sequences: Sequence[ArrayLike], length: int, size: int) -> None:
        """Count.

        Args:
            sequences: Tokens int[T] each, BOS first.
            length: The length of the grams, 1 or more.
            size: V, the size of the vocabulary.
        """
        self.length = length
        self._size = size
        grams = np.concatenate(
            [_numbered(_windows(np.asarray(s), length), size) for s in sequences]
        )
        self._counts: list[_Counts] = []
        for shorter in range(length - 1, -1, -1):
            self._counts.append(_discounted(*np.unique(grams, return_counts=True), size))
            # A shorter gram counts once for every different token that it has followed.
            grams = np.unique(grams) % size**shorter

    def probabilities(self, contexts: ArrayLike, tokens: ArrayLike) -> NDArray[np.float64]:
        """Return the probability of tokens, given their contexts.

        Args:
            contexts: int[N, length - 1], the preceding tokens, PAD before the beginning.
            tokens: int[N].

        Returns:
            float64[N]; the probabilities of the vocabulary sum to 1, those of PAD and BOS are 0.
        """
        tokens = np.asarray(tokens, dtype=np.int64)
        grams = _numbered(np.column_stack([np.asarray(contexts), tokens]), self._size)
        likely = np.where(np.isin(tokens, _NEVER_NEXT), 0, 1 / (self._size - len(_NEVER_NEXT)))
        for length, counts in enumerate(reversed(self._counts), 1):
            asked = grams % self._size**length
            context = asked // self._size
            total = _looked_up(counts.contexts, counts.totals, context)
            freed = _looked_up(counts.contexts, counts.freed, context)
            kept = _looked_up(counts.grams, counts.kept, asked)
            likely = np.where(total, (kept + freed * likely) / np.maximum(total, 1), likely)
        return likely

    def bits(self, tokens: ArrayLike) -> NDArray[np.float64]:
        """Compute the bits of every token after BOS.

        Args:
            tokens: int[T], BOS first.

        Returns:
            float64[T - 1].
        """
        windows = _windows(np.asarray(tokens), self.length)
        return -np.log2(self.probabilities(windows[:, :-1], windows[:, -1]))


@dataclass(frozen=True)
class Baseline:
    """The bits per note of n-grams of one length on held-out pieces.

    Attributes:
        own_keys: Counted in the learned pieces as they are.
        every_key: Counted in all transpositions of the learned pieces.
    """

    own_keys: float
    every_key: float

    @property
    def best(self) -> float:
        """The better one; choosing it on the held-out pieces themselves favours the baseline."""
        return min(self.own_keys, self.every_key)


@dataclass(frozen=True)
class Baselines:
    """The baselines of one fold of a collection."""

    unigram: Baseline
    five_gram: Baseline


@dataclass(frozen=True)
class NGramBits:
    """The scores of n-grams of one length on held-out pieces.

    Attributes:
        scored: The scores of both ways of counting.
        note_bits: The bits of every note with the better one, piece by piece: float64[notes] each.
    """

    scored: Baseline
    note_bits: tuple[NDArray[np.float64], ...]


def ngram_bits(
    learned: Sequence[Piece], held_out: Sequence[Piece], codec: Codec, length: int
) -> NGramBits:
    """Count n-grams in some pieces and score them on others.

    Args:
        learned: One or more.
        held_out: One or more.
        codec: Encodes them as tokens, in every key.
        length: The length of the n-grams, 1 or more.
    """
    by_key = {
        key: [_spelled(piece.notes.transposed(key), codec) for piece in learned] for key in KEYS
    }
    counted = [by_key[0], [tokens for sequences in by_key.values() for tokens in sequences]]
    models = [NGrams(sequences, length, codec.alphabet_size) for sequences in counted]
    bits = [tuple(_note_bits(model, piece.notes, codec) for piece in held_out) for model in models]
    scored = Baseline(*(float(np.concatenate(each).mean()) for each in bits))
    return NGramBits(scored, bits[0] if scored.own_keys <= scored.every_key else bits[1])


def _note_bits(model: NGrams, notes: Notes, codec: Codec) -> NDArray[np.float64]:
    """Sum the bits of the letters of each token."""
    letters = [len(codec.spelled([token])) for token in codec.encode(notes)]
    starts = np.cumsum([0, *letters[:-1]])
    return np.add.reduceat(model.bits(_spelled(notes, codec)), starts)


def _spelled(notes: Notes, codec: Codec) -> NDArray[np.int32]:
    return np.array([BOS, *codec.spelled(codec.encode(notes))], dtype=np.int32)


def _windows(tokens: NDArray[np.int32], length: int) -> NDArray[np.int64]:
    """Cut windows int64[T - 1, length]: each token after BOS, preceded by those before it."""
    padded = np.concatenate([np.full(max(0, length - 2), PAD), tokens[length == 1 :]])
    return np.lib.stride_tricks.sliding_window_view(padded.astype(np.int64), length)


def _numbered(windows: NDArray[np.int64], size: int) -> NDArray[np.int64]:
    """Encode windows int64[N, length] as numbers int64[N], one digit per token."""
    places = np.array([size**place for place in range(windows.shape[1])][::-1], dtype=np.int64)
    return windows @ places


def _discounted(grams: NDArray[np.int64], counts: NDArray[np.int64], size: int) -> _Counts:
    discounts = _discounts(counts)[np.minimum(counts, 3)]
    contexts, starts = np.unique(grams // size, return_index=True)
    return _Counts(
        grams=grams,
        kept=counts - discounts,
        contexts=contexts,
        totals=np.add.reduceat(counts.astype(np.float64), starts),
        freed=np.add.reduceat(discounts, starts),
    )


def _discounts(counts: NDArray[np.int64]) -> NDArray[np.float64]:
    """Estimate the discounts of grams seen 0, 1, 2 and more times: float64[4].

    These are Chen and Goodman's formulas. They can leave their range if there are few counts, or
    unusual ones, so the result is clipped.
    """
    once, twice, thrice, four_times = (max(1, int((counts == n).sum())) for n in (1, 2, 3, 4))
    share = once / (once + 2 * twice)
    ratios = np.array([twice / once, thrice / twice, four_times / thrice])
    seen = np.array([1, 2, 3])
    return np.append(0, np.clip(seen - (seen + 1) * share * ratios, 0.1, seen - 0.05))


def _looked_up(
    keys: NDArray[np.int64], values: NDArray[np.float64], asked: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Look up the values of keys; 0 for keys that do not exist."""
    places = np.searchsorted(keys, asked).clip(max=len(keys) - 1)
    return np.where(keys[places] == asked, values[places], 0)
