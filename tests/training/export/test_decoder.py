"""The served network computes the same as Keras, and songs follow from their seeds."""

from dataclasses import replace

import numpy as np
import pytest
import tensorflow as tf

from music.codec import BOS, FIRST, PAD
from music.composing.model import NO_STOP
from tests.training.conftest import CODEC, TINY, WITHOUT_MEMORY
from tests.training.export.models import random_model
from tests.training.memory.music import as_served, random_fields
from training.export.decoder import MOST_STEPS, Network
from training.export.quantised_matmul import Float32Product, Int8Product
from training.export.sampling import Sampling
from training.export.song_reader import BLOCK_TOKENS
from training.fitting.encoded import EncodedPiece, window
from training.memory.context import context
from training.network.network import field_sizes, has_memory

HIGHEST_KEY = 87

ROUNDED = 1e-3  # key weights are rounded to multiples of 2**-10, which these large weights amplify


@pytest.fixture(
    scope="module",
    params=[(TINY.network, CODEC.field_sizes), (WITHOUT_MEMORY, (11,))],
    ids=["notes with memory", "one field"],
)
def model(request):
    return random_model(*request.param)


@pytest.fixture(scope="module")
def with_memory():
    return random_model(replace(TINY.network, dense_units=()), CODEC.field_sizes)


def advance_ticks(model):
    """Return how far a token moves a song: by its wait, or by half a beat."""
    return CODEC.advance_ticks if has_memory(model) else np.full(11, 6, np.int32)


@pytest.fixture(scope="module", params=[Float32Product, Int8Product])
def network(request, model):
    return Network(model, request.param, advance_ticks(model))


@pytest.fixture(scope="module")
def exact(model):
    return Network(model, Float32Product)


@pytest.fixture
def windows(model):
    """Some tokens, int32[2, 30], with BOS first, as everything that is read."""
    if has_memory(model):
        songs = [CODEC.merge_fields(random_fields(seed, 29)) for seed in (1, 2)]
    else:
        songs = np.random.default_rng(1).integers(FIRST, FIRST + 11, (2, 29), np.int32)
    return np.pad(songs, [(0, 0), (1, 0)], constant_values=BOS).astype(np.int32)


def as_read(model, tokens, bar: int = 48, place: int = 0) -> EncodedPiece:
    """Write a song's tokens int32[N] as Keras's network learns from them."""
    digits = np.unravel_index(tokens - FIRST, field_sizes(model))
    fields = np.stack(digits, axis=-1).astype(np.int32)
    if not has_memory(model):
        return EncodedPiece(fields, None)
    onsets = np.cumsum(CODEC.shift_ticks[fields[:, 0]])
    places = (onsets - onsets[0] + place) % bar
    return EncodedPiece(fields, context(fields, places, np.full(len(fields), bar), CODEC))


def keras_log_probability(model, songs, bars=(48,), places=(0,)) -> np.ndarray:
    """Return how likely each token of int32[B, N] is after those before it: float[B, N].

    Args:
        model: Any.
        songs: Without BOS.
        bars: The lengths of their bars in ticks, one of each song or one of all.
        places: Where in them they start.
    """
    songs = np.asarray(songs)
    meters = np.broadcast_to(bars, len(songs)), np.broadcast_to(places, len(songs))
    read = [as_read(model, *song) for song in zip(songs, *meters, strict=True)]
    cut = [window(song, range(len(song)), len(song)) for song in read]
    inputs = {name: np.stack([each.inputs[name] for each in cut]) for name in cut[0].inputs}
    if has_memory(model):
        inputs = as_served(inputs)
    sizes, following = field_sizes(model), inputs["following"]
    parts = np.split(model.predict_on_batch(inputs), np.cumsum(sizes), axis=-1)
    return sum(
        np.take_along_axis(tf.nn.log_softmax(part).numpy(), following[..., f : f + 1] - 1, axis=2)
        for f, part in enumerate(parts[: len(sizes)])
    )[..., 0]


def meters(songs: int, bars=(0,), places=(0,)):
    """Return bars and positions of songs for `prefill`, by default in 4/4."""
    return [tf.constant(np.broadcast_to(each, songs).astype(np.int32)) for each in (bars, places)]


