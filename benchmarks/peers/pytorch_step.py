"""A step of the network and its sampling as a PyTorch module.

B is the batch size, F the number of a token's fields, U of units, n of a field's values. A token is
int64[B, F], for each field the index of its value plus 1, or 0 for no value. The state is h and c,
float32[layers, B, U] each.
"""

import sys
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from benchmarks.peers.weights import (
    FILTERED_FIELD,
    DenseWeights,
    NetworkWeights,
    Weights,
    first_rows,
)

# PyTorch's compiler and optimizers import Triton, which is for GPUs and brings an LLVM of its own;
# beside TensorFlow's it ends the process. They do without it if it cannot be imported.
sys.modules.setdefault("triton", None)  # type: ignore[arg-type]


class Step(nn.Module):  # type: ignore[misc]  # torch may not be installed
    """Reads a token and samples the next one."""

    def __init__(
        self, network: NetworkWeights, temperature: float, top_p: float, *, cells: bool
    ) -> None:
        """Copy the weights.

        Args:
            network: The weights of layers with the same number of units.
            temperature: Above 0.
            top_p: Above 0, up to 1.
            cells: Whether LSTM layers are cells of one product each, which `torch.compile` can
                compile; `torch.nn.LSTM`, which it leaves as it is, if not.
        """
        super().__init__()
        self._inverse_temperature = 1 / temperature
        self._top_p = top_p
        self._widths = network.top_widths
        self._embedding = _constant(np.concatenate(network.embeddings))
        self.register_buffer("_first_rows", torch.tensor(first_rows(network)))
        self._lstm = (_Cells if cells else _Layers)(network)
        self._dense = nn.ModuleList([linear(layer) for layer in network.dense])
        self._top = linear(network.top)
        self._given = nn.ModuleList(
            [nn.ParameterList([_constant(table) for table in f.given]) for f in network.fields]
        )
        self._logits = nn.ModuleList([linear(field.logits) for field in network.fields])

    def forward(self, token: Any, uniform: Any, h: Any, c: Any) -> tuple[Any, ...]:
        """Return the next token, the new h and c, and the logits float32[B, n] of each field."""
        x = functional.embedding(token + self._first_rows, self._embedding).sum(dim=1)
        x, h, c = self._lstm(x, h, c)
        for dense in self._dense:
            x = torch.relu(dense(x))
        values: list[Any] = []
        logits: list[Any] = []
        for f, part in enumerate(self._top(x).split(self._widths, dim=1)):
            below = part
            if f:
                for table, value in zip(self._given[f - 1], values, strict=True):
                    below = below + table[value]
                below = self._logits[f - 1](torch.tanh(below))
            logits.append(below)
            sample = self._filtered if f == FILTERED_FIELD else self._unfiltered
            values.append(sample(below * self._inverse_temperature, uniform[:, f : f + 1]))
        return torch.stack(values, dim=1) + 1, h, c, *logits

    def _unfiltered(self, scaled: Any, number: Any) -> Any:
        """Sample int64[B] from float32[B, n] with a number per row, float32[B, 1]."""
        cumulative = torch.softmax(scaled, dim=1).cumsum(dim=1)
        # By rounding, the sum of all probabilities may be less than the number.
        return (cumulative <= number).sum(dim=1).clamp(max=scaled.shape[1] - 1)

    def _filtered(self, scaled: Any, number: Any) -> Any:
        """Sample int64[B] from the nucleus of float32[B, n]."""
        descending, order = scaled.sort(dim=1, descending=True)
        probability = torch.softmax(descending, dim=1)
        cumulative = probability.cumsum(dim=1)
        kept = cumulative - probability < self._top_p
        total = torch.where(kept, cumulative, 0.0).amax(dim=1, keepdim=True)
        place = (cumulative <= number * total).sum(dim=1, keepdim=True)
        place = torch.minimum(place, kept.sum(dim=1, keepdim=True) - 1)
        return order.gather(1, place)[:, 0]


class _Layers(nn.Module):  # type: ignore[misc]  # torch may not be installed
    """`torch.nn.LSTM`."""

    def __init__(self, network: NetworkWeights) -> None:
        super().__init__()
        self._lstm = lstm(network)

    def forward(self, x: Any, h: Any, c: Any) -> tuple[Any, Any, Any]:
        y, (h, c) = self._lstm(x[None], (h, c))
        return y[0], h, c


class _Cells(nn.Module):  # type: ignore[misc]  # torch may not be installed
    """LSTM layers, each with one product of its input and its h together."""

    def __init__(self, network: NetworkWeights) -> None:
        super().__init__()
        self._gates = nn.ModuleList(
            [
                linear(DenseWeights(np.concatenate([layer.kernel, layer.recurrent]), layer.bias))
                for layer in network.lstm
            ]
        )

    def forward(self, x: Any, h: Any, c: Any) -> tuple[Any, Any, Any]:
        hs, cs = [], []
        for n, gates in enumerate(self._gates):
            i, f, g, o = gates(torch.cat([x, h[n]], dim=1)).chunk(4, dim=1)
            cs.append(torch.sigmoid(f) * c[n] + torch.sigmoid(i) * torch.tanh(g))
            x = torch.sigmoid(o) * torch.tanh(cs[-1])
            hs.append(x)
        return x, torch.stack(hs), torch.stack(cs)


def lstm(network: NetworkWeights, **options: Any) -> nn.LSTM:
    """Build `torch.nn.LSTM` with these weights; gates i, f, g, o are in Keras's order."""
    inputs, units = network.lstm[0].kernel.shape[0], network.lstm[0].units
    layers = nn.LSTM(inputs, units, len(network.lstm), **options)
    layers.load_state_dict(
        {
            name: tensor
            for n, layer in enumerate(network.lstm)
            for name, tensor in (
                (f"weight_ih_l{n}", _transposed(layer.kernel)),
                (f"weight_hh_l{n}", _transposed(layer.recurrent)),
                (f"bias_ih_l{n}", torch.tensor(layer.bias)),
                (f"bias_hh_l{n}", torch.zeros(len(layer.bias))),
            )
        }
    )
    return layers


def linear(weights: DenseWeights) -> nn.Linear:
    """Build a dense layer with these weights."""
    layer = nn.Linear(*weights.kernel.shape)
    layer.load_state_dict(
        {"weight": _transposed(weights.kernel), "bias": torch.tensor(weights.bias)}
    )
    return layer


def _constant(weights: Weights) -> nn.Parameter:
    return nn.Parameter(torch.tensor(weights), requires_grad=False)


def _transposed(weights: Weights) -> Any:
    return torch.tensor(np.ascontiguousarray(weights.T))
