"""Sampling in NumPy, for networks that leave it to their caller.

B batch, F fields of a token, n values of a field.
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
        """Take what lies behind `weights.top`."""
        self._fields = weights.fields
        widths = [len(field.logits.kernel) for field in weights.fields]
        first = len(weights.top.bias) - sum(widths)
        self._bounds = np.cumsum([first, *widths])[:-1]

    def split(self, top: Floats) -> list[Floats]:
        """Part float32[B, W] into the first field's logits and the others' hidden layers."""
        return np.split(top, self._bounds, axis=1)

    def logits(self, field: int, hidden: Floats, values: Sequence[NDArray[np.int64]]) -> Floats:
        """Give float32[B, n] of a field behind the first, knowing the values int64[B] before it."""
        weights = self._fields[field - 1]
        for table, value in zip(weights.given, values, strict=True):
            hidden = hidden + table[value]
        logits: Floats = np.tanh(hidden) @ weights.logits.kernel + weights.logits.bias
        return logits


class Sampler:
    """Draws a token a row as the service does: its fields one by one, temperature, nucleus.

    Pitches are drawn from the nucleus, other fields from all values. Top-k, which the service
    leaves off unless asked, is left out.
    """

    def __init__(self, fields: Fields, temperature: float, top_p: float) -> None:
        """Sample what `fields` predicts.

        Args:
            fields: Of the network that is drawn from.
            temperature: Above 0.
            top_p: Above 0, up to 1.
        """
        self._fields = fields
        self._heat = np.float32(1 / temperature)
        self._top_p = np.float32(top_p)

    def draw(self, top: Floats, uniform: Floats) -> NDArray[np.int64]:
        """Draw the next tokens.

        Args:
            top: float32[B, W], what a peer's step gives.
            uniform: float32[B, F] in [0, 1).

        Returns:
            int64[B, F], the values.
        """
        logits, *hidden = self._fields.split(top)
        values = [self.draw_unfiltered(logits, uniform[:, 0])]
        for f, below in enumerate(hidden, start=1):
            logits = self._fields.logits(f, below, values)
            draw = self.draw_filtered if f == _PITCH else self.draw_unfiltered
            values.append(draw(logits, uniform[:, f]))
        return np.stack(values, axis=1)

    def draw_unfiltered(self, logits: Floats, uniform: Floats) -> NDArray[np.int64]:
        """Draw values int64[B] from float32[B, n] with float32[B], from all values."""
        scaled = logits * self._heat
        cumulative = np.cumsum(np.exp(scaled - scaled.max(axis=1, keepdims=True)), axis=1)
        place: NDArray[np.int64] = (cumulative <= uniform[:, None] * cumulative[:, -1:]).sum(axis=1)
        return place

    def draw_filtered(self, logits: Floats, uniform: Floats) -> NDArray[np.int64]:
        """Draw values int64[B] from float32[B, n] with float32[B], from the nucleus."""
        scaled = logits * self._heat
        order = np.argsort(-scaled, axis=1)
        descending = np.take_along_axis(scaled, order, axis=1)
        probability = np.exp(descending - descending[:, :1])
        cumulative = np.cumsum(probability, axis=1)
        kept = cumulative - probability < self._top_p * cumulative[:, -1:]
        total = np.where(kept, probability, 0).sum(axis=1, keepdims=True)
        place = (cumulative <= uniform[:, None] * total).sum(axis=1, keepdims=True)
        # Rounding may put the place one behind those that are kept.
        place = np.minimum(place, kept.sum(axis=1, keepdims=True) - 1)
        drawn: NDArray[np.int64] = np.take_along_axis(order, place, axis=1)[:, 0]
        return drawn
