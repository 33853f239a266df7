"""ONNX Runtime's own LSTM."""

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from benchmarks.peers.onnx_graph import (
    ROWS,
    TOP,
    next_state_names,
    state_names,
    step_model,
)
from benchmarks.peers.weights import NetworkWeights, first_rows

_State = list[NDArray[np.float32]]  # h and c of every layer, float32[1, B, U] each


class OnnxRuntime:
    """The LSTM operator, one step per call."""

    def __init__(self, weights: NetworkWeights, threads: int) -> None:
        """Build the graph and load it.

        Args:
            weights: The network's weights.
            threads: The threads of an operation.
        """
        self.name = f"ONNX Runtime with {threads} threads"
        self._units = [layer.units for layer in weights.lstm]
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        self._session = onnxruntime.InferenceSession(
            step_model(weights), options, providers=["CPUExecutionProvider"]
        )
        layers = len(weights.lstm)
        self._inputs = (ROWS, *state_names(layers))
        self._outputs = (TOP, *next_state_names(layers))
        self._first_rows = first_rows(weights)

    def begin(self, batch: int) -> _State:
        """Return the state of a network that has read nothing."""
        return [np.zeros((1, batch, units), np.float32) for units in self._units for _ in "hc"]

    def step(self, token: NDArray[np.int64], state: _State) -> tuple[NDArray[np.float32], _State]:
        """Read one token per row, int64[B, F]; returns float32[B, W] and the new state."""
        feed = dict(zip(self._inputs, (token + self._first_rows, *state), strict=True))
        top, *after = self._session.run(self._outputs, feed)
        return top, after
