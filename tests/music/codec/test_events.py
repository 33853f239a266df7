"""The codec `notes`: pitch names and chords, every event half a beat."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from music.codec import BOS, FIRST, PAD, Cursor, as_encoded
from music.codec.events import Events
from music.errors import TokenError
from music.notes import Notes, join, on_grid
from tests.music.support import gridded, raw_notes

# E flat alone, then C major with its third below and its root doubled, then E alone.
PIECE = on_grid([0, 1, 1, 1, 1, 4], [1, 2, 2, 2, 2, 1], [63, 52, 60, 67, 72, 64])
CODEC = Events.over([PIECE])


def test_a_note_is_its_pitchs_name_and_a_chord_the_normal_order_of_its_pitch_classes():
    assert CODEC.vocabulary == (("0.4.7", "E-4", "E4"),)
    assert [CODEC.vocabulary[0][n - FIRST] for n in CODEC.encode(PIECE)] == ["E-4", "0.4.7", "E4"]


@pytest.mark.parametrize(
    ("pitches", "name"),
    [
        ([21], "A0"),
        ([60], "C4"),
        ([108], "C8"),
        ([61, 73], "1"),
        ([60, 71], "11.0"),
        ([62, 65, 71], "11.2.5"),
        ([57, 60, 64, 67], "4.7.9.0"),
    ],
)
def test_names_are_music21s(pitches, name):
    notes = on_grid([0] * len(pitches), [1] * len(pitches), pitches)
    assert Events.over([notes]).vocabulary == ((name,),)


@given(st.integers(21, 108))
def test_pitch_names_agree_with_music21(pitch):
    from music21.pitch import Pitch  # noqa: PLC0415  slow

    names = Events.over([Notes.of([0], [6], [pitch])]).vocabulary
    assert names == ((Pitch(pitch).nameWithOctave,),)


def test_every_event_is_half_a_beat_and_a_chord_is_above_middle_c():
    told, cursor = CODEC.decode(CODEC.encode(PIECE))
    assert told == Notes.of([0, 6, 6, 6, 12], [6] * 5, [63, 60, 64, 67, 64])
    assert cursor == Cursor(18)


def test_special_tokens_take_no_time():
    assert CODEC.decode([PAD, BOS])[1] == Cursor(0)


@given(raw_notes, st.integers(0, 60))
def test_decoding_does_not_depend_on_the_chunks(raw, cut):
    notes = gridded(raw)
    assume(len(notes))
    codec = Events.over([notes])
    tokens = codec.encode(notes)
    whole, end = codec.decode(tokens)
    first, cursor = codec.decode(tokens[:cut])
    second, last = codec.decode(tokens[cut:], cursor)
    assert last == end
    assert join([first, second]) == whole


@given(raw_notes)
def test_encoding_what_was_decoded_gives_the_same_tokens(raw):
    notes = gridded(raw)
    assume(len(notes))
    told = as_encoded(Events.over([notes]), notes)
    assert as_encoded(Events.over([told]), told) == told


def test_an_event_that_was_not_in_the_pieces_cannot_be_written():
    with pytest.raises(TokenError, match="the event G4 is not in the vocabulary"):
        CODEC.encode(on_grid([0], [1], [67]))


@pytest.mark.parametrize(
    "name", ["H4", "E#4", "E-", "12.0", "0.", ".4", "", "0.4.-7", "Pitch_1", "A9"]
)
def test_names_of_another_codec_are_refused(name):
    with pytest.raises(TokenError, match="neither a pitch"):
        Events([[name]])


@pytest.mark.parametrize(
    ("vocabulary", "message"),
    [([["C4"], ["D4"]], "has 2 fields, not 1"), ([[]], "has a field without values")],
)
def test_a_vocabulary_of_another_form_is_refused(vocabulary, message):
    with pytest.raises(TokenError, match=message):
        Events(vocabulary)


def test_spelled_an_event_is_its_token():
    tokens = CODEC.encode(PIECE)
    assert CODEC.spelled(tokens).tolist() == tokens.tolist()