def probabilities(network, tokens) -> np.ndarray:
    """Return float32[B, V] after all of int32[B, T]."""
    lengths = np.full(len(tokens), tokens.shape[1], np.int32)
    inputs = tf.constant(tokens), tf.constant(lengths), *meters(len(tokens))
    return network.probabilities(*inputs).numpy()


@pytest.fixture(scope="module")
def decode(network):
    @tf.function(reduce_retracing=True)
    def run(token, state, position, bounds, sampling, seed):
        drawn = network.decode(token, state, position, *bounds, Sampling(*sampling), seed)
        return drawn.tokens, drawn.state, drawn.token, drawn.log_probability

    def call(
        seeds,
        steps,
        *,
        start=None,
        position=0,
        start_ticks=0,
        stop_ticks=NO_STOP,
        temperature=1.0,
        top_k=0,
        top_p=1.0,
    ):
        n = len(seeds)
        token, state = start or (tf.fill([n], BOS), network.initial_state(n))
        sampling = (tf.fill([n], temperature), tf.fill([n], top_k), tf.fill([n], top_p))
        seed = tf.constant([[s, 0] for s in seeds])
        bounds = [
            tf.constant(np.broadcast_to(each, n).astype(np.int32))
            for each in (steps, start_ticks, stop_ticks)
        ]
        return run(token, state, tf.fill([n], position), bounds, sampling, seed)

    return call


def test_steps_equal_keras(model, exact, windows):
    expected = keras_log_probability(model, windows[:, 1:])
    for t in (1, 2, 29):
        likely = probabilities(exact, windows[:, :t])
        found = np.log(likely[[0, 1], windows[:, t]])
        np.testing.assert_allclose(found, expected[:, t - 1], atol=ROUNDED)


def test_fields_without_memory_are_computed_as_keras_does():
    model = random_model(WITHOUT_MEMORY, (7, 5, 4))
    songs = np.random.default_rng(2).integers(FIRST, FIRST + 140, (2, 9), np.int32)
    expected = keras_log_probability(model, songs)[:, -1]
    tokens = np.pad(songs[:, :-1], [(0, 0), (1, 0)], constant_values=BOS)
    likely = probabilities(Network(model), tokens)
    np.testing.assert_allclose(np.log(likely[[0, 1], songs[:, -1]]), expected, atol=1e-4)
    np.testing.assert_allclose(likely.sum(axis=1), 1, atol=1e-5)


def test_in_8_bits_the_same_is_likely(model, exact, windows):
    rounded = Network(model, Int8Product)
    for t in (1, 29):
        expected, found = (probabilities(net, windows[:, :t]) for net in (exact, rounded))
        assert np.abs(found - expected).sum(axis=1).max() < 0.25


def test_the_plain_contract_is_a_distribution_over_all_that_is_music(exact, windows):
    likely = probabilities(exact, windows)
    assert likely.shape == (2, exact.vocabulary_size)
    np.testing.assert_allclose(likely.sum(axis=1), 1, atol=1e-5)
    assert not likely[:, [PAD, BOS]].any()


def test_the_distribution_is_the_product_of_what_keras_gives_each_field(with_memory):
    song = random_fields(6, 60)
    known = as_read(with_memory, CODEC.merge_fields(song)).context
    random = np.random.default_rng(3)
    nexts = np.stack([random.integers(0, size, 40) for size in CODEC.field_sizes], axis=1)
    nexts[:6] = known.candidates[-1]  # whose copies have to agree
    nexts[6:12, :2] = known.candidates[-1, :, :2]
    nexts[12:20, 0] = 0  # of the same onset
    read = CODEC.merge_fields(song)
    songs = [[*read, token] for token in CODEC.merge_fields(nexts.astype(np.int32))]
    expected = keras_log_probability(with_memory, songs)[:, -1]
    likely = probabilities(Network(with_memory), np.array([[BOS, *read]], np.int32))[0]
    found = np.log(likely[[song[-1] for song in songs]])
    assert (known.evidence[-1] > 0).sum() >= 3
    np.testing.assert_allclose(found, expected, atol=ROUNDED)


