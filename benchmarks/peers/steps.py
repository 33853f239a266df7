"""A step of ours beside a step of each peer's, in turns, on the same weights."""

from collections.abc import Callable, Sequence

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from benchmarks.bundle import Published
from benchmarks.checks import check_same_logits
from benchmarks.drawing import draw_songs
from benchmarks.graph_model import GraphModel
from benchmarks.machine import cores
from benchmarks.networks import label
from benchmarks.peers import PeerFigures, PeerStep
from benchmarks.peers.onnx_runtime import OnnxRuntime
from benchmarks.peers.peer import Peer, draw, logits_of
from benchmarks.peers.pytorch import PyTorch
from benchmarks.peers.sampling import Sampler
from benchmarks.peers.weights import NetworkWeights
from benchmarks.sizes import Sizes
from benchmarks.timing import interleaved
from music.codec import SPECIAL_TOKENS
from music.codec.tsd import Tsd
from music.sampling import TEMPERATURE, TOP_P
from training.decoding import Network

_CHECKED = (2, 20)  # songs and tokens whose logits are compared
_MS = 1000


def measure_peers(
    networks: Sequence[Published], graphs: Sequence[GraphModel], sizes: Sizes
) -> PeerFigures:
    """Measure every network at every batch, having checked that all compute the same.

    Args:
        networks: Those to draw with.
        graphs: The same, loaded.
        sizes: How much.

    Raises:
        DifferentLogitsError: A peer computes another network.
    """
    followers = Tsd.over().followers()
    sampler = Sampler(followers, TEMPERATURE, TOP_P)
    steps: list[PeerStep] = []
    for published, graph in zip(networks, graphs, strict=True):
        weights = NetworkWeights.of(published.network)
        threads = sorted({1, cores()})
        pytorch: list[Peer] = [PyTorch(weights, n) for n in threads]
        onnx: list[Peer] = [OnnxRuntime(weights, n) for n in threads]
        _check(Network(published.network, followers), (*pytorch, *onnx), len(followers))
        for batch in sizes.peer_batches:
            peers = (*pytorch, *onnx)
            name = f"peers, {label(published.recipe)}, batch {batch}"
            runs = (_ours(graph, batch, sizes), *(_theirs(p, sampler, batch, sizes) for p in peers))
            ours_s, *theirs_s = interleaved(name, runs, sizes.rounds)
            per_step = _MS / sizes.peer_tokens
            steps.append(
                PeerStep(
                    network=label(published.recipe),
                    batch=batch,
                    leitmotif_ms_per_step=ours_s * per_step,
                    pytorch_ms_per_step=min(theirs_s[: len(pytorch)]) * per_step,
                    onnxruntime_ms_per_step=min(theirs_s[len(pytorch) :]) * per_step,
                )
            )
    return PeerFigures(tuple(steps))


def _ours(graph: GraphModel, batch: int, sizes: Sizes) -> Callable[[], object]:
    return lambda: draw_songs(graph, range(batch), sizes.peer_tokens)


def _theirs(peer: Peer, sampler: Sampler, batch: int, sizes: Sizes) -> Callable[[], object]:
    uniform = np.random.default_rng(0).random((sizes.peer_tokens, batch), np.float32)
    return lambda: draw(peer, sampler, uniform)


def _check(network: Network, peers: Sequence[Peer], vocabulary_size: int) -> None:
    random = np.random.default_rng(0)
    tokens = random.integers(len(SPECIAL_TOKENS), vocabulary_size, _CHECKED, np.int64)
    ours = _our_logits(network, tokens)
    for peer in peers:
        check_same_logits(peer.name, ours, logits_of(peer, tokens))


def _our_logits(network: Network, tokens: NDArray[np.int64]) -> NDArray[np.float32]:
    """Read int64[B, T] step by step; gives float32[B, T, V]."""
    state, logits = network.initial_state(len(tokens)), []
    for token in tokens.T:
        logit, state = network.step(tf.constant(token, tf.int32), state)
        logits.append(logit.numpy())
    return np.stack(logits, axis=1)
