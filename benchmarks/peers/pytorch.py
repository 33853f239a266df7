"""PyTorch: its own LSTM, or its dynamic 8-bit one, or cells that it compiles."""

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


class PyTorch:
    """A step per call, in inference mode."""

    library = "PyTorch"

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
        step = Step(network, temperature, top_p, cells=False).eval()
        self._step = _with_8_bits(step) if weights == INT8 else step
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
            h = c = torch.zeros((layers, batch, units))
            token = torch.zeros((batch, fields), dtype=torch.int64)
            tokens, logits = [], []
            for numbers in torch.from_numpy(uniform):
                token, h, c, *predicted = self._step(token, numbers, h, c)
                tokens.append(token)
                logits.append(tuple(predicted))
            songs: Integers = torch.stack(tokens).numpy() - 1
        return songs, logits


def _with_8_bits(step: nn.Module) -> Any:
    with warnings.catch_warnings():  # both the function and its tensors will be removed one day
        warnings.simplefilter("ignore")
        return quantize_dynamic(step, {nn.LSTM, nn.Linear}, dtype=torch.qint8)
