"""How instruments play bands."""

import numpy as np
import pytest

from music.audio.instrument import Sound
from music.audio.piano import Piano
from music.audio.soundfont import Soundfont
from music.notes import Notes
from music.piece import constant_tempo
from music.players.line_up import LineUp
from music.players.roles import DRUMS
from tests.music.bands import LINE_UP, NOTES, PIANO, VIOLIN
from tests.music.soundfonts import needs_fluidsynth, soundfont

TEMPOS = constant_tempo(120)


def samples(sound: Sound):
    played = np.concatenate(list(sound.blocks))
    assert len(played) == sound.samples
    return played


def test_the_computed_piano_plays_all_parts_as_one_piano_without_drums():
    band = samples(Piano().play(NOTES, TEMPOS, line_up=LINE_UP))
    alone = samples(Piano().play(NOTES.as_piano(), TEMPOS))
    assert np.array_equal(band[: len(alone)], alone[: len(band)])


def test_a_key_that_two_parts_strike_is_struck_once():
    twice = Notes.of([0, 0], [12, 24], [60, 60], [PIANO, VIOLIN])
    once = Notes.of([0], [24], [60])
    assert np.array_equal(
        samples(Piano().play(twice, TEMPOS, line_up=LINE_UP)), samples(Piano().play(once, TEMPOS))
    )


def test_drums_alone_are_silence_of_their_length():
    drums = NOTES[NOTES.role == DRUMS]
    sound = samples(Piano().play(drums, TEMPOS, line_up=LINE_UP))
    assert len(sound) > 4 * 44_100 * 0.9
    assert not sound.any()


@needs_fluidsynth
@pytest.mark.parametrize("role", [0, 20], ids=["piano", "strings"])
def test_a_soundfont_plays_each_part_with_its_program(tmp_path, role):
    path = tmp_path / "sine.sf2"  # its flute is an octave higher
    path.write_bytes(soundfont())
    notes = Notes.of([0], [12], [69], [role])
    by_program = [
        samples(Soundfont(path).play(notes, TEMPOS, line_up=LineUp.of({role: program})))
        for program in (0, 73)
    ]
    crossings = [np.count_nonzero(np.diff(np.sign(sound[:20_000, 0]))) for sound in by_program]
    assert crossings[1] == pytest.approx(2 * crossings[0], rel=0.02)


def test_a_sound_is_continued_with_silence():
    sound = Sound(3, iter([np.ones((3, 2), np.float32)]))
    longer = samples(sound.lasting(100_000))
    assert longer[:3].all()
    assert not longer[3:].any()
