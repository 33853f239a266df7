"""Windows: each step's target is the next token, and its inputs were known by then."""

import numpy as np
import pytest

from music.codec.events import Events
from music.notes import Notes
from music.piece import Piece, TimeSignature
from tests.training.conftest import CODEC, scale
from tests.training.memory.music import fields_of, random_fields
from training.errors import RecipeError
from training.fitting.encoded import (
    CONTINUES,
    ENDS,
    UNKNOWN,
    EncodedPiece,
    empty_window,
    encode,
    window,
)
from training.memory.candidates import CANDIDATES, MATCH
from training.memory.context import KEYS, context

WALTZ = (TimeSignature(-24, 3, 4),)
PIECE = Piece("waltz", scale("x", 60, notes=60).notes, time_signatures=WALTZ)
STEPS = 16
OF_WHAT_WAS_READ = ("place", "bar", "candidates", "evidence", "key_weights")


@pytest.fixture(scope="module")
def piece() -> EncodedPiece:
    return encode(PIECE, CODEC, memory=True)


def test_a_piece_is_its_notes_and_where_its_bars_are(piece):
    assert np.array_equal(CODEC.merge_fields(piece.fields), CODEC.encode(PIECE.notes))
    assert len(piece) == 60
    assert piece.context.place[:7].tolist() == [24, 30, 0, 6, 12, 18, 24]
    assert set(piece.context.bar) == {36}


def test_without_memory_only_notes_are_read():
    notes = scale("x", 60).notes
    codec = Events.over([notes])
    piece = encode(Piece("x", notes), codec, memory=False)
    cut = window(piece, range(5, 10), STEPS)
    assert set(cut.inputs) == {"tokens", "following"}
    assert piece.context is None


def test_memory_needs_tokens_that_are_notes():
    notes = scale("x", 60).notes
    message = "network.memory needs the codec 'notetuple', not 'notes'"
    with pytest.raises(RecipeError, match=message):
        encode(Piece("x", notes), Events.over([notes]), memory=True)


@pytest.mark.parametrize("part", [range(10), range(16), range(5, 21), range(30, 37)])
def test_a_target_is_the_token_after_the_one_read(piece, part):
    cut = window(piece, part, STEPS)
    tokens, following = cut.inputs["tokens"], cut.inputs["following"]
    count = len(part)
    assert np.array_equal(following[:count], piece.fields[part.start : part.stop] + 1)
    assert not following[count:].any()
    assert np.array_equal(tokens[1:count], following[: count - 1])
    before = piece.fields[part.start - 1] + 1 if part.start else [0, 0, 0]
    assert np.array_equal(tokens[0], before)
    assert not tokens[count:].any()


@pytest.mark.parametrize("part", [range(10), range(5, 21)])
def test_the_context_of_a_token_is_read_with_it(piece, part):
    cut, known = window(piece, part, STEPS), piece.context
    begins = 1 if part.start == 0 else 0
    read = slice(max(part.start - 1, 0), part.stop - 1)
    steps = slice(begins, len(part))
    shown = np.where(known.evidence[read, :, None] > 0, known.candidates[read] + 1, 0)
    assert known.evidence[read].any()
    assert np.array_equal(cut.inputs["candidates"][steps], shown)
    for name in ("evidence", "place", "bar", "key_weights"):
        assert np.array_equal(cut.inputs[name][steps], getattr(known, name)[read]), name
    for name in OF_WHAT_WAS_READ:
        assert not cut.inputs[name][len(part) :].any(), name


def test_a_window_with_only_the_first_token_has_read_nothing(piece):
    cut = window(piece, range(1), STEPS, 3)
    assert not cut.inputs["tokens"].any()
    assert cut.ending.tolist() == [CONTINUES] + [UNKNOWN] * (STEPS - 1)


def test_before_the_first_token_only_its_position_is_known(piece):
    cut = window(piece, range(STEPS), STEPS)
    assert (cut.inputs["place"][0], cut.inputs["bar"][0]) == (24, 36)
    for name in ("tokens", "candidates", "evidence", "key_weights", "sounding"):
        assert not cut.inputs[name][0].any(), name


