"""Measures a step of ours and of each peer alternately, with the same weights."""

import math
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.models.bundle import Published, export_float32
from benchmarks.models.graph_model import GraphModel, SamplingRows
from benchmarks.models.networks import label
from benchmarks.models.song_sampling import default_sampling
from benchmarks.peers import PeerStep, PeerTime
from benchmarks.peers.agreement import check_same_network
from benchmarks.peers.onnx_runtime import OnnxRuntime
from benchmarks.peers.peer import Peer
from benchmarks.peers.pytorch import CompiledPyTorch, PyTorch, can_compile
from benchmarks.peers.weights import NetworkWeights
from benchmarks.processes.machine import cores
from benchmarks.sizes import Sizes
from benchmarks.timing import interleaved
from music.composing.continuation import EMPTY_PROMPT
from music.sampling import TEMPERATURE, TOP_P
from training.export.quantised_matmul import FLOAT32, weights_here

_OURS = "Leitmotif"
_MS = 1000


@dataclass(frozen=True)
class _Run:
    """A compared function.

    Attributes:
        side: The library, or ours.
        cores: How many cores it uses.
        sample: Samples songs.
        batches: How many batches of songs it samples at a time.
    """

    side: str
    cores: int
    sample: Callable[[], object]
    batches: int = 1


def measure_steps(
    networks: Sequence[Published], folder: Path, sizes: Sizes
) -> tuple[PeerStep, ...]:
    """Check that the peers compute every network, and measure it at every batch size.

    Float32 is compared with float32, and 8 bits with 8 bits if they are best for this machine.

    Args:
        networks: The networks, published with the best weights for this machine.
        folder: The folder for bundles with float32 weights.
        sizes: The sizes of the measurements.

    Raises:
        DifferentLogitsError: A peer computes a different network in float32.
        DifferentSongsError: A peer computes a different network in 8 bits.
    """
    steps: list[PeerStep] = []
    for published in networks:
        bundles = {weights_here(): published.folder}
        if FLOAT32 not in bundles:
            bundles[FLOAT32] = export_float32(published, folder / label(published.recipe))
        for weights, bundle in bundles.items():
            with closing(GraphModel(bundle)) as graph:
                steps += _steps(published, weights, graph, sizes)
    return tuple(steps)


def _steps(published: Published, weights: str, graph: GraphModel, sizes: Sizes) -> list[PeerStep]:
    """Measure one network with one kind of weights."""
    network = NetworkWeights.of(published.network)
    used_cores = sorted({1, cores()})
    ways: list[Callable[..., Peer]] = [OnnxRuntime, PyTorch]
    if can_compile():
        ways.append(CompiledPyTorch)
    peers: list[Peer] = [
        way(network, weights, threads, TEMPERATURE, TOP_P) for threads in used_cores for way in ways
    ]
    for peer in peers:
        check_same_network(published.network, peer)
    name, steps = label(published.recipe), []
    with ThreadPoolExecutor(cores()) as pool:
        for batch in sizes.peer_batches:
            shape = (sizes.peer_tokens, batch, len(network.embeddings))
            runs = [_ours(graph, shape, n, pool) for n in used_cores]
            runs += [_theirs(peer, shape) for peer in peers]
            progress = f"peers, {name}, {weights}, batch {batch}"
            seconds = interleaved(progress, [run.sample for run in runs], sizes.peer_rounds)
            for n in used_cores:
                ms = _fastest_ms(n, runs, seconds, sizes)
                ours_ms = ms.pop(_OURS)
                times = tuple(PeerTime(*each) for each in ms.items())
                steps.append(PeerStep(name, batch, weights, n, ours_ms, times))
    return steps


def _ours(
    graph: GraphModel, shape: tuple[int, int, int], calls: int, pool: ThreadPoolExecutor
) -> _Run:
    """Sample in one call, or in several at a time, as the model server does: each on one core."""
    steps, batch, _ = shape
    sampling = SamplingRows.of([default_sampling(seed) for seed in range(batch)])
    start = graph.prefill([EMPTY_PROMPT] * batch)

    def call(_: int = 0) -> object:
        return graph.decode(start, [0] * batch, steps, sampling)

    if calls == 1:
        return _Run(_OURS, 1, call)
    return _Run(_OURS, calls, lambda: list(pool.map(call, range(calls))), batches=calls)


def _theirs(peer: Peer, shape: tuple[int, int, int]) -> _Run:
    uniform = np.random.default_rng(0).random(shape, np.float32)
    return _Run(peer.library, peer.threads, lambda: peer.sample(uniform))


def _fastest_ms(
    used_cores: int, runs: Sequence[_Run], seconds: Sequence[float], sizes: Sizes
) -> dict[str, float]:
    """Return milliseconds per step of a batch, of the fastest run of each side."""
    fastest: dict[str, float] = {}
    for run, duration_s in zip(runs, seconds, strict=True):
        if run.cores == used_cores:
            ms = duration_s / run.batches / sizes.peer_tokens * _MS
            fastest[run.side] = min(ms, fastest.get(run.side, math.inf))
    return fastest
