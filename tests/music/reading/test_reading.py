"""Reads pieces: every part, on the grid, or a reason why not."""

import mido
import music21
import pytest

from music.errors import UnreadablePieceError
from music.notes import Notes
from music.reading import read_midi, read_piece
from tests.music.reading.support import midi_file, note

TWO_BARS = """X:1
T:Two bars
M:4/4
L:1/4
Q:1/4=90
K:C
C D E2- | E2 [CEG]2 |
"""


def test_every_part_is_read_and_merged():
    right, left = note(72, 480) + note(74, 480), note(48, 960)
    assert read_midi(midi_file(right, left), "x").notes == Notes.of(
        [0, 0, 12], [24, 12, 12], [48, 72, 74]
    )


def test_drums_are_left_out():
    drums = note(60, 480, channel=9)
    assert read_midi(midi_file(note(64, 480), drums), "x").notes.pitch.tolist() == [64]


@pytest.mark.parametrize("ticks_per_beat", [24, 96, 480, 1024])
def test_the_grid_does_not_depend_on_the_files_resolution(ticks_per_beat):
    piece = read_midi(midi_file(note(60, ticks_per_beat // 2), ticks_per_beat=ticks_per_beat), "x")
    assert piece.notes.duration_ticks.tolist() == [6]


def test_the_tempo_is_the_one_of_most_beats():
    tempo = [
        mido.MetaMessage("set_tempo", tempo=mido.bpm2tempo(60), time=0),
        mido.MetaMessage("set_tempo", tempo=mido.bpm2tempo(140), time=480),
    ]
    assert read_midi(midi_file(tempo, note(60, 4800)), "x").tempo_bpm == pytest.approx(140)


def test_a_tempo_of_no_time_at_all_is_none():
    none = [mido.MetaMessage("set_tempo", tempo=0, time=0)]
    assert read_midi(midi_file(none, note(60, 480)), "x").tempo_bpm == 120


def test_a_scores_drums_are_left_out(tmp_path):
    drums, flute = music21.stream.Part(), music21.stream.Part()
    drums.append([music21.instrument.Woodblock(), music21.note.Note("C4")])
    drums.getInstrument().midiChannel = 9
    flute.append([music21.instrument.Flute(), music21.note.Note("E5")])
    path = music21.stream.Score([drums, flute]).write("musicxml", tmp_path / "score.musicxml")
    assert read_piece(path).notes.pitch.tolist() == [76]


def test_a_file_without_a_tempo_goes_at_120():
    assert read_midi(midi_file(note(60, 480)), "x").tempo_bpm == 120


def test_abc_is_read_by_music21_with_its_ties_and_chords(tmp_path):
    path = tmp_path / "two bars.abc"
    path.write_text(TWO_BARS)
    piece = read_piece(path)
    assert piece.name == "two bars"
    assert piece.tempo_bpm == 90
    assert piece.notes == Notes.of(
        [0, 12, 24, 72, 72, 72], [12, 12, 48, 24, 24, 24], [60, 62, 64, 60, 64, 67]
    )


def test_the_tunes_of_a_tune_book_come_one_after_another(tmp_path):
    path = tmp_path / "book.abc"
    path.write_text("X:1\nT:A\nL:1/4\nK:C\nC D\n\nX:2\nT:B\nL:1/4\nK:C\nE F\n")
    assert read_piece(path).notes == Notes.of([0, 12, 24, 36], [12] * 4, [60, 62, 64, 65])


def test_chord_symbols_and_grace_notes_do_not_sound(tmp_path):
    path = tmp_path / "tune.abc"
    path.write_text('X:1\nT:A\nL:1/4\nK:C\n"Am"{B}A "G7"G\n')
    assert read_piece(path).notes == Notes.of([0, 12], [12, 12], [69, 67])


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("a.mid", b"", "not a MIDI file: it does not begin with MThd"),
        ("a.mid", b"<html>", "not a MIDI file"),
        (
            "a.mid",
            midi_file(note(60, 480))[:22] + b"\xff" * 8,
            "track 1 is broken: its event at byte 22 has a number of more",
        ),
        (
            "a.mid",
            midi_file(note(60, 480), ticks_per_beat=1)[:12]
            + b"\0\0"
            + midi_file(note(60, 480))[14:],
            "a beat has no ticks",
        ),
        ("a.mid", midi_file(note(60, 2**27), ticks_per_beat=1), "longer than 10000 beats"),
        ("a.mid", midi_file([]), "no notes in it"),
        ("a.mid", midi_file(note(60, 480, channel=9)), "none of its notes can be read: 1 of drums"),
        ("a.rmi", b"RIFF\0\0\0\0RMID", "a RIFF file without a MIDI file in it"),
        ("a.mid", bytes(5 * 2**20), "more than 4 MB"),
        ("a.musicxml", b"<score-partwise>", "broken XML: no element found"),
        ("a.txt", b"C D E", "not a kind of file that is read"),
    ],
)
def test_an_unreadable_file_is_refused_with_a_reason(tmp_path, name, content, reason):
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(UnreadablePieceError, match=reason):
        read_piece(path)


def test_time_in_frames_is_refused():
    smpte = bytearray(midi_file(note(60, 480)))
    smpte[12:14] = bytes((0xE7, 40))  # 25 frames a second, 40 ticks a frame
    with pytest.raises(UnreadablePieceError, match="not in ticks per beat"):
        read_midi(bytes(smpte), "x")
