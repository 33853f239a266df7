"""A song's memory in a graph equals `training.memory.context` for the same notes."""

import itertools

import numpy as np
import pytest
import tensorflow as tf

from tests.training.memory.music import CODEC, fields_of, random_fields
from training.export.token_ids import TokenIds
from training.memory.candidates import HISTORY_NOTES, KEY_WEIGHTS_EXACT
from training.memory.context import KEYS, Context, context, sounding
from training.memory.recall import Clock, Memory, Recall, shown_ticks

RECALL = Recall(CODEC)
NO_NOTE = [[-1, -1, -1]]  # as BOS is read
FIRST_ROWS = TokenIds(CODEC.field_sizes).first_rows


def read_note(memory, values):
    return RECALL.read(memory, tf.constant(values) + FIRST_ROWS)[0]


@tf.function(
    input_signature=[
        tf.TensorSpec([None, None, 3], tf.int32),
        tf.TensorSpec([None, None], tf.int32),
        tf.TensorSpec([None], tf.bool),
        tf.TensorSpec([None, RECALL.state_width], tf.float32),
    ]
)
def read(notes, next_shifts, is_packed, state):
    """Read notes int32[N, B, 3] into memories; packed and unpacked after those where bool[N] says.

    Returns:
        For each note, what the network then reads, [N, B, ...]; and the last memories, packed.
    """
    steps = tf.shape(notes)[0]
    arrays = [tf.TensorArray(kind, steps) for kind in 4 * [tf.int32] + 3 * [tf.float32]]

    def step(n, memory, arrays):
        memory, candidates = RECALL.read(memory, notes[n] + FIRST_ROWS)
        memory = tf.cond(
            is_packed[n], lambda: RECALL.unpacked(RECALL.packed(memory)), lambda: memory
        )
        ahead = RECALL.ahead(memory, next_shifts[n][:, None])
        now = [
            candidates.values,
            candidates.evidence,
            shown_ticks(Clock.of(memory).place_ticks)[:, 0],
            ahead.place[:, 0],
            RECALL.scaled_key_weights(memory),
            ahead.sounding,
            ahead.pitch_bias,
        ]
        return n + 1, memory, [a.write(n, value) for a, value in zip(arrays, now, strict=True)]

    _, memory, arrays = tf.while_loop(
        lambda n, *_: n < steps, step, (0, RECALL.unpacked(state), arrays)
    )
    return [array.stack() for array in arrays], RECALL.packed(memory)


def started(places, bars):
    """Return the states of songs that have read nothing."""
    return RECALL.packed(RECALL.empty(tf.constant(places), tf.constant(bars)))


def songs_read(songs, places, bars, packed=None):
    """Read songs int32[B, N, 3] from their start: arrays [N + 1, B, ...]."""
    notes = np.concatenate([np.tile(NO_NOTE, (1, len(songs), 1)), np.swapaxes(songs, 0, 1)])
    shifts = np.concatenate([notes[1:, :, 0], notes[-1:, :, 0]])
    packed = np.zeros(len(notes), bool) if packed is None else packed
    found, _ = read(
        tf.constant(notes, tf.int32), tf.constant(shifts, tf.int32), packed, started(places, bars)
    )
    return [each.numpy() for each in found]


def context_of(song, place: int, bar: int) -> Context:
    bar = bar or 48
    onsets = np.cumsum(CODEC.shift_ticks[song[:, 0]])
    places = (onsets - onsets[0] + place) % bar
    return context(song, places, np.full(len(song), bar), CODEC)


def assert_equals_context(found, row, song, place, bar):
    candidates, evidence, places, next_places, key_weights, keys, _ = (
        each[1:, row] for each in found
    )
    known = context_of(song, place, bar)
    np.testing.assert_array_equal(evidence, known.evidence)
    shown = np.where(known.evidence[..., None] > 0, known.candidates, -1)
    np.testing.assert_array_equal(candidates, np.swapaxes(shown, 1, 2))
    np.testing.assert_array_equal(places, known.place)
    np.testing.assert_array_equal(next_places[:-1], known.place[1:])
    np.testing.assert_allclose(key_weights, known.key_weights, atol=2 / KEY_WEIGHTS_EXACT)
    np.testing.assert_array_equal(keys[:-1], sounding(known, song[:, 1], 1, len(song) - 1))


def test_before_the_first_note_only_its_position_is_known():
    candidates, evidence, place, next_place, key_weights, keys, bias = (
        each[0, 0] for each in songs_read([random_fields(0, 5)], [12], [36])
    )
    assert (candidates == -1).all()
    assert not evidence.any()
    assert place == next_place == 12
    assert not key_weights.any()
    assert not keys.any()
    assert not bias.any()


