"""PyTorch: its own LSTM, or cells that it compiles, with float32 or its dynamic 8-bit weights."""

import os
import shutil
import warnings
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.ao.quantization import quantize_dynamic

from benchmarks.peers.peer import Floats, Integers
from benchmarks.peers.pytorch_step import Step
from benchmarks.peers.weights import NetworkWeights
from training.export.quantised_matmul import INT8

os.environ.setdefault("TORCHINDUCTOR_COMPILE_THREADS", "1")  # no processes that stay


class PyTorch:
    """`torch.nn.LSTM`, one step per call, in inference mode."""

    library = "PyTorch"
    _compiled = False

    def __init__(
        self,
        network: NetworkWeights,
        weights: str,
        threads: int,
        temperature: float,
        top_p: float,
    ) -> None:
        """Build the module.

        Args:
            network: The weights of layers with the same number of units.
            weights: FLOAT32, or INT8: `quantize_dynamic` of all layers.
            threads: The threads of PyTorch, set at the beginning of each song.
            temperature: Above 0.
            top_p: Above 0, up to 1.
        """
        self.weights, self.threads = weights, threads
        self.name = f"{self.library}, {weights}"
        step = Step(network, temperature, top_p, cells=self._compiled).eval()
        if weights == INT8:
            step = _with_8_bits(step)
        self._step = _compiled(step) if self._compiled else step
        self._state = len(network.lstm), network.lstm[0].units

    def sample(self, uniform: Floats) -> Integers:
        """Sample songs; as `Peer.sample`."""
        return self._songs(uniform)[0]

    def sample_with_logits(self, uniform: Floats) -> tuple[Integers, Floats]:
        """Sample songs; as `Peer.sample_with_logits`."""
        songs, logits = self._songs(uniform)
        return songs, np.stack([torch.cat(step, dim=1).numpy() for step in logits])

    def _songs(self, uniform: Floats) -> tuple[Integers, list[tuple[Any, ...]]]:
        """Return the values, and for each step the logits of each field."""
        torch.set_num_threads(self.threads)
        layers, units = self._state
        batch, fields = uniform.shape[1:]
        with torch.inference_mode():
            # One tensor for both would be another program to the compiler.
            h, c = (torch.zeros((layers, batch, units)) for _ in "hc")
            token = torch.zeros((batch, fields), dtype=torch.int64)
            tokens, logits = [], []
            for numbers in torch.from_numpy(uniform):
                token, h, c, *predicted = self._step(token, numbers, h, c)
                tokens.append(token)
                logits.append(tuple(predicted))
            songs: Integers = torch.stack(tokens).numpy() - 1
        return songs, logits


class CompiledPyTorch(PyTorch):
    """The same with LSTM cells, compiled: `torch.compile` leaves `torch.nn.LSTM` as it is."""

    _compiled = True


def can_compile() -> bool:
    """Whether there is a C++ compiler, which `torch.compile` needs."""
    return shutil.which(os.environ.get("CXX", "g++")) is not None


def _compiled(step: nn.Module) -> Any:
    """Compile a step when it is first called, for one song and for any number of them."""
    torch.compiler.reset()  # else it stops compiling after a few networks, without an error
    return torch.compile(step, dynamic=True)


def _with_8_bits(step: nn.Module) -> Any:
    with warnings.catch_warnings():  # both the function and its tensors will be removed one day
        warnings.simplefilter("ignore")
        return quantize_dynamic(step, {nn.LSTM, nn.Linear}, dtype=torch.qint8)
