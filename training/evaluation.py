"""How well a network foretells pieces."""

from collections.abc import Sequence

import keras
import numpy as np
from numpy.typing import NDArray

from training.batches import Batch
from training.network import field_sizes


def nats(model: keras.Model, batches: Sequence[Batch]) -> float:
    """Sum the negative log-likelihood of every token that came, in nats."""
    sizes = field_sizes(model)
    return sum(
        _nats(model.predict_on_batch([b.tokens, b.following]), b.following, sizes) for b in batches
    )


def _nats(logits: NDArray[np.float32], came: NDArray[np.int32], sizes: tuple[int, ...]) -> float:
    """Sum over a batch: logits float32[B, T, L], tokens int32[B, T, F], 0 where none came."""
    parts = np.split(logits, np.cumsum(sizes)[:-1], axis=-1)
    return sum(_field_nats(part, came[..., f] - 1) for f, part in enumerate(parts))


def _field_nats(logits: NDArray[np.float32], values: NDArray[np.int32]) -> float:
    """Sum over a batch: logits float32[B, T, n], values int32[B, T], -1 where none came."""
    highest = logits.max(axis=-1, keepdims=True)
    log_total = np.log(np.exp(logits - highest).sum(axis=-1)) + highest[..., 0]
    chosen = np.take_along_axis(logits, np.maximum(values, 0)[..., None], axis=-1)[..., 0]
    return float(((log_total - chosen) * (values >= 0)).sum(dtype=np.float64))


def targets_in(batches: Sequence[Batch]) -> int:
    """Count the tokens that are to be foretold."""
    return sum(int((batch.following[..., 0] > 0).sum()) for batch in batches)
