"""Measures a step of ours and of each peer alternately, with the same weights."""

from collections.abc import Callable, Sequence
from pathlib import Path

import keras
import numpy as np

from benchmarks.checks import check_same_logits
from benchmarks.models.bundle import Published, export_float32
from benchmarks.models.graph_model import GraphModel
from benchmarks.models.networks import label
from benchmarks.models.song_sampling import sample_songs
from benchmarks.peers import PeerFigures, PeerStep
from benchmarks.peers.onnx_runtime import OnnxRuntime
from benchmarks.peers.peer import Peer, logits_of, sample
from benchmarks.peers.pytorch import PyTorch
from benchmarks.peers.sampling import Fields, Sampler
from benchmarks.peers.weights import NetworkWeights
from benchmarks.processes.machine import cores
from benchmarks.sizes import Sizes
from benchmarks.timing import interleaved
from music.sampling import TEMPERATURE, TOP_P
from training.network.network import field_sizes

_CHECKED = (2, 20)  # songs and tokens whose logits are compared
_MS = 1000


def measure_peers(
    networks: Sequence[Published], graphs: Sequence[GraphModel], folder: Path, sizes: Sizes
) -> PeerFigures:
    """Check that the peers compute every network, and measure it at every batch size.

    Args:
        networks: The networks.
        graphs: The same networks, loaded, with the best weights for this machine.
        folder: The folder for bundles with the peers' float32 weights.
        sizes: The sizes of the measurements.

    Raises:
        DifferentLogitsError: A peer computes a different network.
    """
    steps: list[PeerStep] = []
    for published, graph in zip(networks, graphs, strict=True):
        weights = NetworkWeights.of(published.network)
        threads = sorted({1, cores()})
        pytorch: list[Peer] = [PyTorch(weights, n) for n in threads]
        onnx: list[Peer] = [OnnxRuntime(weights, n) for n in threads]
        fields = Fields(weights)
        _check(published.network, (*pytorch, *onnx), fields)
        sampler = Sampler(fields, TEMPERATURE, TOP_P)
        float32_graph = GraphModel(export_float32(published, folder / label(published.recipe)))
        for batch in sizes.peer_batches:
            name = f"peers, {label(published.recipe)}, batch {batch}"
            ours = (_ours(each, batch, sizes) for each in (graph, float32_graph))
            theirs = (
                _theirs(peer, sampler, (batch, len(weights.embeddings)), sizes)
                for peer in (*pytorch, *onnx)
            )
            ours_s, float32_s, *theirs_s = interleaved(name, (*ours, *theirs), sizes.rounds)
            per_step = _MS / sizes.peer_tokens
            steps.append(
                PeerStep(
                    network=label(published.recipe),
                    batch=batch,
                    leitmotif_ms_per_step=ours_s * per_step,
                    leitmotif_float32_ms_per_step=float32_s * per_step,
                    pytorch_ms_per_step=min(theirs_s[: len(pytorch)]) * per_step,
                    onnxruntime_ms_per_step=min(theirs_s[len(pytorch) :]) * per_step,
                )
            )
        float32_graph.close()
    return PeerFigures(tuple(steps))


def _ours(graph: GraphModel, batch: int, sizes: Sizes) -> Callable[[], object]:
    return lambda: sample_songs(graph, range(batch), sizes.peer_tokens)


def _theirs(
    peer: Peer, sampler: Sampler, shape: tuple[int, int], sizes: Sizes
) -> Callable[[], object]:
    """Return a function that samples a batch of songs."""
    uniform = np.random.default_rng(0).random((sizes.peer_tokens, *shape), np.float32)
    return lambda: sample(peer, sampler, uniform)


def _check(network: keras.Model, peers: Sequence[Peer], fields: Fields) -> None:
    sizes = field_sizes(network)
    songs = np.random.default_rng(0).integers(0, sizes, (*_CHECKED, len(sizes)), np.int64)
    before = np.pad(songs[:, :-1] + 1, [(0, 0), (1, 0), (0, 0)])
    ours = network.predict_on_batch({"tokens": before, "following": songs + 1})
    for peer in peers:
        check_same_logits(peer.name, ours, logits_of(peer, fields, songs))
