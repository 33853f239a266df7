"""What a band's song comes out as: its parts in JSON, and its stems."""

import io
import json
import wave
import zipfile
from dataclasses import replace

import mido
import numpy as np
import pytest

from api.composing.song import Song, SongRequest
from api.deadline import Deadline
from api.errors import OutOfTimeError
from api.formats.encoders import midi, ogg, wav
from api.formats.song_json import document
from api.formats.stems import stems
from music.audio.instrument import Sound
from music.audio.loudness import integrated_lufs, measure
from music.audio.mastering import HIGHEST_PEAK_DBTP, TARGET_LUFS
from music.audio.piano import Piano
from music.audio.soundfont import Soundfont
from music.composing.brief import Brief
from music.expression.touch import Touch
from music.form.plan import Plan, Section
from music.notes import Notes
from music.piece import TimeSignature, constant_tempo
from music.players.line_up import ONE_PIANO
from music.quotes.finder import NO_QUOTES
from music.reading import read_song
from tests.api.contract import valid
from tests.music.bands import LINE_UP, NAMES, NOTES, PROGRAMS, VIOLIN
from tests.music.soundfonts import needs_fluidsynth, soundfont

FOUR_FOUR = TimeSignature(0, 4, 4)
SONG = Song(
    notes=NOTES,
    tempos=constant_tempo(240.0),
    time_signatures=(FOUR_FOUR,),
    game_title="Touhou",
    version=1,
    longest_quote=NO_QUOTES.longest,
    request=SongRequest("touhou", Brief(seed=7)),
    touch=Touch(),
    line_up=LINE_UP,
)
LOOP = replace(SONG, plan=Plan(FOUR_FOUR, (Section("A", 2),), ends=False, loops=True))
# A loop whose last bar is silent but for drums.
FADING = replace(LOOP, plan=Plan(FOUR_FOUR, (Section("A", 6),), ends=False, loops=True))
ONE_TUNE = Notes.of([0, 12], [12, 12], [60, 62])
PIANO = replace(SONG, notes=ONE_TUNE, line_up=ONE_PIANO)


def later():
    return Deadline.after(60)


def unpacked(song, instrument=None):
    content = b"".join(stems(song, later(), instrument or Piano()).pieces)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name) for name in archive.namelist()}


def test_a_bands_json_names_its_parts_and_which_part_plays_each_note():
    song = document(SONG)
    assert [part["name"] for part in song["parts"]] == NAMES
    assert [part["program"] for part in song["parts"]] == PROGRAMS
    assert song["parts"][2] == {
        "name": "Violin 1",
        "instrument": "Violin",
        "program": 40,
        "role": "strings",
    }
    assert song["parts"][-1]["role"] == "drums"
    flute = [note for note in song["notes"] if song["parts"][note["part"]]["role"] == "pipe"]
    assert [note["pitch"] for note in flute] == [84, 86, 88, 89, 91, 89, 88, 86]
    valid("Song").validate(song)
    valid("UploadedSong").validate(song)


def test_one_piano_has_no_parts_in_json():
    song = document(PIANO)
    assert "parts" not in song
    assert {"part" in note for note in song["notes"]} == {False}


def test_a_bands_json_is_read_back_as_the_same_band():
    piece = read_song(json.dumps(document(SONG)).encode(), "x", band=True)
    assert (piece.notes, piece.line_up) == (SONG.notes, SONG.line_up)


@pytest.mark.parametrize("song", [SONG, LOOP, FADING], ids=["song", "loop", "silent end"])
def test_stems_are_a_midi_and_a_wav_file_per_part_of_equal_length(song):
    files = unpacked(song)
    stem_names = [f"{number:02} {name}" for number, name in enumerate(NAMES, 1)]
    assert list(files) == [
        "song.json",
        *(f"{name}.mid" for name in stem_names),
        *(f"{name}.wav" for name in stem_names),
    ]
    ticks, frames = set(), set()
    for name in stem_names:
        (track,) = mido.MidiFile(file=io.BytesIO(files[f"{name}.mid"])).tracks
        assert track.name == name[3:]
        ticks.add(sum(message.time for message in track))
        with wave.open(io.BytesIO(files[f"{name}.wav"])) as sound:
            frames.add(sound.getnframes())
            assert len(sound.readframes(10**9)) == 4 * sound.getnframes()
    assert len(frames) == 1
    assert ticks == {max(song.notes.end_ticks, song.plan.end_ticks if song.plan else 0) * 40}
    with wave.open(io.BytesIO(b"".join(wav(song, later(), Piano()).pieces))) as whole:
        assert frames == {whole.getnframes()}


