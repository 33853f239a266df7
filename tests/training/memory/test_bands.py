"""The memory of bands: roles in candidates, drums without pitch, and the same inside a graph."""

import numpy as np
import pytest
import tensorflow as tf

from music.players.roles import DRUMS, ROLES
from tests.training.memory.band_music import (
    BASS,
    CODEC,
    FLUTE,
    STRINGS,
    fields_of,
    known,
    random_band,
)
from training.export.token_ids import TokenIds
from training.memory.candidates import HISTORY_NOTES, KEY_WEIGHTS_EXACT, MATCH, TRANSPOSED
from training.memory.context import KEYS, moved, sounding
from training.memory.recall import Clock, Recall, shown_ticks

RECALL = Recall(CODEC)
FIRST_ROWS = TokenIds(CODEC.field_sizes).first_rows
NO_NOTE = [-1, -1, -1, -1]  # as BOS is read
KICK, SNARE = 36, 38


@tf.function(
    input_signature=[
        tf.TensorSpec([None, 1, 4], tf.int32),
        tf.TensorSpec([None], tf.bool),
        tf.TensorSpec([1, RECALL.state_width], tf.float32),
    ]
)
def read(notes, is_packed, state):
    """Read notes; packed and unpacked after those where bool[N] says."""
    steps = tf.shape(notes)[0]
    kinds = [tf.int32] * 4 + [tf.float32] * 2 + [tf.int32]
    arrays = [tf.TensorArray(kind, steps) for kind in kinds]

    def step(n, memory, arrays):
        memory, candidates = RECALL.read(memory, notes[n] + FIRST_ROWS)
        memory = tf.cond(
            is_packed[n], lambda: RECALL.unpacked(RECALL.packed(memory)), lambda: memory
        )
        following = tf.maximum(notes[tf.minimum(n + 1, steps - 1)], 0)
        ahead = RECALL.ahead(memory, following[:, :1])
        role_pitch, _ = RECALL.of_role(memory, ahead, following[:, 1:2])
        now = [
            candidates.values,
            candidates.evidence,
            shown_ticks(Clock.of(memory).place_ticks)[:, 0],
            ahead.place[:, 0],
            RECALL.scaled_key_weights(memory),
            ahead.sounding,
            role_pitch[:, 0],
        ]
        return n + 1, memory, [a.write(n, value) for a, value in zip(arrays, now, strict=True)]

    start = (0, RECALL.unpacked(state), arrays)
    _, memory, arrays = tf.while_loop(lambda n, *_: n < steps, step, start)
    return [array.stack() for array in arrays], memory.line_up


def song_read(song, is_packed, line_up, place, bar):
    empty = RECALL.empty(tf.constant([place]), tf.constant([bar]), tf.constant([line_up]))
    notes = np.concatenate([[NO_NOTE], song])[:, None]
    found, kept = read(tf.constant(notes, tf.int32), is_packed, RECALL.packed(empty))
    return [each.numpy()[1:, 0] for each in found], kept.numpy()[0]


def assert_equals_context(song, is_packed, place, bar):
    expected = known(song, place, bar)
    line_up = expected.line_up.astype(np.int32)
    found, kept = song_read(song, is_packed, line_up, place, bar)
    candidates, evidence, places, next_places, key_weights, keys, role_pitch = found
    np.testing.assert_array_equal(evidence, expected.evidence)
    shown = np.where(expected.evidence[..., None] > 0, expected.candidates, -1)
    np.testing.assert_array_equal(candidates, np.swapaxes(shown, 1, 2))
    np.testing.assert_array_equal(places, expected.place)
    np.testing.assert_array_equal(next_places[:-1], expected.place[1:])
    np.testing.assert_allclose(key_weights, expected.key_weights, atol=2 / KEY_WEIGHTS_EXACT)
    pitch = song[:, CODEC.pitch_field]
    np.testing.assert_array_equal(keys[:-1], sounding(expected, pitch, 1, len(song) - 1))
    np.testing.assert_array_equal(role_pitch[:-1], expected.role_pitch[1:])
    np.testing.assert_array_equal(kept, line_up)


@pytest.mark.parametrize("seed", range(4))
def test_a_band_is_remembered_in_a_graph_as_in_whole_pieces(seed):
    song = random_band(seed, 200)
    packed = np.random.default_rng(seed).random(len(song) + 1) < (0.0, 0.05, 0.5, 1.0)[seed]
    assert_equals_context(song, packed, place=(0, 12, 0, 30)[seed], bar=(48, 36, 48, 240)[seed])


