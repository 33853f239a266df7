"""Songs in JSON: valid ones are read, and others are refused with the valid values."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from music.errors import UnreadablePieceError
from music.notes import Notes, cleaned
from music.piece import TempoChange, TimeSignature
from music.players.line_up import ONE_PIANO, LineUp
from music.players.roles import DRUMS
from music.reading import read_song

NOTE = {"pitch": 60, "start_beats": 1.5, "duration_beats": 0.5}


def song(*notes, **members):
    return json.dumps({"notes": notes or [NOTE], **members}).encode()


@given(
    st.lists(
        st.tuples(st.integers(0, 5000), st.integers(1, 500), st.integers(21, 108)),
        min_size=1,
        max_size=50,
    )
)
def test_notes_are_read_in_any_order_as_they_are_written(rows):
    notes = [
        {"pitch": pitch, "start_beats": onset / 12, "duration_beats": round(ticks / 12, 6)}
        for onset, ticks, pitch in rows
    ]
    assert read_song(song(*notes), "x").notes == cleaned(Notes.of(*zip(*rows, strict=True)))


def test_time_is_counted_from_the_first_note():
    piece = read_song(
        song(
            NOTE,
            tempos=[{"start_beats": 0, "tempo": 90}, {"start_beats": 4, "tempo": 70.5}],
            time_signatures=[{"start_beats": 0, "numerator": 3, "denominator": 4}],
        ),
        "x",
    )
    assert piece.tempos == (TempoChange(0, 90), TempoChange(30, 70.5))
    assert piece.time_signatures == (TimeSignature(-18, 3, 4),)


def test_how_notes_sound_may_be_absent():
    sounding = {**NOTE, "pitch": 64, "sounding_beats": 0.25, "velocity": 50}
    performance = read_song(song(NOTE, sounding), "x").performance
    assert performance.velocity.tolist() == [80, 50]
    assert performance.sounding_ticks.tolist() == [6, 3]


def test_no_note_sounds_longer_than_it_is_written():
    long = {**NOTE, "sounding_beats": 9}
    assert np.array_equal(read_song(song(long), "x").performance.sounding_ticks, [6])


PARTS = [{"role": "strings", "program": 40}, {"role": "drums", "program": 8}]
DUO = [{**NOTE, "part": 0}, {**NOTE, "pitch": 38, "part": 1}]


def test_a_band_keeps_its_roles_and_programs():
    piece = read_song(song(*DUO, parts=PARTS), "x", band=True)
    assert piece.line_up == LineUp.of({20: 40, DRUMS: 8})
    assert piece.notes == Notes.of([0, 0], [6, 6], [60, 38], [20, DRUMS])


def test_a_band_is_merged_without_drums_unless_it_is_read_as_a_band():
    piece = read_song(song(*DUO, parts=PARTS), "x")
    assert piece.line_up == ONE_PIANO
    assert piece.notes == Notes.of([0], [6], [60])


def test_a_song_without_parts_is_one_piano():
    assert read_song(song(NOTE), "x", band=True).line_up == ONE_PIANO


def test_other_members_are_ignored():
    plain = read_song(song(NOTE), "x")
    more = read_song(song({**NOTE, "start_s": "?"}, game=1, plan=[]), "x")
    assert more.notes == plain.notes


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"{", "not JSON"),
        (b'{"songs": [{}]}', "no notes in it; of several songs, only one can be read"),
        (b'{"notes": [NaN]}', "not JSON"),
        (b"\xff{}", "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (b"[]", "not a JSON object"),
        (b"{}", "no notes in it"),
        (song(notes=[]), "no notes in it"),
        (song(notes={}), "notes must be a list"),
        (song(notes=[1]), "notes[0] must be an object"),
        (song(notes=[NOTE] * 20_001), "more than 20000 notes"),
        (song(NOTE, {**NOTE, "pitch": 20}), "notes[1].pitch must be an integer from 21 to 108"),
        (song({**NOTE, "pitch": 60.5}), "notes[0].pitch must be an integer from 21 to 108"),
        (song({**NOTE, "pitch": True}), "notes[0].pitch must be an integer from 21 to 108"),
        (song({"pitch": 60}), "notes[0].duration_beats must be a number from 0 to 10000"),
        (
            song({**NOTE, "start_beats": -1}),
            "notes[0].start_beats must be a number from 0 to 10000",
        ),
        (
            b'{"notes": [{"pitch": 60, "duration_beats": 1, "start_beats": 1e999}]}',
            "notes[0].start_beats must be a number from 0 to 10000",
        ),
        (
            song({**NOTE, "sounding_beats": 0}),
            "notes[0].sounding_beats must be a number from 0.001 to 10000",
        ),
        (song({**NOTE, "velocity": 128}), "notes[0].velocity must be an integer from 1 to 127"),
        (song(parts={}), "parts must be a list"),
        (
            song(parts=[{"role": "violin", "program": 40}]),
            (
                "parts[0].role must be a family of General MIDI or drums, such as piano, strings, "
                "strings 2, drums"
            ),
        ),
        (song(parts=[{"role": "brass"}]), "parts[0].program must be an integer from 0 to 127"),
        (song(*DUO, parts=[PARTS[0]] * 2), "parts[1].role is that of parts[0] too"),
        (song(*DUO, parts=PARTS[:1]), "notes[1].part must be an integer from 0 to 0"),
        (song(NOTE, parts=PARTS), "notes[0].part must be an integer from 0 to 1"),
        (song(DUO[1], parts=PARTS), "no notes in it (drums are left out)"),
        (song(tempos=[{"start_beats": 0}]), "tempos[0].tempo must be a number from 1 to 1000"),
        (
            song(time_signatures=[{"start_beats": 0, "numerator": 0, "denominator": 4}]),
            "time_signatures[0].numerator must be an integer from 1 to 64",
        ),
        (
            song(time_signatures=[{"start_beats": 0, "numerator": 3, "denominator": 3}]),
            "time_signatures[0].denominator must be one of 1, 2, 4, 8, 16, 32, 64",
        ),
    ],
)
def test_an_unreadable_file_is_reported_with_the_valid_formats(content, message):
    with pytest.raises(UnreadablePieceError) as refused:
        read_song(content, "x")
    assert str(refused.value) == message
