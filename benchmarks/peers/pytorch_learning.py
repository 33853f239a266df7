"""The network as PyTorch learns it, with `torch.nn.LSTM`.

B is the batch size, T time, F the number of a token's fields, L of the values of all fields. Tokens
are those of `training.fitting.batches`.
"""

from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from benchmarks.peers.peer import Floats
from benchmarks.peers.pytorch_step import linear, lstm
from benchmarks.peers.weights import NetworkWeights, first_rows
from training.fitting.batches import Batch
from training.recipe import Recipe

_NO_TARGET = -1
_WEIGHT_DECAY = 0.1  # as in `training.network.optimizer`


class PyTorchLearning:
    """A training of the network without memory, with the recipe's batches, dropout and Muon."""

    def __init__(self, network: NetworkWeights, recipe: Recipe, threads: int) -> None:
        """Copy the weights.

        Args:
            network: The first weights.
            recipe: Whose optimizer is Muon.
            threads: The threads of PyTorch, set at the beginning of each step.
        """
        self._threads = threads
        self._network = _Learned(network, recipe.network.dropout)
        self._clip_norm = recipe.fitting.clip_norm
        rate, all_weights = recipe.fitting.learning_rate, list(self._network.parameters())
        by_muon = self._network.hidden_matrices()
        chosen = {id(weights) for weights in by_muon}
        by_adam = [weights for weights in all_weights if id(weights) not in chosen]
        self._optimizers = [
            torch.optim.Muon(by_muon, lr=rate, weight_decay=_WEIGHT_DECAY),
            torch.optim.Adam(by_adam, lr=rate),
        ]

    def logits(self, batch: Batch) -> Floats:
        """Return the logits float32[B, T, L] of a batch, without dropout."""
        self._network.eval()
        with torch.inference_mode():
            logits: Floats = self._network(*_tensors(batch)).numpy()
        return logits

    def learn(self, batch: Batch) -> float:
        """Update the weights once; returns the loss before, in nats per token."""
        torch.set_num_threads(self._threads)
        self._network.train()
        loss = self._network.loss(*_tensors(batch))
        for optimizer in self._optimizers:
            optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(self._network.parameters(), self._clip_norm)
        for optimizer in self._optimizers:
            optimizer.step()
        return float(loss.detach())


class _Learned(nn.Module):  # type: ignore[misc]  # torch may not be installed
    """Embeddings, LSTM layers, and the logits of each field given the fields before it."""

    def __init__(self, network: NetworkWeights, dropout: float) -> None:
        super().__init__()
        self._widths, self._sizes = network.top_widths, network.field_sizes
        self._embedding = nn.Parameter(torch.tensor(np.concatenate(network.embeddings)))
        self.register_buffer("_first_rows", torch.tensor(first_rows(network)))
        self._dropout = nn.Dropout(dropout)
        self._lstm = lstm(network, dropout=dropout, batch_first=True)
        self._dense = nn.ModuleList([linear(layer) for layer in network.dense])
        self._top = linear(network.top)
        self._given = nn.ModuleList(
            [
                nn.ParameterList([nn.Parameter(torch.tensor(table)) for table in field.given])
                for field in network.fields
            ]
        )
        self._logits = nn.ModuleList([linear(field.logits) for field in network.fields])

    def hidden_matrices(self) -> list[Any]:
        """Return the weights that Muon updates: the matrices of LSTM layers and of the top."""
        return [*(w for w in self._lstm.parameters() if w.ndim > 1), self._top.weight]

    def forward(self, tokens: Any, following: Any) -> Any:
        """Return float32[B, T, L] from int64[B, T, F] and int64[B, T, F], which may be 0."""
        x = functional.embedding(tokens + self._first_rows, self._embedding).sum(dim=2)
        x, _ = self._lstm(self._dropout(x))
        for dense in self._dense:
            x = torch.relu(dense(self._dropout(x)))
        values = (following - 1).clamp(min=0)
        logits = []
        for f, part in enumerate(self._top(self._dropout(x)).split(self._widths, dim=2)):
            below = part
            if f:
                for g, table in enumerate(self._given[f - 1]):
                    below = below + functional.embedding(values[..., g], table)
                below = self._logits[f - 1](self._dropout(torch.tanh(below)))
            logits.append(below)
        return torch.cat(logits, dim=2)

    def loss(self, tokens: Any, following: Any) -> Any:
        """Return the mean over all tokens of the sum of their fields' cross-entropies, in nats."""
        parts = self(tokens, following).split(self._sizes, dim=2)
        return sum(
            functional.cross_entropy(
                part.flatten(0, 1), following[..., f].flatten() - 1, ignore_index=_NO_TARGET
            )
            for f, part in enumerate(parts)
        )


def _tensors(batch: Batch) -> tuple[Any, Any]:
    tokens, following = (batch.inputs[name].astype(np.int64) for name in ("tokens", "following"))
    return torch.from_numpy(tokens), torch.from_numpy(following)
