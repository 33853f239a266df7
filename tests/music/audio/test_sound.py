"""Sound: every instrument plays the written notes at their times, and then is silent."""

import io
import tracemalloc
import wave
from pathlib import Path

import numpy as np
import pytest

import music.audio.room
from music.audio.instrument import SAMPLE_RATE_HZ
from music.audio.piano import Piano
from music.audio.soundfont import Soundfont
from music.audio.wav import to_wav, wav_bytes
from music.errors import SoundfontError
from music.notes import HIGHEST_PITCH, LOWEST_PITCH, Notes
from music.piece import constant_tempo
from tests.music.soundfonts import needs_fluidsynth, soundfont

A4, TEMPO_BPM = 69, 60  # a beat is a second
CHORD_THEN_NOTE = Notes.of([0, 0, 24], [12, 12, 12], [57, 69, 64])


@pytest.fixture(params=["piano", pytest.param("soundfont", marks=needs_fluidsynth)])
def instrument(request, tmp_path):
    return Piano() if request.param == "piano" else Soundfont(written(tmp_path))


def written(folder: Path) -> Path:
    path = folder / "sine.sf2"
    path.write_bytes(soundfont())
    return path


def played(instrument, notes, tempo_bpm=TEMPO_BPM):
    sound = instrument.play(notes, constant_tempo(tempo_bpm))
    blocks = list(sound.blocks)
    assert sum(map(len, blocks)) == sound.samples
    return np.concatenate(blocks)


def loudness(sound, start_s, end_s):
    part = sound[round(start_s * SAMPLE_RATE_HZ) : round(end_s * SAMPLE_RATE_HZ)]
    return float(np.sqrt(np.square(part.astype(np.float64)).mean()))


def test_a_note_sounds_at_its_pitch(instrument):
    sound = played(instrument, Notes.of([0], [24], [A4])).sum(axis=1)[:SAMPLE_RATE_HZ]
    spectrum = np.abs(np.fft.rfft(sound * np.hanning(len(sound))))
    assert spectrum.argmax() == pytest.approx(440, abs=3)


def test_notes_sound_when_they_are_written_and_not_between(instrument):
    sound = played(instrument, CHORD_THEN_NOTE)
    assert loudness(sound, 0, 0.5) > 0.01
    assert loudness(sound, 2, 2.5) > 0.01
    assert loudness(sound, 1.9, 2) < 0.1 * loudness(sound, 2, 2.5)


def test_it_lasts_until_the_last_note_has_died_away(instrument):
    sound = played(instrument, CHORD_THEN_NOTE)
    assert len(sound) > 3 * SAMPLE_RATE_HZ
    assert np.abs(sound[-100:]).max() < 0.01


def test_both_sides_of_the_piano_are_in_range():
    crowd = Notes.of([0] * 60, [24] * 60, range(30, 90))
    sound = played(Piano(), crowd)
    assert sound.dtype == np.float32
    assert sound.shape[1] == 2
    assert 0.3 < np.abs(sound).max() <= 1


def test_the_same_notes_sound_the_same(instrument):
    assert np.array_equal(played(instrument, CHORD_THEN_NOTE), played(instrument, CHORD_THEN_NOTE))


def test_a_faster_tempo_is_over_sooner(instrument):
    slow, fast = (played(instrument, CHORD_THEN_NOTE, bpm) for bpm in (60, 240))
    assert len(fast) < len(slow)


def test_the_piano_plays_every_key_loud_enough_and_lets_it_die_away():
    for pitch in range(LOWEST_PITCH, HIGHEST_PITCH + 1):
        sound = played(Piano(), Notes.of([0], [6], [pitch]), 120)
        assert loudness(sound, 0, 0.25) > 0.004
        assert np.abs(sound[-100:]).max() < 0.001


def test_a_song_of_many_blocks_sounds_as_if_it_were_one(instrument, monkeypatch):
    notes = Notes.of([0, 6, 30, 31, 100], [12, 80, 12, 3, 9], [60, 43, 71, 90, 50])
    in_blocks = played(instrument, notes)
    size = 1 << 20
    assert len(in_blocks) < size
    for module in ("filtering", "mixing", "piano", "soundfont"):
        monkeypatch.setattr(f"music.audio.{module}.BLOCK", size)
    for module in ("filtering", "room"):
        monkeypatch.setattr(f"music.audio.{module}.FFT_SIZE", size + (1 << 16))
    music.audio.room._spectrum.cache_clear()
    whole = played(instrument, notes)
    music.audio.room._spectrum.cache_clear()
    np.testing.assert_allclose(in_blocks, whole, atol=2e-6)


def test_only_samples_ahead_are_stored_for_a_long_song(instrument):
    seconds = 600
    notes = Notes.of(
        np.arange(4 * seconds) * 6, [6] * 4 * seconds, [40 + n % 40 for n in range(4 * seconds)]
    )
    tracemalloc.start()
    for _ in instrument.play(notes, constant_tempo(120)).blocks:
        pass
    _, peak_bytes = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak_bytes < 100 << 20  # whole it has 202 MB; the tones of all keys have 97


def test_no_notes_are_silence():
    assert np.abs(played(Piano(), Notes.of([], [], []))).max() == 0


def test_a_wav_file_can_be_read_by_another_library(instrument):
    sound = instrument.play(CHORD_THEN_NOTE, constant_tempo(TEMPO_BPM))
    file = b"".join(to_wav(sound))
    assert len(file) == wav_bytes(sound)
    with wave.open(io.BytesIO(file)) as reader:
        assert reader.getparams()[:3] == (2, 2, SAMPLE_RATE_HZ)
        samples = np.frombuffer(reader.readframes(reader.getnframes()), "<i2").reshape(-1, 2)
    sound = played(instrument, CHORD_THEN_NOTE)
    np.testing.assert_allclose(samples / 32767, sound, atol=1 / 32767)


@needs_fluidsynth
@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "cannot be read: No such file"),
        (b"", "is no soundfont"),
        (b"MThd" * 9, "is no"),
        (b"RIFF\0\0\0\0sfbk" * 2, "is damaged"),
    ],
)
def test_an_invalid_soundfont_is_refused(tmp_path, content, said):
    path = tmp_path / "piano.sf2"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(SoundfontError, match=said):
        Soundfont(path)