def test_prefill_reads_all_but_the_last_token_of_each_row(exact, windows):
    tokens = windows[0, :6].tolist()
    rows = np.array([tokens, [*tokens[:3], PAD, PAD, PAD]], np.int32)
    state, last = exact.prefill(tf.constant(rows), tf.constant([6, 3]), *meters(2))
    assert last.numpy().tolist() == [tokens[5], tokens[2]]
    for row, length in enumerate((6, 3)):
        short = tf.constant(rows[row : row + 1, :length])
        alone, _ = exact.prefill(short, tf.constant([length]), *meters(1))
        np.testing.assert_allclose(state[row : row + 1], alone, atol=1e-6)
    assert np.abs(state[0] - state[1]).max() > 1e-3


@pytest.mark.parametrize("length", [0, -3])
def test_an_empty_prefill_starts_a_song(model, network, length):
    state, last = network.prefill(tf.constant([[5, 6]]), tf.constant([length]), *meters(1))
    assert last.numpy().tolist() == [BOS]
    begun = network.initial_state(1).numpy()
    if has_memory(model):  # zeros are 4/4; here they are written out
        begun[0, -2] = 48
    np.testing.assert_array_equal(state, begun)


def test_tokens_that_others_chose_are_read_as_if_they_were_sampled(network, decode):
    start = decode([1, 2], 5)
    tokens, state, token, logs = decode([3, 4], [9, 4], start=(start[2], start[1]), position=5)
    read = network.read(start[2], start[1], tokens, tf.constant([9, 4]))
    np.testing.assert_array_equal(read.token, token)
    np.testing.assert_array_equal(read.tokens, tokens)
    np.testing.assert_allclose(read.state, state, atol=1e-5)
    np.testing.assert_allclose(read.log_probability, logs, atol=1e-4)


def test_reading_nothing_changes_nothing(network, decode):
    _, state, token, _ = decode([1, 2], 5)
    read = network.read(token, state, tf.zeros((2, 3), tf.int32), tf.constant([0, 0]))
    np.testing.assert_array_equal(read.token, token)
    np.testing.assert_allclose(read.state, state, atol=1e-6)


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


def test_a_finished_row_does_not_change_while_others_continue(decode):
    tokens, state, token, log = decode([1, 2, 3], [4, 0, 9])
    alone_tokens, alone_state, alone_token, _ = decode([1], 4)
    assert tokens.shape == (3, 9)
    assert tokens.numpy()[0, 4:].tolist() == [PAD] * 5
    assert np.array_equal(tokens[0, :4], alone_tokens[0])
    np.testing.assert_allclose(state[0], alone_state[0], atol=1e-6)
    assert token.numpy()[0] == alone_token.numpy()[0]
    assert token.numpy()[1] == BOS
    np.testing.assert_allclose(state[1], decode([2], 0)[1][0], atol=1e-6)
    assert not log.numpy()[1].any()


def test_the_steps_of_a_call_are_bounded(decode):
    assert decode([1], 10**9)[0].shape == (1, MOST_STEPS)
    assert decode([1], -5)[0].numpy().tolist() == [[PAD]]


def test_special_tokens_are_never_sampled(network, decode):
    tokens = decode(range(16), 100, temperature=2.0)[0].numpy()
    assert tokens.min() >= FIRST
    assert tokens.max() < network.vocabulary_size


def test_log_probabilities_are_those_before_temperature_and_filters(network, decode):
    tokens, _, _, log = decode([11], 12, temperature=0.7, top_k=5)
    song = np.array([[BOS, *tokens.numpy()[0]]], np.int32)
    for n in (0, 1, 11):
        likely = probabilities(network, song[:, : n + 1])[0]
        np.testing.assert_allclose(log.numpy()[0, n], np.log(likely[song[0, n + 1]]), atol=1e-3)


def test_log_probabilities_of_samples_equal_keras(model, exact):
    start, last = exact.prefill(tf.constant([[BOS]]), tf.constant([1]), *meters(1))
    sampling = Sampling(tf.ones(1), tf.zeros(1, tf.int32), tf.ones(1))
    drawn = exact.decode(
        *(
            last,
            start,
            tf.constant([0]),
            tf.constant([20]),
            tf.constant([0]),
            tf.constant([NO_STOP]),
        ),
        *(sampling, tf.constant([[5, 0]])),
    )
    expected = keras_log_probability(model, drawn.tokens.numpy())
    np.testing.assert_allclose(drawn.log_probability, expected, atol=ROUNDED)


