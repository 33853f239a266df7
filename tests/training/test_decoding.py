"""The network that is served computes what Keras computes, and songs are what their seeds say."""

import numpy as np
import pytest
import tensorflow as tf

from music.codec import BOS, PAD
from tests.training.conftest import CODEC, TINY, scale
from training.batches import sequence
from training.decoding import MOST_STEPS, Network
from training.network import build_network
from training.products import Float32Product, Int8Product
from training.sampling import Sampling
from training.stack import Stack

V = len(CODEC.vocabulary)


@pytest.fixture(scope="module")
def model():
    model = build_network(TINY.network, V)
    random = np.random.default_rng(0)  # large enough that gates and logits leave the linear range
    model.set_weights([random.normal(0, 0.5, w.shape) for w in model.get_weights()])
    return model


@pytest.fixture(scope="module", params=[Float32Product, Int8Product])
def network(request, model):
    return Network(model, CODEC.followers(), request.param)


@pytest.fixture(scope="module")
def exact(model):
    return Stack(model, Float32Product)


def read(stack, tokens) -> list:
    """Give the logits behind every step of int32[B, T]."""

    @tf.function
    def step(token, *state):
        reader = stack.laid_out()
        after = reader.read(token, state)
        return reader.logits(after, stack.logits_bias), after

    state, logits = [tf.zeros((len(tokens), n)) for n in stack.units for _ in "hc"], []
    for token in tokens.T:
        logit, state = step(tf.constant(token), *state)
        logits.append(logit.numpy())
    return logits


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


def test_steps_compute_what_keras_computes(model, exact):
    tokens = np.array([sequence(scale("x", root).notes, CODEC)[:30] for root in (60, 67)])
    expected = model.predict_on_batch(tokens)
    for t, logits in enumerate(read(exact, tokens)):
        np.testing.assert_allclose(logits, expected[:, t], atol=1e-4)


def test_in_8_bits_the_same_is_likely(model):
    tokens = np.array([sequence(scale("x", root).notes, CODEC)[:30] for root in (60, 67)])
    expected = tf.nn.softmax(model.predict_on_batch(tokens)).numpy()
    for t, logits in enumerate(read(Stack(model, Int8Product), tokens)):
        assert np.abs(tf.nn.softmax(logits) - expected[:, t]).sum(axis=1).max() < 0.2


def test_the_plain_contract_is_kerass_softmax(model):
    tokens = np.array([sequence(scale("x", 60).notes, CODEC)[:20]])
    expected = tf.nn.softmax(model.predict_on_batch(tokens)[:, -1])
    network = Network(model, CODEC.followers(), Float32Product)
    np.testing.assert_allclose(network.probabilities(tf.constant(tokens)), expected, atol=1e-6)


def test_prefill_reads_all_but_the_last_token_of_each_row(exact, model):
    tokens = sequence(scale("x", 60).notes, CODEC)[:6]
    rows = np.array([tokens, [*tokens[:3], PAD, PAD, PAD]], np.int32)
    network = Network(model, CODEC.followers(), Float32Product)
    state, last = network.prefill(tf.constant(rows), tf.constant([6, 3]))
    assert last.numpy().tolist() == [tokens[5], tokens[2]]
    expected = [tf.zeros((1, n)) for n in exact.units for _ in "hc"]
    for token in tokens[:2]:
        expected = exact.laid_out().read(tf.constant([token]), expected)
    np.testing.assert_allclose(state[1:], tf.concat(expected, axis=1), atol=1e-6)


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


def test_songs_are_whole_notes_whatever_the_network(decode):
    tokens = decode(range(16), 100, temperature=2.0)[0].numpy()
    may_follow = CODEC.followers()
    for song in tokens:
        assert may_follow[[BOS, *song[:-1]], song].all()
        assert len(CODEC.decode(song)[0])


def test_log_probabilities_are_those_of_the_allowed_tokens(network, decode):
    tokens, _, _, log = decode([11], 12, temperature=0.7, top_k=5)
    song = np.array([[BOS, *tokens.numpy()[0]]], np.int32)
    for n in range(12):
        probability = network.probabilities(tf.constant(song[:, : n + 1])).numpy()[0]
        allowed = probability[CODEC.followers()[song[0, n]]].sum()
        expected = np.log(probability[song[0, n + 1]] / allowed)
        np.testing.assert_allclose(log.numpy()[0, n], expected, atol=1e-3)


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
