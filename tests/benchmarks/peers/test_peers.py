"""The peers compute our network, if they are installed."""

import numpy as np
import pytest

from benchmarks.checks import check_same_logits
from benchmarks.peers.peer import logits_of, sample
from benchmarks.peers.sampling import Fields, Sampler
from benchmarks.peers.weights import NetworkWeights
from training.network.network import build_network, field_sizes
from training.recipe import NetworkRecipe


@pytest.fixture(scope="module", params=[((), (5, 9, 7)), ((10,), (12,))], ids=["notes", "events"])
def network(request):
    dense_units, sizes = request.param
    model = build_network(NetworkRecipe(8, (16, 16), dense_units, 0.1, memory=False), sizes)
    random = np.random.default_rng(0)  # large enough that gates and logits leave the linear range
    model.set_weights([random.normal(0, 0.5, w.shape) for w in model.get_weights()])
    return model


def pytorch(weights):
    pytest.importorskip("torch")
    from benchmarks.peers.pytorch import PyTorch  # noqa: PLC0415

    return PyTorch(weights, 1)


def onnx_runtime(weights):
    pytest.importorskip("onnx")
    pytest.importorskip("onnxruntime")
    from benchmarks.peers.onnx_runtime import OnnxRuntime  # noqa: PLC0415

    return OnnxRuntime(weights, 1)


@pytest.fixture
def weights(network):
    return NetworkWeights.of(network)


@pytest.fixture(params=[pytorch, onnx_runtime])
def peer(request, weights):
    return request.param(weights)


def test_its_logits_are_kerass(peer, network, weights):
    sizes = field_sizes(network)
    songs = np.random.default_rng(1).integers(0, sizes, (3, 20, len(sizes)), np.int64)
    before = np.pad(songs[:, :-1] + 1, [(0, 0), (1, 0), (0, 0)])
    expected = network.predict_on_batch({"tokens": before, "following": songs + 1})
    check_same_logits(peer.name, expected, logits_of(peer, Fields(weights), songs))


def test_it_draws_values_of_every_field(peer, network, weights):
    sizes = field_sizes(network)
    uniform = np.random.default_rng(2).random((30, 4, len(sizes)), np.float32)
    songs = sample(peer, Sampler(Fields(weights), 0.9, 0.9), uniform)
    assert songs.shape == (30, 4, len(sizes))
    assert (songs >= 0).all()
    assert (songs < sizes).all()
    assert len({song.tobytes() for song in np.moveaxis(songs, 1, 0)}) == 4