class Composer:
    """Songs of a network with memory, sampled after prompts in a graph."""

    def __init__(self, model, product):
        self._network = Network(model, product)
        self._prefill = tf.function(self._network.prefill, reduce_retracing=True)
        self._decode = tf.function(self._drawn, reduce_retracing=True)

    def _drawn(self, token, state, position, steps, top_p, seed):
        n = tf.shape(token)[0]
        sampling = Sampling(tf.ones([n]), tf.zeros([n], tf.int32), tf.fill([n], top_p))
        bounds = steps, tf.zeros_like(steps), tf.fill([n], NO_STOP)
        drawn = self._network.decode(token, state, position, *bounds, sampling, seed)
        return drawn.tokens, drawn.state, drawn.token, drawn.log_probability

    def song(self, prompts, bars, places, chunks, seeds, top_p=1.0):
        """Draw on from prompts: tokens int32[B, N] and log probabilities float32[B, N]."""
        longest = max(map(len, prompts))
        tokens = [[BOS, *prompt, *[PAD] * (longest - len(prompt))] for prompt in prompts]
        lengths = [1 + len(prompt) for prompt in prompts]
        n, position, parts, logs = len(prompts), 0, [], []
        state, token = self._prefill(
            tf.constant(tokens, tf.int32), tf.constant(lengths), *meters(n, bars, places)
        )
        seed = tf.constant([[s, 0] for s in seeds])
        for chunk in chunks:
            drawn, state, token, log = self._decode(
                token,
                state,
                tf.fill([n], position),
                tf.fill([n], chunk),
                tf.constant(top_p),
                seed,
            )
            parts.append(drawn.numpy())
            logs.append(log.numpy())
            position += chunk
        return np.concatenate(parts, axis=1), np.concatenate(logs, axis=1)


@pytest.fixture(scope="module")
def composer(with_memory):
    return Composer(with_memory, Float32Product)


@pytest.fixture(scope="module")
def composer_in_8_bits(with_memory):
    return Composer(with_memory, Int8Product)


PROMPTS = [
    CODEC.merge_fields(random_fields(seed, notes)) for seed, notes in ((1, 40), (2, 13), (3, 1))
]
METERS = {"bars": (0, 36, 30), "places": (0, 12, 24)}


def test_whole_songs_with_memory_are_as_likely_as_keras_says(with_memory, composer):
    tokens, logs = composer.song(PROMPTS, **METERS, chunks=[64, 64, 64], seeds=(7, 8, 9))
    for row, prompt in enumerate(PROMPTS):
        bar, place = METERS["bars"][row] or 48, METERS["places"][row]
        whole = [[*prompt, *tokens[row]]]
        expected = keras_log_probability(with_memory, whole, [bar], [place])[:, len(prompt) :]
        np.testing.assert_allclose(logs[row : row + 1], expected, atol=2e-3)


@pytest.mark.parametrize("chunks", [[1] * 9 + [119], [7, 50, 71]])
def test_chunks_do_not_change_a_song_with_memory(composer_in_8_bits, chunks):
    composer = composer_in_8_bits
    expected, _ = composer.song(PROMPTS, **METERS, chunks=[64, 64], seeds=(7, 8, 9), top_p=0.95)
    tokens, _ = composer.song(PROMPTS, **METERS, chunks=chunks, seeds=(7, 8, 9), top_p=0.95)
    assert np.array_equal(tokens, expected)


def test_other_rows_do_not_change_a_song_with_memory(composer_in_8_bits):
    composer = composer_in_8_bits
    together, _ = composer.song(PROMPTS, **METERS, chunks=[100], seeds=(7, 8, 9))
    for row, prompt in enumerate(PROMPTS):
        meter = {name: [values[row]] for name, values in METERS.items()}
        (alone,), _ = composer.song([prompt], **meter, chunks=[100], seeds=[7 + row])
        assert np.array_equal(alone, together[row])


def test_the_meter_is_part_of_what_decides_a_song(composer):
    prompts = [PROMPTS[0]] * 3
    songs, _ = composer.song(prompts, (48, 36, 48), (0, 0, 12), chunks=[64], seeds=(1, 1, 1))
    assert len({song.tobytes() for song in songs}) == 3


