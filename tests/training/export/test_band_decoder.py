"""The decoder of bands computes the same as Keras, and keeps to the line-up."""

from dataclasses import replace

import numpy as np
import pytest
import tensorflow as tf

from music.codec import BOS
from music.composing.model import NO_STOP
from music.players.roles import DRUMS, ROLES
from tests.training.conftest import TINY
from tests.training.export.models import random_model
from tests.training.memory.band_music import BASS, CODEC, FLUTE, STRINGS, random_band
from tests.training.memory.music import as_served
from training.export.decoder import Network
from training.export.decoder_cells import probable_values
from training.export.quantised_matmul import Float32Product, Int8Product
from training.export.sampling import Sampling
from training.fitting.encoded import EncodedPiece, window
from training.memory.context import context

SIZES = CODEC.field_sizes
ROLE = 1
ROUNDED = 1e-3  # as in the tests of other decoders
STEPS = 40


@pytest.fixture(scope="module")
def model():
    return random_model(replace(TINY.network, dense_units=()), SIZES)


@pytest.fixture(scope="module")
def network(model):
    return Network(model, Float32Product, CODEC.advance_ticks)


def line_up(*roles):
    return np.isin(np.arange(ROLES), roles).astype(np.int32)


def begun(network, tokens, players):
    """Read a song's tokens; gives its state and its last token."""
    lengths = tf.constant([len(tokens)])
    start = tf.constant([tokens], tf.int32), lengths, tf.constant([48]), tf.constant([0])
    return network.prefill(*start, tf.constant([players]))


def decoded(network, state, token, position, steps, seed=7):
    sampling = Sampling(tf.constant([1.0]), tf.constant([0]), tf.constant([0.95]))
    bounds = tf.constant([steps]), tf.constant([0]), tf.constant([NO_STOP])
    seeds = tf.constant([[seed, 0]])
    return network.decode(token, state, tf.constant([position]), *bounds, sampling, seeds)


def test_a_band_is_as_likely_as_keras_says(model, network):
    fields = random_band(3, 60)
    onsets = np.cumsum(CODEC.shift_ticks[fields[:, 0]])
    places = (onsets - onsets[0]) % 48
    known = context(fields, places, np.full(len(fields), 48), CODEC)
    piece = EncodedPiece(fields, known, CODEC.pitch_field, has_roles=True)
    cut = window(piece, range(len(fields)), len(fields))
    inputs = as_served({name: values[None] for name, values in cut.inputs.items()})
    parts = np.split(model.predict_on_batch(inputs), np.cumsum(SIZES), axis=-1)
    expected = sum(
        tf.gather(tf.nn.log_softmax(part[0]), fields[:, f], axis=1, batch_dims=1)
        for f, part in enumerate(parts[: len(SIZES)])
    )
    tokens = [BOS, *CODEC.merge_fields(fields).tolist()]
    players = tf.constant([known.line_up.astype(np.int32)])
    nats = network.nats(tf.constant([tokens]), tf.constant([48]), tf.constant([0]), players)
    np.testing.assert_allclose(-nats[0], expected, atol=20 * ROUNDED)


@pytest.mark.parametrize("product", [Float32Product, Int8Product])
def test_chunks_do_not_change_a_band(model, product):
    network = Network(model, product, CODEC.advance_ticks)
    start = CODEC.merge_fields(random_band(4, 30)).tolist()
    players = line_up(BASS, STRINGS, FLUTE, DRUMS)
    state, token = begun(network, start, players)
    whole = decoded(network, state, token, 0, STEPS).tokens.numpy()[0].tolist()
    parts: list[int] = []
    for steps in (7, 1, 20, 12):
        drawn = decoded(network, state, token, len(parts), steps)
        state, token = drawn.state, drawn.token
        parts += drawn.tokens.numpy()[0].tolist()
    assert parts == whole


def test_only_the_line_up_plays_and_roles_rise_within_an_onset(network):
    players = (BASS, DRUMS)
    state, token = begun(network, [BOS], line_up(*players))
    drawn = decoded(network, state, token, 0, 200).tokens.numpy()[0]
    fields = CODEC.split_fields(drawn)
    assert set(fields[:, ROLE].tolist()) == set(players)
    together = fields[1:, 0] == 0
    assert together.any()
    lower = fields[:-1, ROLE] * 128 + fields[:-1, 2]
    higher = fields[1:, ROLE] * 128 + fields[1:, 2]
    is_top = fields[:-1, 2] == len(CODEC.pitch) - 1  # only the highest key may follow itself
    assert (higher > lower)[together & ~is_top].all()


def test_a_band_is_read_as_it_was_decoded(network):
    state, token = begun(network, [BOS], line_up(BASS, STRINGS, DRUMS))
    drawn = decoded(network, state, token, 0, STEPS)
    again = network.read(token, state, drawn.tokens, tf.constant([STEPS]))
    np.testing.assert_array_equal(again.state, drawn.state)
    np.testing.assert_allclose(again.log_probability, drawn.log_probability, atol=20 * ROUNDED)


def test_probabilities_leave_out_the_fields_that_would_be_too_many(network):
    start = tf.constant([[BOS]]), tf.constant([1]), tf.constant([48]), tf.constant([0])
    likely = network.probabilities(*start, tf.constant([line_up(BASS, DRUMS)])).numpy()
    assert likely.shape[1] == 2 + np.prod(SIZES[:3]) == 2 + probable_values(SIZES)
    np.testing.assert_allclose(likely.sum(), 1, atol=1e-3)
