"""The peers compute our network, if they are installed."""

import numpy as np
import pytest

from benchmarks.peers.agreement import check_same_network
from benchmarks.peers.weights import NetworkWeights
from training.export.quantised_matmul import FLOAT32
from training.network.network import build_network, field_sizes
from training.recipe import NetworkRecipe

# PyTorch's compiler looks for a GPU.
pytestmark = pytest.mark.filterwarnings("ignore:CUDA initialization")

SETTINGS = (0.9, 0.9)  # temperature and top-p


@pytest.fixture(scope="module", params=[((), (5, 9, 7)), ((10,), (12,))], ids=["notes", "events"])
def network(request):
    dense_units, sizes = request.param
    model = build_network(NetworkRecipe(8, (16, 16), dense_units, 0.1, memory=False), sizes)
    random = np.random.default_rng(0)  # large enough that gates and logits leave the linear range
    model.set_weights([random.normal(0, 0.5, w.shape) for w in model.get_weights()])
    return model


@pytest.fixture
def peer(library, network, peer_weights):
    return library(NetworkWeights.of(network), peer_weights, 1, *SETTINGS)


def test_it_predicts_what_keras_predicts(peer, network):
    check_same_network(network, peer)


def test_8_bits_are_not_the_float32_weights(library, network):
    uniform = np.random.default_rng(1).random((3, 2, len(field_sizes(network))), np.float32)
    weights = NetworkWeights.of(network)
    by_float32, by_8_bits = (
        library(weights, kind, 1, *SETTINGS).sample_with_logits(uniform)[1]
        for kind in ("float32", "int8")
    )
    assert 1e-4 < np.abs(by_8_bits[0] - by_float32[0]).max() < 0.5


def test_it_samples_values_of_every_field(peer, network):
    sizes = field_sizes(network)
    uniform = np.random.default_rng(2).random((30, 4, len(sizes)), np.float32)
    songs = peer.sample(uniform)
    assert songs.shape == (30, 4, len(sizes))
    assert (songs >= 0).all()
    assert (songs < sizes).all()
    assert len({song.tobytes() for song in np.moveaxis(songs, 1, 0)}) == 4


def test_it_leaves_the_threads_floating_point_as_it_is(peer, network):
    peer.sample(np.zeros((1, 1, len(field_sizes(network))), np.float32))
    smallest_normal = np.finfo(np.float32).tiny
    assert np.float32(smallest_normal) / np.float32(2) > 0  # not flushed to zero


def test_the_songs_that_are_checked_are_those_that_are_measured(peer, network):
    uniform = np.random.default_rng(3).random((9, 4, len(field_sizes(network))), np.float32)
    songs, _ = peer.sample_with_logits(uniform)
    assert np.array_equal(songs, peer.sample(uniform))


def test_threads_change_no_song(library, network):
    uniform = np.random.default_rng(4).random((9, 2, len(field_sizes(network))), np.float32)
    weights = NetworkWeights.of(network)
    one, two = (library(weights, FLOAT32, n, *SETTINGS).sample(uniform) for n in (1, 2))
    assert np.array_equal(one, two)


@pytest.mark.slow
@pytest.mark.parametrize("network", [((), (5, 9, 7))], indirect=True, ids=["notes"])
def test_compiled_it_predicts_what_keras_predicts_for_any_number_of_songs(
    compiled_library, network, peer_weights
):
    peer = compiled_library(NetworkWeights.of(network), peer_weights, 1, *SETTINGS)
    check_same_network(network, peer)
    uniform = np.random.default_rng(5).random((9, 8, 3), np.float32)
    together = peer.sample(uniform)
    alone = np.concatenate([peer.sample(uniform[:, n : n + 1]) for n in range(2)], axis=1)
    if peer_weights == FLOAT32:  # with 8 bits, all songs of a batch share the scale of their inputs
        assert np.array_equal(together[:, :2], alone)
