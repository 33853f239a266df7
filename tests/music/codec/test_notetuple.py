"""Tokens: encoding and decoding round-trip, in chunks of any size."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from music.codec import BOS, FIRST, PAD, Cursor
from music.codec.notetuple import NoteTuple
from music.errors import TokenError
from music.notes import Notes, join, on_grid
from tests.music.support import gridded, raw_notes

CODEC = NoteTuple.over()
V = CODEC.vocabulary_size
SHIFTS, PITCHES, DURATIONS = CODEC.vocabulary

token_lists = st.lists(st.integers(0, V - 1), max_size=60)


def values_of(token):
    (fields,) = CODEC.split_fields([token])
    return tuple(names[place] for names, place in zip(CODEC.vocabulary, fields, strict=True))


def test_a_token_is_special_or_one_of_all_notes():
    assert CODEC.field_sizes == (89, 88, 88)
    assert FIRST + 89 * 88 * 88 == V
    assert CODEC.split_fields([PAD, BOS]).tolist() == [[-1] * 3] * 2


def test_a_note_is_a_token_that_says_when_it_starts_its_pitch_and_how_long_it_is():
    notes = on_grid([0, 0, 1.5], [1, 1, 0.25], [60, 64, 67])
    assert [values_of(token) for token in CODEC.encode(notes)] == [
        ("TimeShift_0", "Pitch_60", "Duration_12"),
        ("TimeShift_0", "Pitch_64", "Duration_12"),
        ("TimeShift_18", "Pitch_67", "Duration_3"),
    ]


def test_a_spelled_note_is_a_pitch_and_a_duration_after_an_optional_shift():
    letters = (*SHIFTS, *PITCHES, *DURATIONS)
    notes = on_grid([0, 0, 1.5], [1, 1, 0.25], [60, 64, 67])
    spelled = CODEC.spelled(CODEC.encode(notes))
    assert [letters[letter - FIRST] for letter in spelled] == [
        *("Pitch_60", "Duration_12", "Pitch_64", "Duration_12"),
        *("TimeShift_18", "Pitch_67", "Duration_3"),
    ]
    assert spelled.max() < CODEC.alphabet_size == FIRST + len(letters)


@given(raw_notes)
def test_quantised_notes_come_back_exactly(raw):
    notes = gridded(raw)
    near = np.minimum(np.diff(notes.onset_ticks, prepend=notes.onset_ticks[:1]), 48)
    short = Notes.of(np.cumsum(near), np.minimum(notes.duration_ticks, 47), notes.pitch)
    assert CODEC.decode(CODEC.encode(short))[0] == short


@pytest.mark.parametrize(
    ("ticks", "told"), [(49, 48), (50, 51), (147, 150), (149, 150), (999, 192)]
)
def test_a_missing_value_becomes_the_nearest_of_the_vocabulary(ticks, told):
    decoded, _ = CODEC.decode(CODEC.encode(Notes.of([0, ticks], [ticks, 12], [60, 62])))
    assert decoded.duration_ticks[0] == told
    assert decoded.onset_ticks.tolist() == [0, told]


@pytest.mark.parametrize("pitch", [59, 61, 65])
def test_a_pitch_that_the_vocabulary_lacks_cannot_be_written(pitch):
    codec = NoteTuple((("TimeShift_0",), ("Pitch_60", "Pitch_64"), ("Duration_6",)))
    assert len(codec.encode(Notes.of([0, 0], [6, 6], [60, 64]))) == 2
    with pytest.raises(TokenError, match=f"pitch {pitch} is not in the vocabulary"):
        codec.encode(Notes.of([0, 0], [6, 6], [60, pitch]))


@given(token_lists)
def test_tokens_are_joined_of_the_values_that_they_are_parted_into(tokens):
    music = np.array([token for token in tokens if token >= FIRST], np.int32)
    assert np.array_equal(CODEC.merge_fields(CODEC.split_fields(music)), music)


@given(token_lists, st.lists(st.integers(0, 60), max_size=4))
def test_decoding_does_not_depend_on_the_chunks(tokens, cuts):
    whole, end = CODEC.decode(tokens)
    cursor, parts = Cursor(), []
    bounds = [0, *sorted(min(cut, len(tokens)) for cut in cuts), len(tokens)]
    for start, stop in itertools.pairwise(bounds):
        notes, cursor = CODEC.decode(tokens[start:stop], cursor)
        parts.append(notes)
    assert join(parts) == whole
    assert cursor == end


FEW = NoteTuple([["TimeShift_0", "TimeShift_3"], ["Pitch_60", "Pitch_64"], ["Duration_3"]])


@given(st.lists(st.integers(0, FEW.vocabulary_size - 1), max_size=20), st.integers(0, 20))
def test_decoding_any_tokens_strikes_no_pitch_twice_at_one_onset(tokens, cut):
    first, cursor = FEW.decode(tokens[:cut])
    notes = join([first, FEW.decode(tokens[cut:], cursor)[0]])
    strikes = list(zip(notes.onset_ticks.tolist(), notes.pitch.tolist(), strict=True))
    assert len(strikes) == len(set(strikes))


def test_special_tokens_are_passed_over():
    notes, cursor = CODEC.decode([PAD, BOS])
    assert (len(notes), cursor) == (0, Cursor())


@pytest.mark.parametrize("token", [-1, V])
def test_a_token_outside_of_the_vocabulary_is_refused(token):
    with pytest.raises(TokenError, match=f"token {token} is not in a vocabulary of {V}"):
        CODEC.decode([token])


@pytest.mark.parametrize("name", ["Velocity_80", "Pitch_x", "Pitch_", "Pitch", "Duration_1", ""])
def test_names_of_another_field_are_refused(name):
    with pytest.raises(TokenError, match=f"value {name!r} is no Pitch"):
        NoteTuple([["TimeShift_0"], [name], ["Duration_6"]])


@pytest.mark.parametrize(
    ("vocabulary", "message"),
    [
        ([], "has a field without values"),
        ([["TimeShift_0"], [], ["Duration_6"]], "has a field without values"),
        ([["Pitch_60"]], "has 1 fields, not 3"),
        ([["TimeShift_6", "TimeShift_0"], ["Pitch_60"], ["Duration_6"]], "TimeShift do not rise"),
        ([["TimeShift_0"], ["Pitch_61", "Pitch_60"], ["Duration_6"]], "Pitch do not rise"),
        ([["TimeShift_0"], ["Pitch_128"], ["Duration_6"]], "pitch 128 is above 127"),
        ([["TimeShift_0"], ["Pitch_60"], ["Duration_0"]], "a note of no duration"),
        ([["TimeShift_10000"], ["Pitch_60"], ["Duration_6"]], "'TimeShift_10000' is no TimeShift"),
        (
            [[f"{kind}_{n}" for n in range(4000)] for kind in ("TimeShift", "Pitch", "Duration")],
            "the vocabulary has more than 2147483647 tokens",
        ),
    ],
)
def test_a_vocabulary_of_another_form_is_refused(vocabulary, message):
    with pytest.raises(TokenError, match=message):
        NoteTuple(vocabulary)
