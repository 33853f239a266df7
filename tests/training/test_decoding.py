"""The network that is served computes what Keras computes, and songs are what their seeds say."""

import numpy as np
import pytest
import tensorflow as tf

from music.codec import BOS, FIRST, PAD
from tests.training.conftest import CODEC, TINY
from training.decoding import MOST_STEPS, Network
from training.network import build_network, field_sizes
from training.products import Float32Product, Int8Product
from training.sampling import Sampling


@pytest.fixture(scope="module", params=[CODEC.field_sizes, (11,)], ids=["notes", "one field"])
def model(request):
    model = build_network(TINY.network, request.param)
    random = np.random.default_rng(0)  # large enough that gates and logits leave the linear range
    model.set_weights([random.normal(0, 0.5, w.shape) for w in model.get_weights()])
    return model


@pytest.fixture(scope="module", params=[Float32Product, Int8Product])
def network(request, model):
    return Network(model, request.param)


@pytest.fixture(scope="module")
def exact(model):
    return Network(model, Float32Product)


@pytest.fixture
def windows(exact):
    """Some tokens, int32[2, 30], with BOS first, as everything that is read."""
    random = np.random.default_rng(1)
    tokens = random.integers(FIRST, exact.vocabulary_size, (2, 30), np.int32)
    tokens[:, 0] = BOS
    return tokens


def parted(model, tokens) -> np.ndarray:
    """Write tokens int32[B, T] as Keras's network reads them, int32[B, T, F]."""
    sizes = field_sizes(model)
    digits = np.stack(np.unravel_index(np.maximum(tokens - FIRST, 0), sizes), axis=-1)
    return np.where(tokens[..., None] >= FIRST, digits + 1, 0).astype(np.int32)


def probabilities(network, tokens) -> np.ndarray:
    """Give float32[B, V] behind all of int32[B, T]."""
    lengths = np.full(len(tokens), tokens.shape[1], np.int32)
    return network.probabilities(tf.constant(tokens), tf.constant(lengths)).numpy()


def keras_log_probability(model, tokens) -> np.ndarray:
    """Say how likely each token of int32[B, T + 1] is behind those before it: float[B, T]."""
    fields = parted(model, tokens)
    logits = model.predict_on_batch([fields[:, :-1], fields[:, 1:]])
    parts = np.split(logits, np.cumsum(field_sizes(model))[:-1], axis=-1)
    return sum(
        np.take_along_axis(tf.nn.log_softmax(part).numpy(), fields[:, 1:, f : f + 1] - 1, axis=2)
        for f, part in enumerate(parts)
    )[..., 0]


@pytest.fixture(scope="module")
def decode(network):
    @tf.function(reduce_retracing=True)
    def run(token, state, position, steps, sampling, seed):
        drawn = network.decode(token, state, position, steps, Sampling(*sampling), seed)
        return drawn.tokens, drawn.state, drawn.token, drawn.log_probability

    def call(seeds, steps, *, start=None, position=0, temperature=1.0, top_k=0, top_p=1.0):
        n = len(seeds)
        token, state = start or (tf.fill([n], BOS), network.initial_state(n))
        sampling = (tf.fill([n], temperature), tf.fill([n], top_k), tf.fill([n], top_p))
        seed = tf.constant([[s, 0] for s in seeds])
        steps = tf.constant(np.broadcast_to(steps, n).astype(np.int32))
        return run(token, state, tf.fill([n], position), steps, sampling, seed)

    return call


def test_steps_compute_what_keras_computes(model, exact, windows):
    expected = keras_log_probability(model, windows)
    for t in (1, 2, 29):
        likely = probabilities(exact, windows[:, :t])
        found = np.log(likely[[0, 1], windows[:, t]])
        np.testing.assert_allclose(found, expected[:, t - 1], atol=1e-4)


def test_in_8_bits_the_same_is_likely(model, exact, windows):
    rounded = Network(model, Int8Product)
    for t in (1, 2, 29):
        expected, found = (probabilities(net, windows[:, :t]) for net in (exact, rounded))
        assert np.abs(found - expected).sum(axis=1).max() < 0.25


def test_the_plain_contract_is_a_distribution_over_all_that_is_music(exact, windows):
    likely = probabilities(exact, windows)
    assert likely.shape == (2, exact.vocabulary_size)
    np.testing.assert_allclose(likely.sum(axis=1), 1, atol=1e-5)
    assert not likely[:, [PAD, BOS]].any()