def test_the_onset_of_the_next_token_is_known(piece):
    cut = window(piece, range(20, 30), STEPS)
    assert np.array_equal(cut.inputs["next_place"][:10], piece.context.place[20:30])
    assert not cut.inputs["next_place"][10:].any()
    chords = encode(
        Piece("chords", Notes.of([0, 12, 12, 12], [24, 6, 6, 6], [40, 60, 64, 67])),
        CODEC,
        memory=True,
    )
    sounding = window(chords, range(1, 4), STEPS).inputs["sounding"]
    assert np.flatnonzero(sounding[2]).tolist() == [40 - 21, KEYS + 60 - 21, KEYS + 64 - 21]
    assert not sounding[3:].any()


def test_an_ending_is_a_target_if_the_window_has_room(piece):
    ends = window(piece, range(50, 60), STEPS)
    assert ends.ending.tolist() == [CONTINUES] * 10 + [ENDS] + [UNKNOWN] * 5
    assert np.array_equal(ends.inputs["tokens"][10], piece.fields[59] + 1)
    assert not ends.inputs["following"][10].any()
    assert np.array_equal(ends.inputs["evidence"][10], piece.context.evidence[59])
    full = window(piece, range(44, 60), STEPS)
    assert full.ending.tolist() == [CONTINUES] * STEPS
    inside = window(piece, range(40, 50), STEPS)
    assert inside.ending.tolist() == [CONTINUES] * 10 + [UNKNOWN] * 6


def test_a_whole_piece_ends_after_its_last_token(piece):
    whole = window(piece, range(60), 64)
    assert whole.ending.tolist() == [CONTINUES] * 60 + [ENDS] + [UNKNOWN] * 3
    assert np.array_equal(whole.inputs["tokens"][1:61], piece.fields + 1)


@pytest.mark.parametrize("semitones", [-6, -1, 5])
def test_a_transposed_window_is_the_transposed_pieces_window(semitones):
    fields = random_fields(1, 200)
    place, bar = np.zeros(200, np.int32), np.full(200, 48)
    lower = fields + np.array([0, semitones, 0], np.int32)
    piece, other = (
        EncodedPiece(each, context(each, place, bar, CODEC)) for each in (fields, lower)
    )
    cut, expected = (
        window(piece, range(100, 164), 64, semitones),
        window(other, range(100, 164), 64),
    )
    assert cut.inputs["evidence"][:, 5].any(), "no transposed match to move"
    for name, values in expected.inputs.items():
        np.testing.assert_allclose(cut.inputs[name], values, atol=1e-6, err_msg=name)
    assert not np.array_equal(
        cut.inputs["tokens"], window(piece, range(100, 164), 64).inputs["tokens"]
    )


def test_pitches_outside_of_the_piano_are_moved_by_octaves():
    fields = fields_of([0, 6, 12, 18], [24, 107, 24, 107])
    context_of = context(fields, np.zeros(4, np.int32), np.full(4, 48), CODEC)
    cut = window(EncodedPiece(fields, context_of), range(4), 8, 5)
    assert (cut.inputs["following"][:4, 1] + 20).tolist() == [29, 100, 29, 100]
    down = window(EncodedPiece(fields, context_of), range(4), 8, -6)
    assert (down.inputs["following"][:4, 1] + 20).tolist() == [30, 101, 30, 101]


def test_hidden_candidates_are_not_seen_and_all_else_is(piece):
    hidden = np.zeros((STEPS, CANDIDATES), np.bool_)
    hidden[4:9, MATCH] = True
    plain = window(piece, range(30, 46), STEPS)
    cut = window(piece, range(30, 46), STEPS, hidden=hidden)
    assert plain.inputs["evidence"][4:9, MATCH].all()
    for name in ("candidates", "evidence"):
        assert not cut.inputs[name][hidden].any()
        assert np.array_equal(cut.inputs[name][~hidden], plain.inputs[name][~hidden])
    for name in set(plain.inputs) - {"candidates", "evidence"}:
        assert np.array_equal(cut.inputs[name], plain.inputs[name])
    again = window(piece, range(30, 46), STEPS)
    assert np.array_equal(again.inputs["evidence"], plain.inputs["evidence"])


def test_an_empty_window_has_no_targets(piece):
    like = window(piece, range(STEPS), STEPS)
    empty = empty_window(like)
    assert {n: v.shape for n, v in empty.inputs.items()} == {
        n: v.shape for n, v in like.inputs.items()
    }
    assert not any(values.any() for values in empty.inputs.values())
    assert empty.ending.tolist() == [UNKNOWN] * STEPS
