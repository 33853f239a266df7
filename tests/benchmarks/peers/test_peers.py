"""The peers compute our network; where they are installed."""

import numpy as np
import pytest

from benchmarks.checks import check_same_logits
from benchmarks.peers.peer import draw, logits_of
from benchmarks.peers.sampling import Sampler
from benchmarks.peers.weights import NetworkWeights
from music.codec.tsd import Tsd
from training.network import build_network
from training.recipe import NetworkRecipe

V = len(Tsd.over().vocabulary)


@pytest.fixture(scope="module", params=[(), (10,)], ids=["plain", "dense"])
def network(request):
    model = build_network(NetworkRecipe(8, (16, 16), request.param, 0.1), V)
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


@pytest.fixture(params=[pytorch, onnx_runtime])
def peer(request, network):
    return request.param(NetworkWeights.of(network))


def test_its_logits_are_kerass(peer, network):
    tokens = np.random.default_rng(1).integers(3, V, (3, 20))
    expected = network.predict_on_batch(tokens)
    check_same_logits(peer.name, expected, logits_of(peer, tokens))


def test_it_draws_what_the_grammar_allows(peer):
    followers = Tsd.over().followers()
    uniform = np.random.default_rng(2).random((30, 4), np.float32)
    songs = draw(peer, Sampler(followers, 0.9, 0.9), uniform)
    assert songs.shape == (30, 4)
    assert followers[songs[:-1], songs[1:]].all()
    assert len({tuple(song) for song in songs.T}) == 4
