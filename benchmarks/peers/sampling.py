"""Sampling in NumPy, for networks without it.

B is the batch size, F the number of fields of a token, n the number of values of a field.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from benchmarks.peers.weights import NetworkWeights

Floats = NDArray[np.float32]
_PITCH = 1  # the field that is filtered, after the onset


class Fields:
    """Predicts a token's fields, one after the other, on top of a peer's network."""

    def __init__(self, weights: NetworkWeights) -> None:
        """Use the layers after `weights.top`."""
        self._fields = weights.fields
        widths = [len(field.logits.kernel) for field in weights.fields]
        first = len(weights.top.bias) - sum(widths)
        self._bounds = np.cumsum([first, *widths])[:-1]

    def split(self, top: Floats) -> list[Floats]:
        """Split float32[B, W] into the first field's logits and the others' hidden layers."""
        return np.split(top, self._bounds, axis=1)

    def logits(self, field: int, hidden: Floats, values: Sequence[NDArray[np.int64]]) -> Floats:
        """Return the logits float32[B, n] of a later field, given the values int64[B] before it."""
        weights = self._fields[field - 1]
        for table, value in zip(weights.given, values, strict=True):
            hidden = hidden + table[value]
        logits: Floats = np.tanh(hidden) @ weights.logits.kernel + weights.logits.bias
        return logits


class Sampler:
    """Samples one token per row as the service does: field by field, with temperature and top-p.

    Pitches are sampled from the nucleus, other fields from all values. There is no top-k, which the
    service does not use by default.
    """

    def __init__(self, fields: Fields, temperature: float, top_p: float) -> None:
        """Sample from the predictions of `fields`.

        Args:
            fields: The fields of the network.
            temperature: Above 0.
            top_p: Above 0, up to 1.
        """
        self._fields = fields
        self._inverse_temperature = np.float32(1 / temperature)
        self._top_p = np.float32(top_p)

    def sample(self, top: Floats, uniform: Floats) -> NDArray[np.int64]:
        """Sample the next tokens.

        Args:
            top: float32[B, W], the result of a peer's step.
            uniform: float32[B, F] in [0, 1).

        Returns:
            int64[B, F], the values.
        """
        logits, *hidden = self._fields.split(top)
        values = [self.sample_unfiltered(logits, uniform[:, 0])]
        for f, below in enumerate(hidden, start=1):
            logits = self._fields.logits(f, below, values)
            sample = self.sample_filtered if f == _PITCH else self.sample_unfiltered
            values.append(sample(logits, uniform[:, f]))
        return np.stack(values, axis=1)

    def sample_unfiltered(self, logits: Floats, uniform: Floats) -> NDArray[np.int64]:
        """Sample int64[B] from logits float32[B, n] with random numbers float32[B]."""
        scaled = logits * self._inverse_temperature
        cumulative = np.cumsum(np.exp(scaled - scaled.max(axis=1, keepdims=True)), axis=1)
        place: NDArray[np.int64] = (cumulative <= uniform[:, None] * cumulative[:, -1:]).sum(axis=1)
        return place

    def sample_filtered(self, logits: Floats, uniform: Floats) -> NDArray[np.int64]:
        """Sample int64[B] from the nucleus of float32[B, n] with random numbers float32[B]."""
        scaled = logits * self._inverse_temperature
        order = np.argsort(-scaled, axis=1)
        descending = np.take_along_axis(scaled, order, axis=1)
        probability = np.exp(descending - descending[:, :1])
        cumulative = np.cumsum(probability, axis=1)
        kept = cumulative - probability < self._top_p * cumulative[:, -1:]
        total = np.where(kept, probability, 0).sum(axis=1, keepdims=True)
        place = (cumulative <= uniform[:, None] * total).sum(axis=1, keepdims=True)
        # By rounding, the place may be one after the last that is kept.
        place = np.minimum(place, kept.sum(axis=1, keepdims=True) - 1)
        sampled: NDArray[np.int64] = np.take_along_axis(order, place, axis=1)[:, 0]
        return sampled
