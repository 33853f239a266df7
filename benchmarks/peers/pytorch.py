"""PyTorch's own LSTM."""

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from benchmarks.peers.weights import NetworkWeights, Weights, first_rows

_State = tuple[Any, Any]  # h and c: float32[layers, B, U] each


class PyTorch:
    """`torch.nn.LSTM` in inference mode, a step at a time; gates i, f, g, o are Keras's order."""

    def __init__(self, weights: NetworkWeights, threads: int) -> None:
        """Copy the weights into PyTorch's layout.

        Args:
            weights: The weights of layers with the same number of units.
            threads: The threads of PyTorch, set at the beginning of each song.
        """
        self.name = f"PyTorch with {threads} threads"
        self._threads = threads
        self._embedding = torch.tensor(np.concatenate(weights.embeddings))
        self._first_rows = first_rows(weights)
        self._units = weights.lstm[0].units
        self._layers = len(weights.lstm)
        self._lstm = torch.nn.LSTM(self._embedding.shape[1], self._units, self._layers).eval()
        self._lstm.load_state_dict(
            {
                name: tensor
                for n, layer in enumerate(weights.lstm)
                for name, tensor in (
                    (f"weight_ih_l{n}", _transposed(layer.kernel)),
                    (f"weight_hh_l{n}", _transposed(layer.recurrent)),
                    (f"bias_ih_l{n}", torch.tensor(layer.bias)),
                    (f"bias_hh_l{n}", torch.zeros(len(layer.bias))),
                )
            }
        )
        self._lstm.flatten_parameters()
        self._dense = [
            (_transposed(layer.kernel), torch.tensor(layer.bias)) for layer in weights.dense
        ]
        self._top = _transposed(weights.top.kernel), torch.tensor(weights.top.bias)

    def begin(self, batch: int) -> _State:
        """Return the state of a network that has read nothing."""
        torch.set_num_threads(self._threads)
        shape = (self._layers, batch, self._units)
        return torch.zeros(shape), torch.zeros(shape)

    def step(self, token: NDArray[np.int64], state: _State) -> tuple[NDArray[np.float32], _State]:
        """Read one token per row, int64[B, F]; returns float32[B, W] and the new state."""
        with torch.inference_mode():
            rows = torch.from_numpy(token + self._first_rows)
            x = torch.nn.functional.embedding(rows, self._embedding).sum(dim=1)
            y, state = self._lstm(x[None], state)
            x = y[0]
            for kernel, bias in self._dense:
                x = torch.relu(torch.nn.functional.linear(x, kernel, bias))
            return torch.nn.functional.linear(x, *self._top).numpy(), state


def _transposed(weights: Weights) -> Any:
    return torch.tensor(np.ascontiguousarray(weights.T))
