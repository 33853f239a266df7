"""Checks that a peer computes our network and samples from it.

T is time, B the batch size, F the number of a token's fields, L of the values of all fields.
"""

import keras
import numpy as np

from benchmarks.checks import check_same_likelihoods, check_same_logits
from benchmarks.peers.peer import Floats, Peer
from training.export.quantised_matmul import FLOAT32
from training.network.network import field_sizes

_CHECKED = (20, 5)  # tokens and songs


def check_same_network(network: keras.Model, peer: Peer) -> None:
    """Let a peer sample songs, and compare its predictions with those of Keras on these songs.

    In float32, logits must be the same; with 8-bit weights, the probabilities of every field.

    Raises:
        DifferentLogitsError: A logit differs by more than rounding.
        DifferentSongsError: Probabilities differ by more than the rounding of weights explains.
    """
    sizes = field_sizes(network)
    uniform = np.random.default_rng(0).random((*_CHECKED, len(sizes)), np.float32)
    sampled, logits = peer.sample_with_logits(uniform)
    songs, found = np.swapaxes(sampled, 0, 1), np.swapaxes(logits, 0, 1)
    before = np.pad(songs[:, :-1] + 1, [(0, 0), (1, 0), (0, 0)])
    expected = network.predict_on_batch({"tokens": before, "following": songs + 1})
    if peer.weights == FLOAT32:
        check_same_logits(peer.name, expected, found)
        return
    bounds = np.cumsum(sizes)[:-1]
    fields = (np.split(each, bounds, axis=-1) for each in (expected, found))
    for ours, theirs in zip(*fields, strict=True):
        check_same_likelihoods(peer.name, _softmax(ours), _softmax(theirs))


def _softmax(logits: Floats) -> Floats:
    exponential = np.exp(logits - logits.max(axis=-1, keepdims=True))
    probabilities: Floats = exponential / exponential.sum(axis=-1, keepdims=True)
    return probabilities
