"""ONNX Runtime: the LSTM operator, or its dynamic 8-bit one, and sampling, all in one graph."""

import tempfile
from functools import cached_property
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from numpy.typing import NDArray
from onnxruntime.quantization import QuantType, quantize_dynamic

from benchmarks.peers.onnx_graph import (
    NEXT_TOKEN,
    NUMBERS,
    SONGS,
    TOKEN,
    UNIFORM,
    logits_names,
    next_state_names,
    song_model,
    state_names,
    step_model,
)
from benchmarks.peers.peer import Floats, Integers
from benchmarks.peers.weights import NetworkWeights
from training.export.quantised_matmul import INT8

_FATAL_ONLY = 4  # else it reports, of every LSTM, that a gate's scale is shared


class OnnxRuntime:
    """A loop over the steps of songs, in a session."""

    library = "ONNX Runtime"

    def __init__(
        self,
        network: NetworkWeights,
        weights: str,
        threads: int,
        temperature: float,
        top_p: float,
    ) -> None:
        """Build the graph and load it.

        Args:
            network: The network's weights.
            weights: FLOAT32, or INT8: `quantize_dynamic` turns LSTMs into DynamicQuantizeLSTM and
                all other products into MatMulInteger, with a scale per channel.
            threads: The threads of an operation.
            temperature: Above 0.
            top_p: Above 0, up to 1.
        """
        self.weights, self.threads = weights, threads
        self.name = f"{self.library}, {weights}"
        step = step_model(network, temperature, top_p)
        self._step = _with_8_bits(step) if weights == INT8 else step
        self._units = [layer.units for layer in network.lstm]
        self._fields = len(network.embeddings)
        self._session = _session(song_model(self._step, len(self._units)), threads)

    def sample(self, uniform: Floats) -> Integers:
        """Sample songs; as `Peer.sample`."""
        feed = {NUMBERS: uniform, **self._start(uniform.shape[1])}
        songs: Integers = self._session.run([SONGS], feed)[0]
        return songs - 1

    def sample_with_logits(self, uniform: Floats) -> tuple[Integers, Floats]:
        """Sample songs step by step; as `Peer.sample_with_logits`."""
        layers = len(self._units)
        carried = (NEXT_TOKEN, *next_state_names(layers))
        outputs = (*carried, *logits_names(self._fields))
        feed = self._start(uniform.shape[1])
        songs, logits = [], []
        for numbers in uniform:
            found = self._step_session.run(outputs, {UNIFORM: numbers, **feed})
            feed = dict(zip(feed, found, strict=False))
            songs.append(found[0] - 1)
            logits.append(np.concatenate(found[len(carried) :], axis=1))
        return np.stack(songs), np.stack(logits)

    @cached_property
    def _step_session(self) -> onnxruntime.InferenceSession:
        return _session(self._step, self.threads)

    def _start(self, batch: int) -> dict[str, NDArray[np.generic]]:
        """Return the first token, which is none, and the state of a network that has read none."""
        states = [np.zeros((1, batch, units), np.float32) for units in self._units for _ in "hc"]
        none = np.zeros((batch, self._fields), np.int64)
        return {TOKEN: none, **dict(zip(state_names(len(self._units)), states, strict=True))}


def _with_8_bits(step: onnx.ModelProto) -> onnx.ModelProto:
    with tempfile.TemporaryDirectory(prefix="leitmotif-onnx-") as folder:
        path = Path(folder) / "step.onnx"
        quantize_dynamic(
            step,
            path,
            op_types_to_quantize=["LSTM", "MatMul"],  # it turns Gemm into MatMul first
            per_channel=True,
            weight_type=QuantType.QInt8,
        )
        return onnx.load(path)


def _session(model: onnx.ModelProto, threads: int) -> onnxruntime.InferenceSession:
    """Load a graph with all optimizations, a memory arena, and threads that spin while it runs."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
    options.enable_cpu_mem_arena = True
    options.log_severity_level = _FATAL_ONLY
    options.add_session_config_entry("session.intra_op.allow_spinning", "1")
    options.add_session_config_entry("session.force_spinning_stop", "1")  # between calls
    return onnxruntime.InferenceSession(
        model.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )
