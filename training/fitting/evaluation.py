"""Cross-entropy of a network on pieces."""

from collections.abc import Sequence

import keras
import numpy as np
from numpy.typing import NDArray

from training.fitting.batches import Batch
from training.network.network import field_sizes


def nats(model: keras.Model, batches: Sequence[Batch]) -> float:
    """Sum the negative log-likelihood of every target token, in nats."""
    return float(sum(token_nats(model, batch).sum() for batch in batches))


def token_nats(model: keras.Model, batch: Batch) -> NDArray[np.float64]:
    """Return the negative log-likelihood of every target token.

    Returns:
        float64[B, T], in nats; 0 at padding.
    """
    logits = model.predict_on_batch(batch.inputs)  # the fields' logits, then the ending's
    sizes = field_sizes(model)
    parts = np.split(logits, np.cumsum(sizes), axis=-1)[: len(sizes)]
    fields = [_field_nats(part, batch.following[..., f] - 1) for f, part in enumerate(parts)]
    costs: NDArray[np.float64] = np.stack(fields).sum(axis=0, dtype=np.float64)
    return costs


def _field_nats(logits: NDArray[np.float32], values: NDArray[np.int32]) -> NDArray[np.float32]:
    """Return float32[B, T] for logits float32[B, T, n] and values int32[B, T], -1 at padding."""
    highest = logits.max(axis=-1, keepdims=True)
    log_total = np.log(np.exp(logits - highest).sum(axis=-1)) + highest[..., 0]
    chosen = np.take_along_axis(logits, np.maximum(values, 0)[..., None], axis=-1)[..., 0]
    costs: NDArray[np.float32] = (log_total - chosen) * (values >= 0)
    return costs


def targets_in(batches: Sequence[Batch]) -> int:
    """Count the target tokens."""
    return sum(int((batch.following[..., 0] > 0).sum()) for batch in batches)
