"""MIDI files that we write can be read by others."""

import io

import mido
import pytest
from hypothesis import given
from hypothesis import strategies as st

from music.midi import to_midi
from music.notes import Notes
from music.performance import FLAT_VELOCITY
from music.piece import TempoChange, TimeSignature, constant_tempo
from music.reading import read_midi
from tests.music.support import gridded, raw_notes

THREE = Notes.of([0, 0, 12], [12, 24, 12], [60, 64, 60])


def messages(midi: bytes) -> list[mido.Message]:
    return [m for track in mido.MidiFile(file=io.BytesIO(midi)).tracks for m in track]


def test_a_file_has_its_track_name_and_provenance():
    found = messages(to_midi(THREE, tempos=constant_tempo(90), name="Bach", text="seed=7"))
    assert [m.name for m in found if m.type == "track_name"] == ["Bach"]
    assert [m.text for m in found if m.type == "text"] == ["seed=7"]
    assert [m.program for m in found if m.type == "program_change"] == [0]
    assert [mido.tempo2bpm(m.tempo) for m in found if m.type == "set_tempo"] == [
        pytest.approx(90, abs=0.01)
    ]


@pytest.mark.parametrize("length", [0, 127, 128, 20_000])
def test_a_text_of_any_length_round_trips(length):
    found = messages(to_midi(THREE, tempos=constant_tempo(120), name="x", text="a" * length))
    assert [len(m.text) for m in found if m.type == "text"] == [length]


def test_every_note_sounds_and_ends():
    found = messages(to_midi(THREE, tempos=constant_tempo(120), name="x", text=""))
    on = [m.note for m in found if m.type == "note_on" and m.velocity]
    off = [m.note for m in found if m.type == "note_off" or getattr(m, "velocity", 1) == 0]
    assert sorted(on) == sorted(off) == [60, 60, 64]
    assert {m.velocity for m in found if m.type == "note_on" and m.velocity} == {FLAT_VELOCITY}


def test_a_note_ends_when_its_key_is_struck_again():
    overlapping = Notes.of([0, 6], [24, 6], [60, 60])
    back = read_midi(to_midi(overlapping, tempos=constant_tempo(120), name="x", text=""), "x")
    assert back.notes == Notes.of([0, 6], [6, 6], [60, 60])


@given(raw_notes.map(gridded).filter(len), st.floats(20, 400))
def test_written_notes_are_read_back_exactly(notes, tempo_bpm):
    back = read_midi(to_midi(notes, tempos=constant_tempo(tempo_bpm), name="x", text="y"), "x")
    assert back.notes == notes
    assert back.tempo_bpm == pytest.approx(tempo_bpm, abs=0.01)


WALTZ = TimeSignature(0, 3, 4)


@pytest.mark.parametrize(
    ("signatures", "written"),
    [
        ((), [(0, 4, 4)]),
        ((WALTZ,), [(0, 3, 4)]),
        ((WALTZ, TimeSignature(36, 6, 8)), [(0, 3, 4), (36, 6, 8)]),
        ((TimeSignature(24, 3, 4),), [(0, 4, 4), (24, 3, 4)]),
        ((TimeSignature(-24, 3, 4),), [(0, 1, 4), (12, 3, 4)]),
        ((TimeSignature(-18, 4, 4),), [(0, 5, 8), (30, 4, 4)]),
        ((TimeSignature(-3, 2, 2),), [(0, 15, 16), (45, 2, 2)]),
        ((TimeSignature(-4, 4, 4),), [(0, 4, 4), (44, 4, 4)]),
    ],
    ids=["none", "3/4", "two", "late", "pickup", "eighths", "sixteenths", "triplets"],
)
def test_bars_start_where_the_time_signatures_say(signatures, written):
    midi = to_midi(THREE, tempos=constant_tempo(90), time_signatures=signatures, name="x", text="")
    now, found = 0, []
    for message in mido.MidiFile(file=io.BytesIO(midi)).tracks[0]:
        now += message.time
        if message.type == "time_signature":
            found.append((now // 40, message.numerator, message.denominator))
    assert found == written


def test_a_tempo_map_round_trips():
    tempos = (TempoChange(0, 60), TempoChange(7, 180))
    midi = to_midi(THREE, tempos=tempos, time_signatures=(WALTZ,), name="x", text="")
    piece = read_midi(midi, "x")
    assert piece.tempos == tempos
    assert piece.time_signatures == (WALTZ,)