def test_the_history_of_a_band_forgets_its_oldest_notes():
    song = random_band(7, HISTORY_NOTES + 200)
    song[HISTORY_NOTES + 50 :, :] = song[90:240]  # comes back from before the history
    assert_equals_context(song, np.arange(len(song) + 1) % 97 == 5, place=0, bar=48)


def test_a_match_has_the_roles_of_what_it_equals():
    found = known(
        fields_of(
            (0, 6, 60, FLUTE), (6, 6, 62, FLUTE), (12, 6, 64, FLUTE),
            (18, 6, 60, STRINGS), (24, 6, 60, FLUTE), (30, 6, 62, FLUTE),
        )
    )  # fmt: skip
    shift, role, pitch, _ = found.candidates[5, MATCH]
    assert (shift, CODEC.role[role], CODEC.pitch[pitch]) == (6, FLUTE, 64)
    assert not found.evidence[3, MATCH]  # the strings have not played before


def test_in_another_key_the_drums_stay():
    phrase = [(0, 60, FLUTE), (6, 64, FLUTE), (12, 62, FLUTE), (18, KICK, DRUMS)]
    again = [(30 + t, p + 5, r) for t, p, r in phrase[:3]]
    found = known(fields_of(*((t, 6, p, r) for t, p, r in [*phrase, *again])))
    _, role, pitch, _ = found.candidates[6, TRANSPOSED]
    assert (CODEC.role[role], CODEC.pitch[pitch]) == (DRUMS, KICK)


def test_transposed_notes_of_a_band_leave_drums_where_they_are():
    fields = fields_of((0, 6, 60, FLUTE), (0, 3, SNARE, DRUMS))
    is_melodic = CODEC.is_melodic(fields[:, 1])
    higher = moved(fields, CODEC.pitch_field, is_melodic, 3)
    assert CODEC.pitch[higher[:, 2]].tolist() == [63, SNARE]


def test_drums_neither_sound_as_keys_nor_count_for_the_key():
    found = known(fields_of((0, 12, KICK, DRUMS), (6, 6, 60, FLUTE)))
    assert not found.key_weights[0].any()
    assert np.flatnonzero(found.key_weights[1]).tolist() == [0, 12]
    assert not sounding(found, np.array([KICK - 21, 39]), 1, 1).any()


def test_a_role_knows_the_key_that_it_struck_last():
    found = known(fields_of((0, 6, 40, BASS), (0, 6, 60, FLUTE), (6, 6, 62, FLUTE)))
    assert found.role_pitch.tolist() == [0, 0, 60 - 21 + 1]


def _after(*notes, line_up):
    memory = RECALL.empty(tf.constant([0]), tf.constant([0]), tf.constant([line_up]))
    for note in [NO_NOTE, *fields_of(*notes).tolist()]:
        memory = RECALL.read(memory, tf.constant([note]) + FIRST_ROWS)[0]
    return memory


def _ones(*roles):
    return np.isin(np.arange(ROLES), roles).astype(np.int32)


def test_only_the_line_up_plays_and_roles_rise_within_an_onset():
    memory = _after((0, 6, 60, STRINGS), line_up=_ones(BASS, STRINGS, FLUTE, DRUMS))
    together, later = (RECALL.ahead(memory, tf.constant([[shift]])) for shift in (0, 6))
    allowed = [np.flatnonzero(a.role_bias.numpy()[0] == 0).tolist() for a in (together, later)]
    assert allowed == [[STRINGS, FLUTE, DRUMS], [BASS, STRINGS, FLUTE, DRUMS]]


def test_pitches_rise_within_a_role_of_an_onset():
    memory = _after((0, 6, 60, STRINGS), line_up=_ones(STRINGS, FLUTE))
    ahead = RECALL.ahead(memory, tf.constant([[0]]))
    struck, bias = RECALL.of_role(memory, ahead, tf.constant([[STRINGS]]))
    assert struck.numpy().tolist() == [[60 - 21 + 1]]
    assert np.flatnonzero(bias.numpy()[0] == 0).tolist() == list(range(60 - 21 + 1, KEYS))
    struck, bias = RECALL.of_role(memory, ahead, tf.constant([[FLUTE]]))
    assert struck.numpy().tolist() == [[0]]
    assert not bias.numpy().any()


def test_without_a_line_up_every_role_may_play():
    memory = _after((0, 6, 60, STRINGS), line_up=_ones())
    assert not RECALL.ahead(memory, tf.constant([[6]])).role_bias.numpy().any()