def test_stems_are_played_as_in_the_song():
    whole = mido.MidiFile(file=io.BytesIO(midi(SONG, later())))
    files = unpacked(SONG)
    for track, name in zip(whole.tracks, NAMES, strict=True):
        (stem,) = (content for file, content in files.items() if file.endswith(f" {name}.mid"))
        (alone,) = mido.MidiFile(file=io.BytesIO(stem)).tracks
        played = [
            [(m.note, m.velocity, m.time) for m in one if m.type in {"note_on", "note_off"}]
            for one in (track, alone)
        ]
        assert played[0] == played[1]


def test_the_computed_piano_leaves_out_drums():
    sounds = {
        name: np.frombuffer(content[44:], "<i2")
        for name, content in unpacked(SONG).items()
        if name.endswith(".wav")
    }
    loudest = {name[3:-4]: int(np.abs(sound).max()) for name, sound in sounds.items()}
    assert loudest.pop("Drums") == 0
    assert min(loudest.values()) > 500


def test_a_part_without_notes_has_no_stem():
    silent = unpacked(replace(SONG, notes=NOTES[NOTES.role != VIOLIN]))
    assert len(silent) == 11
    assert not any("Violin 1" in name for name in silent)
    assert "04 Violin 2.wav" in silent


def test_one_piano_has_one_stem_which_is_the_song():
    files = unpacked(PIANO)
    assert list(files) == [
        "song.json",
        "01 Acoustic Grand Piano.mid",
        "01 Acoustic Grand Piano.wav",
    ]
    assert files["01 Acoustic Grand Piano.mid"] == midi(PIANO, later())
    assert files["01 Acoustic Grand Piano.wav"] == b"".join(wav(PIANO, later(), Piano()).pieces)


def test_stems_are_the_same_bytes_each_time():
    assert unpacked(SONG) == unpacked(SONG)


def frames(content):
    with wave.open(io.BytesIO(content)) as sound:
        return np.frombuffer(sound.readframes(sound.getnframes()), "<i2").reshape(-1, 2) / 32767


@needs_fluidsynth
@pytest.mark.parametrize("song", [SONG, LOOP], ids=["song", "loop"])
def test_stems_by_a_soundfont_add_up_to_the_song_at_its_loudness(song, tmp_path):
    path = tmp_path / "small.sf2"
    path.write_bytes(soundfont())
    instrument = Soundfont(path)
    whole = frames(b"".join(wav(song, later(), instrument).pieces))
    files = unpacked(song, instrument)
    parts = [frames(content) for name, content in files.items() if name.endswith(".wav")]
    assert len(parts) == len(NAMES)
    # FluidSynth's filters depend slightly on what a voice played before.
    assert np.sqrt(np.mean((sum(parts) - whole) ** 2)) < 0.01 * np.sqrt(np.mean(whole**2))
    measured = measure(Sound(len(whole), [whole.astype(np.float32)]))
    assert integrated_lufs(measured.power) == pytest.approx(TARGET_LUFS, abs=0.5)
    assert 20 * np.log10(measured.peak.max()) <= HIGHEST_PEAK_DBTP


@needs_fluidsynth
@pytest.mark.parametrize("encode", [wav, ogg, stems])
def test_a_band_is_not_rendered_longer_than_the_request_has_time(encode, tmp_path):
    path = tmp_path / "small.sf2"
    path.write_bytes(soundfont())
    deadline = Deadline.after(60)
    started = []

    class Slow(Soundfont):
        def play(self, *played):
            sound = super().play(*played)

            def blocks():
                started.append(None)
                deadline.cancel()
                yield from sound.blocks

            return Sound(sound.samples, blocks())

    with pytest.raises(OutOfTimeError):
        encode(SONG, deadline, Slow(path))
    assert started
