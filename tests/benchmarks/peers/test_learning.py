"""PyTorch learns the network that we learn, if it is installed."""

from dataclasses import replace

import numpy as np
import pytest

from benchmarks.peers.weights import NetworkWeights
from benchmarks.sizes import TINY
from training.fitting.batches import Batch
from training.network.loss import FieldsLoss
from training.network.network import build_network
from training.recipe import DEFAULT

# PyTorch looks for a GPU before its first backward pass.
pytestmark = pytest.mark.filterwarnings("ignore:CUDA initialization")

SIZES = (5, 9, 7)
RECIPE = TINY.peer_recipes[DEFAULT]
PLAIN = replace(RECIPE, network=replace(RECIPE.network, memory=False, dropout=0.0))


@pytest.fixture
def batch():
    """Two sequences of 12 tokens, of which the second ends after 7."""
    random = np.random.default_rng(0)
    following = random.integers(1, np.array(SIZES) + 1, (2, 12, 3)).astype(np.int32)
    following[1, 7:] = 0
    tokens = np.pad(following[:, :-1], [(0, 0), (1, 0), (0, 0)])
    ending = np.zeros((2, 12), np.int32)
    return Batch({"tokens": tokens, "following": following}, ending)


@pytest.fixture
def network():
    model = build_network(PLAIN.network, SIZES)
    random = np.random.default_rng(1)
    model.set_weights([random.normal(0, 0.5, w.shape) for w in model.get_weights()])
    return model


@pytest.fixture
def peer(network):
    pytest.importorskip("torch", reason="PyTorch is not installed (make bench PEERS=1)")
    from benchmarks.peers.pytorch_learning import PyTorchLearning  # noqa: PLC0415

    return PyTorchLearning(NetworkWeights.of(network), PLAIN, 1)


def test_it_computes_our_logits_where_there_is_a_target(peer, network, batch):
    is_target = batch.following[..., 0] > 0
    ours = network.predict_on_batch(batch.inputs)
    np.testing.assert_allclose(peer.logits(batch)[is_target], ours[is_target], atol=1e-4)


def test_it_computes_our_loss_and_learns(peer, network, batch):
    ours = float(FieldsLoss(SIZES)(batch.targets, network.predict_on_batch(batch.inputs)))
    losses = [peer.learn(batch) for _ in range(20)]
    assert losses[0] == pytest.approx(ours, abs=1e-4)
    assert losses[-1] < losses[0]


@pytest.mark.slow
def test_it_is_measured_beside_ours():
    pytest.importorskip("torch", reason="PyTorch is not installed (make bench PEERS=1)")
    from benchmarks.peers.learning import measure_learning  # noqa: PLC0415

    (learning,) = measure_learning(100.0, TINY)
    assert learning.recipe == DEFAULT
    assert learning.leitmotif_with_memory_targets_per_second > 0
    # The same products in the same time would be the same share.
    ours = learning.leitmotif_share_of_matmul / learning.leitmotif_targets_per_second
    theirs = learning.pytorch_share_of_matmul / learning.pytorch_targets_per_second
    assert ours == pytest.approx(theirs)
