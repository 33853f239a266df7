"""Measures how fast we learn, and PyTorch the same network from the same batch."""

import keras

from benchmarks.checks import check_same_logits
from benchmarks.models.bundle import without_memory
from benchmarks.models.networks import products_per_target
from benchmarks.peers import PeerLearning
from benchmarks.peers.pytorch_learning import PyTorchLearning
from benchmarks.peers.weights import NetworkWeights
from benchmarks.processes.machine import cores
from benchmarks.scales import scale
from benchmarks.sizes import Sizes
from benchmarks.timing import interleaved
from music.codec import learn_codec
from training.fitting.batches import Batch, Epochs
from training.fitting.encoded import encode
from training.fitting.evaluation import targets_in
from training.fitting.fit import start_network
from training.network.network import field_sizes
from training.recipe import Recipe

_ROOT = 60  # the lowest note of the learned scale
_BACKWARD = 2  # the gradients of the inputs and of the weights cost a product each
_OPERATIONS = 2  # of a product: a multiplication and an addition


def measure_learning(matmul_gflops: float, sizes: Sizes) -> tuple[PeerLearning, ...]:
    """Learn one batch of a scale again and again, alternately, on all cores.

    Args:
        matmul_gflops: The speed of this machine's best matrix product.
        sizes: The sizes of the measurements.

    Raises:
        DifferentLogitsError: PyTorch computes a different network.
    """
    return tuple(
        _learning(name, recipe, matmul_gflops, sizes) for name, recipe in sizes.peer_recipes.items()
    )


def _learning(name: str, recipe: Recipe, matmul_gflops: float, sizes: Sizes) -> PeerLearning:
    plain = without_memory(recipe)
    with_memory, batch_with_memory = _started(recipe)
    network, batch = _started(plain)
    peer = PyTorchLearning(NetworkWeights.of(network), plain, cores())
    is_target = batch.following[..., 0] > 0  # elsewhere, PyTorch has no row for "none"
    ours, theirs = network.predict_on_batch(batch.inputs), peer.logits(batch)
    check_same_logits("PyTorch", ours[is_target], theirs[is_target])
    runs = (
        lambda: with_memory.train_on_batch(batch_with_memory.inputs, batch_with_memory.targets),
        lambda: network.train_on_batch(batch.inputs, batch.targets),
        lambda: peer.learn(batch),
    )
    with_memory_s, ours_s, theirs_s = interleaved(
        f"learning, recipe {name}", runs, sizes.peer_learning_rounds
    )
    targets = targets_in([batch])
    products = products_per_target(plain.network, field_sizes(network))
    gflop = _OPERATIONS * (1 + _BACKWARD) * products * batch.ending.size / 1e9
    return PeerLearning(
        recipe=name,
        leitmotif_with_memory_targets_per_second=targets / with_memory_s,
        leitmotif_targets_per_second=targets / ours_s,
        leitmotif_share_of_matmul=gflop / ours_s / matmul_gflops,
        pytorch_targets_per_second=targets / theirs_s,
        pytorch_share_of_matmul=gflop / theirs_s / matmul_gflops,
    )


def _started(recipe: Recipe) -> tuple[keras.Model, Batch]:
    """Return a network before its first update, and the first batch of its first epoch."""
    # As long as all windows of a batch: chorales would leave half of it empty.
    piece = scale(_ROOT, recipe.fitting.batch_windows * recipe.fitting.window_tokens)
    codec = learn_codec(recipe.codec, [piece.notes])
    epochs = Epochs([encode(piece, codec, memory=recipe.network.memory)], recipe.fitting)
    return start_network(recipe, codec, epochs), next(epochs.batches(0))