@pytest.mark.parametrize("seed", range(4))
def test_songs_of_different_meters_side_by_side_remember_as_whole_pieces_do(seed):
    songs = [random_fields(10 * seed + n, 150) for n in range(4)]
    places, bars = [0, 36, 12, 30], [0, 48, 36, 240]
    found = songs_read(songs, places, bars)
    for row, song in enumerate(songs):
        assert_equals_context(found, row, song, places[row], bars[row])


@pytest.mark.parametrize("seed", range(4))
def test_memory_travels_with_requests_that_are_split_anywhere(seed):
    songs = [random_fields(100 + 10 * seed + n, 120) for n in range(2)]
    packed = np.random.default_rng(seed).random(121) < (0.5, 0.05, 0.9, 1.0)[seed]
    found = songs_read(songs, [0, 24], [36, 48], packed)
    for row, song in enumerate(songs):
        assert_equals_context(found, row, song, (0, 24)[row], (36, 48)[row])


def test_the_history_forgets_its_oldest_notes_as_whole_pieces_do():
    long_song = random_fields(7, HISTORY_NOTES + 300)
    long_song[HISTORY_NOTES + 100 :, :] = long_song[90:290]  # comes back from before the history
    packed = np.arange(len(long_song) + 1) % 97 == 5
    assert_equals_context(songs_read([long_song], [0], [48], packed), 0, long_song, 0, 48)


def test_a_state_of_zeros_is_a_song_in_four_four_that_has_not_begun():
    song = random_fields(3, 40)[None]
    notes = tf.constant(np.concatenate([np.tile(NO_NOTE, (1, 1, 1)), np.swapaxes(song, 0, 1)]))
    notes = tf.cast(notes, tf.int32)
    never = tf.zeros(41, tf.bool)
    from_zeros, last = read(
        notes, tf.maximum(notes[:, :, 0], 0), never, tf.zeros((1, RECALL.state_width))
    )
    from_start, expected = read(notes, tf.maximum(notes[:, :, 0], 0), never, started([0], [48]))
    for one, other in zip(from_zeros, from_start, strict=True):
        np.testing.assert_array_equal(one, other)
    np.testing.assert_array_equal(last, expected)
    empty = RECALL.unpacked(tf.zeros((2, RECALL.state_width)))
    assert Clock.of(empty).bar_ticks.numpy().tolist() == [[48], [48]]


def test_a_song_without_notes_is_the_same_with_or_without_bos():
    state = started([30], [36])
    read_on = RECALL.packed(read_note(RECALL.unpacked(state), NO_NOTE))
    np.testing.assert_array_equal(read_on, state)


def test_the_first_shift_of_a_song_is_no_wait():
    song = random_fields(4, 30)
    late = song.copy()
    late[0, 0] = 24
    (one, other) = (songs_read([each], [12], [48]) for each in (song, late))
    for n in (2, 3, 4, 5):
        np.testing.assert_array_equal(one[n][1:], other[n][1:])


def _written_ahead(pitches, next_shift: int):
    song = fields_of([0] * len(pitches), pitches)
    memory = RECALL.empty(tf.constant([0]), tf.constant([0]))
    for note in itertools.chain(NO_NOTE, song.tolist()):
        memory = read_note(memory, [note])
    return RECALL.ahead(memory, tf.constant([[next_shift]]))


def test_within_an_onset_pitches_rise():
    allowed = _written_ahead([60, 64], 0).pitch_bias.numpy()[0] == 0
    assert np.flatnonzero(allowed).tolist() == list(range(64 - 21 + 1, KEYS))
    assert not _written_ahead([60, 64], 1).pitch_bias.numpy().any()


def test_after_the_highest_key_no_lower_one_follows_at_its_onset():
    allowed = _written_ahead([60, 108], 0).pitch_bias.numpy()[0] == 0
    assert np.flatnonzero(allowed).tolist() == [KEYS - 1]


def test_a_memory_is_packed_except_what_follows_from_it():
    song = random_fields(9, 80)
    memory = RECALL.empty(tf.constant([12]), tf.constant([36]))
    for note in itertools.chain(NO_NOTE, song.tolist()):
        memory = read_note(memory, [note])
    again = RECALL.unpacked(RECALL.packed(memory))
    clock = Clock.of(memory)
    since = int(clock.now_ticks[0, 0])
    counted = {"history", "end_ticks", "struck_ticks", "clock"}  # the count starts anew
    for name in set(Memory._fields) - counted:
        np.testing.assert_array_equal(getattr(memory, name), getattr(again, name), err_msg=name)
    for name in set(Clock._fields) - {"now_ticks"}:
        kept = getattr(Clock.of(again), name)
        np.testing.assert_array_equal(getattr(clock, name), kept, err_msg=name)
    (before, after) = (each.history.numpy()[0, :, -len(song) :] for each in (memory, again))
    np.testing.assert_array_equal(after[0], before[0])
    np.testing.assert_array_equal(after[1], before[1] - since * 128)
    np.testing.assert_array_equal(after[2, 1:], before[2, 1:])  # the first note has no step