def test_within_an_onset_pitches_rise(composer):
    tokens, _ = composer.song(PROMPTS, **METERS, chunks=[250], seeds=(4, 5, 6))
    for song in tokens:
        shift, pitch, _ = CODEC.split_fields(song).T
        chord = shift[1:] == 0
        assert chord.sum() > 5
        before, after = pitch[:-1][chord], pitch[1:][chord]
        assert ((after > before) | (before == HIGHEST_KEY)).all()
        assert (after[before == HIGHEST_KEY] == HIGHEST_KEY).all()


def moved(model, tokens):
    """Return how far a song has moved after each token; its first one does not move it."""
    if not has_memory(model):
        return 6 * np.arange(len(tokens))
    waits = CODEC.shift_ticks[CODEC.split_fields(tokens)[:, 0]]
    return np.cumsum([0, *waits[1:]])


def test_a_row_stops_before_the_token_that_moves_it_too_far(model, decode):
    songs = decode([1, 2, 3, 4], 40)[0].numpy()
    stops = [1, 24, int(moved(model, songs[2])[10]), NO_STOP]
    tokens, state, token, logs = decode([1, 2, 3, 4], 40, stop_ticks=stops)
    assert tokens.shape == (4, 40)
    for row, stop in enumerate(stops):
        count = int((moved(model, songs[row]) < stop).sum())
        assert 0 < count <= 40
        assert tokens.numpy()[row].tolist() == [*songs[row, :count], *[PAD] * (40 - count)]
        alone = decode([1 + row], count)
        np.testing.assert_array_equal(token[row], alone[2][0])
        np.testing.assert_allclose(state[row], alone[1][0], atol=1e-6)
        np.testing.assert_allclose(logs[row, :count], alone[3][0], atol=1e-5)
        assert not logs.numpy()[row, count:].any()


def test_a_song_that_may_not_move_rests(decode):
    start = decode([5], 9)
    tokens, state, token, _ = decode([5], 9, start=(start[2], start[1]), stop_ticks=0)
    assert tokens.numpy().tolist() == [[PAD]]
    np.testing.assert_array_equal(token, start[2])
    np.testing.assert_allclose(state, start[1], atol=1e-6)


@pytest.mark.parametrize("start_ticks", [1, 40, 192])
def test_the_first_token_moves_a_song_as_far_as_it_must(with_memory, start_ticks):
    network = Network(with_memory, Int8Product, CODEC.advance_ticks)
    rows = 40
    state, last = network.prefill(tf.constant([[BOS, 9]] * rows), tf.fill([rows], 2), *meters(rows))
    sampling = Sampling(tf.ones(rows), tf.zeros(rows, tf.int32), tf.ones(rows))
    seed = tf.constant([[row, 0] for row in range(rows)])
    bounds = tf.fill([rows], 4), tf.fill([rows], start_ticks), tf.fill([rows], NO_STOP)
    drawn = network.decode(last, state, tf.zeros_like(last), *bounds, sampling, seed)
    first, *later = CODEC.shift_ticks[
        np.stack([CODEC.split_fields(row)[:, 0] for row in drawn.tokens.numpy()], axis=1)
    ]
    assert first.min() >= start_ticks
    assert np.min(later) == 0
    assert np.isfinite(drawn.log_probability).all()


def test_many_tokens_are_read_in_blocks_as_if_they_were_sampled(network, decode):
    start = decode([1, 2], 3)
    count = 2 * BLOCK_TOKENS + 5
    lengths = [count, BLOCK_TOKENS]
    tokens, state, token, logs = decode([3, 4], lengths, start=(start[2], start[1]), position=3)
    read = network.read(start[2], start[1], tokens, tf.constant(lengths))
    np.testing.assert_array_equal(read.token, token)
    np.testing.assert_allclose(read.state, state, atol=1e-4)
    np.testing.assert_allclose(read.log_probability, logs, atol=1e-3)


@pytest.mark.parametrize("steps", [[3, 3], [8, 8], [9, 6], [4, 1], [11, 4]])
def test_an_iteration_of_several_tokens_samples_the_same_as_single_ones(decode, steps):
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
