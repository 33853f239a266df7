"""How well counting predicts pieces: n-grams of tokens, what a network has to beat.

The n-grams are interpolated and smoothed by modified Kneser-Ney, which was better here than
Witten-Bell. They count what a token says piece by piece, as a codec spells it: whole notes are too
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
    """What the n-grams of one length say, discounted.

    Attributes:
        grams: int64[G], rising.
        kept: float64[G], a gram's count less its discount.
        contexts: int64[C], rising: the grams without their last token.
        totals: float64[C], the counts of a context's grams, summed.
        freed: float64[C], their discounts, summed: what goes to the shorter context.
    """

    grams: NDArray[np.int64]
    kept: NDArray[np.float64]
    contexts: NDArray[np.int64]
    totals: NDArray[np.float64]
    freed: NDArray[np.float64]


class NGrams:
    """A model of tokens by the few before them."""

    def __init__(self, sequences: Sequence[ArrayLike], length: int, size: int) -> None:
        """Count.

        Args:
            sequences: Tokens int[T] each, BOS first.
            length: Of the grams, 1 or more.
            size: V, how many tokens the vocabulary has.
        """
        self.length = length
        self._size = size
        windows = np.concatenate([_windows(np.asarray(s), length) for s in sequences])
        grams = _numbered(windows, size)
        self._counts: list[_Counts] = []
        for shorter in range(length - 1, -1, -1):
            self._counts.append(_discounted(*np.unique(grams, return_counts=True), size))
            # A shorter gram counts once for every different token that it was seen behind.
            grams = np.unique(grams) % size**shorter

    def probabilities(self, contexts: ArrayLike, tokens: ArrayLike) -> NDArray[np.float64]:
        """Return how likely tokens come next.

        Args:
            contexts: int[N, length - 1], the tokens before, PAD before the beginning.
            tokens: int[N].

        Returns:
            float64[N]; over the vocabulary they sum to 1, and PAD and BOS have nothing of it.
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
        """Compute what every token after BOS costs.

        Args:
            tokens: int[T], BOS first.

        Returns:
            float64[T - 1].
        """
        windows = _windows(np.asarray(tokens), self.length)
        return -np.log2(self.probabilities(windows[:, :-1], windows[:, -1]))


@dataclass(frozen=True)
class Baseline:
    """What n-grams of one length score on held-out pieces, in bits per note.

    Attributes:
        own_keys: Counted in the learned pieces as they are.
        every_key: Counted in all their transpositions.
    """

    own_keys: float
    every_key: float

    @property
    def best(self) -> float:
        """The better one; choosing it by the held-out pieces themselves favours the baseline."""
        return min(self.own_keys, self.every_key)


@dataclass(frozen=True)
class Baselines:
    """The baselines of one fold of a collection."""

    unigram: Baseline
    five_gram: Baseline


@dataclass(frozen=True)
class NGramBits:
    """What n-grams of one length score on held-out pieces.

    Attributes:
        scored: Both ways of counting.
        note_bits: What every note costs by the better one, piece by piece: float64[notes] each.
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
        codec: Writes them as tokens, in every key.
        length: Of the n-grams, 1 or more.
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
    """Sum what the letters of each token cost."""
    letters = [len(codec.spelled([token])) for token in codec.encode(notes)]
    starts = np.cumsum([0, *letters[:-1]])
    return np.add.reduceat(model.bits(_spelled(notes, codec)), starts)


def _spelled(notes: Notes, codec: Codec) -> NDArray[np.int32]:
    return np.array([BOS, *codec.spelled(codec.encode(notes))], dtype=np.int32)


def _windows(tokens: NDArray[np.int32], length: int) -> NDArray[np.int64]:
    """Cut int64[T - 1, length]: each token behind BOS, after those before it."""
    padded = np.concatenate([np.full(max(0, length - 2), PAD), tokens[length == 1 :]])
    return np.lib.stride_tricks.sliding_window_view(padded.astype(np.int64), length)


def _numbered(windows: NDArray[np.int64], size: int) -> NDArray[np.int64]:
    """Write windows int64[N, length] as numbers int64[N], a token a digit."""
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
    """Estimate what to take from grams seen 0, 1, 2 and more times: float64[4].

    Chen and Goodman's formulas; few or oddly spread counts can lead them out of their range.
    """
    once, twice, thrice, four_times = (max(1, int((counts == n).sum())) for n in (1, 2, 3, 4))
    share = once / (once + 2 * twice)
    ratios = np.array([twice / once, thrice / twice, four_times / thrice])
    seen = np.array([1, 2, 3])
    return np.append(0, np.clip(seen - (seen + 1) * share * ratios, 0.1, seen - 0.05))


def _looked_up(
    keys: NDArray[np.int64], values: NDArray[np.float64], asked: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Take the values of the keys asked for, 0 where there is no such key."""
    places = np.searchsorted(keys, asked).clip(max=len(keys) - 1)
    return np.where(keys[places] == asked, values[places], 0)