def test_prefill_reads_all_but_the_last_token_of_each_row(exact, windows):
    tokens = windows[0, :6].tolist()
    rows = np.array([tokens, [*tokens[:3], PAD, PAD, PAD]], np.int32)
    state, last = exact.prefill(tf.constant(rows), tf.constant([6, 3]))
    assert last.numpy().tolist() == [tokens[5], tokens[2]]
    for row, length in enumerate((6, 3)):
        alone, _ = exact.prefill(tf.constant(rows[row : row + 1, :length]), tf.constant([length]))
        np.testing.assert_allclose(state[row : row + 1], alone, atol=1e-6)
    assert np.abs(state[0] - state[1]).max() > 1e-3


@pytest.mark.parametrize("length", [0, -3])
def test_prefill_of_nothing_begins_a_song(network, length):
    state, last = network.prefill(tf.constant([[5, 6]]), tf.constant([length]))
    assert last.numpy().tolist() == [BOS]
    assert not state.numpy().any()


@pytest.mark.parametrize("chunk", [1, 7, 32])
def test_the_chunk_size_does_not_change_a_song(decode, chunk):
    whole, _, _, logs = decode([5], 64, top_p=0.9)
    start, parts, log_parts = None, [], []
    for position in range(0, 64, chunk):
        steps = min(chunk, 64 - position)
        tokens, state, token, log = decode([5], steps, start=start, position=position, top_p=0.9)
        start = (token, state)
        parts.append(tokens.numpy())
        log_parts.append(log.numpy())
    assert np.array_equal(np.concatenate(parts, axis=1), whole)
    np.testing.assert_allclose(np.concatenate(log_parts, axis=1), logs, atol=1e-5)


def test_the_batch_does_not_change_a_song(decode):
    together = decode(range(8), 64)[0].numpy()
    alone = [decode([seed], 64)[0].numpy()[0] for seed in range(8)]
    assert np.array_equal(together, alone)
    assert len({tuple(song) for song in alone}) == 8


def test_a_row_whose_steps_are_done_rests_while_the_others_go_on(decode):
    tokens, state, token, log = decode([1, 2, 3], [4, 0, 9])
    alone_tokens, alone_state, alone_token, _ = decode([1], 4)
    assert tokens.shape == (3, 9)
    assert tokens.numpy()[0, 4:].tolist() == [PAD] * 5
    assert np.array_equal(tokens[0, :4], alone_tokens[0])
    np.testing.assert_allclose(state[0], alone_state[0], atol=1e-6)
    assert token.numpy()[0] == alone_token.numpy()[0]
    assert token.numpy()[1] == BOS
    assert not state.numpy()[1].any()
    assert not log.numpy()[1].any()


def test_a_call_is_bounded_whatever_is_asked(decode):
    assert decode([1], 10**9)[0].shape == (1, MOST_STEPS)
    assert decode([1], -5)[0].shape == (1, 0)


def test_special_tokens_are_never_drawn(network, decode):
    tokens = decode(range(16), 100, temperature=2.0)[0].numpy()
    assert tokens.min() >= FIRST
    assert tokens.max() < network.vocabulary_size


def test_log_probabilities_are_those_before_temperature_and_filters(network, decode):
    tokens, _, _, log = decode([11], 12, temperature=0.7, top_k=5)
    song = np.array([[BOS, *tokens.numpy()[0]]], np.int32)
    for n in range(12):
        likely = probabilities(network, song[:, : n + 1])[0]
        np.testing.assert_allclose(log.numpy()[0, n], np.log(likely[song[0, n + 1]]), atol=1e-3)


def test_drawn_songs_are_as_likely_as_keras_says(model, exact):
    start, last = exact.prefill(tf.constant([[BOS]]), tf.constant([1]))
    sampling = Sampling(tf.ones(1), tf.zeros(1, tf.int32), tf.ones(1))
    drawn = exact.decode(
        last, start, tf.constant([0]), tf.constant([20]), sampling, tf.constant([[5, 0]])
    )
    song = np.array([[BOS, *drawn.tokens.numpy()[0]]], np.int32)
    expected = keras_log_probability(model, song)
    np.testing.assert_allclose(drawn.log_probability, expected, atol=1e-4)


@pytest.mark.parametrize("steps", [[3, 3], [8, 8], [9, 6], [4, 1], [11, 4]])
def test_a_turn_of_several_tokens_draws_what_single_ones_would(decode, steps):
    songs = decode([3, 4], steps, top_p=0.9)[0].numpy()
    alone = [decode([seed], 1, top_p=0.9) for seed in (3, 4)]
    for row, (first, n) in enumerate(zip(alone, steps, strict=True)):
        tokens, (_, state, token, _) = [int(first[0][0, 0])], first
        for position in range(1, n):
            drawn, state, token, _ = decode(
                [3 + row], 1, start=(token, state), position=position, top_p=0.9
            )
            tokens.append(int(drawn[0, 0]))
        assert songs[row, :n].tolist() == tokens
