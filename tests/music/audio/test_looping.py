"""The sound of loops: the decay after the end sounds at the start, without a click."""

import struct

import numpy as np
import pytest

from music.audio.instrument import SAMPLE_RATE_HZ, sample_at
from music.audio.looping import play_loop
from music.audio.piano import Piano
from music.audio.wav import to_wav, wav_bytes
from music.notes import Notes, join
from music.performance import plain
from music.piece import constant_tempo

FAST = constant_tempo(240.0)
BAR_TICKS = 48
LOOP = Notes.of(
    [0, 12, 24, 36, 48, 60, 84, 95],
    [12, 12, 12, 12, 12, 24, 11, 1],
    [60, 64, 67, 72, 48, 55, 36, 74],
)
INTRO = Notes.of([0, 24], [24, 24], [43, 50])
LOOP_TICKS = 2 * BAR_TICKS
ONE_STEP = 1.5 / 32767  # of 16 bits; blocks that begin elsewhere round differently


def samples(sound):
    return np.concatenate(list(sound.blocks))


def played(notes, loop_ticks):
    sound, loop = play_loop(Piano(), notes, FAST, plain(notes), loop_ticks)
    output = samples(sound)
    assert len(output) == sound.samples
    return output, loop


def repeated(notes, times):
    return join([notes.shifted(n * LOOP_TICKS) for n in range(times)])


def test_a_loop_is_as_long_as_its_bars():
    output, loop = played(LOOP, (0, LOOP_TICKS))
    assert (loop.start, loop.samples) == (0, sample_at(FAST, LOOP_TICKS))
    assert len(output) == loop.samples == 2 * SAMPLE_RATE_HZ


@pytest.mark.parametrize("bpm", [91.0, 97.0, 113.0, 127.0])
@pytest.mark.parametrize("intro_ticks", [0, BAR_TICKS])
def test_a_loop_has_the_length_of_the_plan_at_any_tempo(bpm, intro_ticks):
    tempos, end = constant_tempo(bpm), intro_ticks + LOOP_TICKS
    notes = LOOP.shifted(intro_ticks)
    sound, loop = play_loop(Piano(), notes, tempos, plain(notes), (intro_ticks, end))
    assert loop.samples == sample_at(tempos, end) - sample_at(tempos, intro_ticks)
    assert loop.start + loop.samples == sound.samples


def test_the_file_played_again_is_the_music_played_again():
    output, loop = played(LOOP, (0, LOOP_TICKS))
    thrice = samples(Piano().play(repeated(LOOP, 3), FAST))
    second = thrice[loop.samples : 2 * loop.samples]
    assert np.abs(output - second).max() < ONE_STEP


def test_the_decay_after_the_end_sounds_at_the_start():
    output, loop = played(LOOP, (0, LOOP_TICKS))
    once = samples(Piano().play(LOOP, FAST))
    tail = once[loop.samples :]
    assert np.abs(tail[:1000]).max() > 20 * ONE_STEP
    count = min(len(tail), len(output))
    assert (
        np.abs(output[:count] - once[:count] - tail[:count]).max() < 0.03
    )  # loud notes are limited


def test_a_loop_restarts_without_a_click():
    output, _ = played(LOOP, (0, LOOP_TICKS))
    seam = np.abs(output[0] - output[-1]).max()
    assert seam <= np.abs(np.diff(output, axis=0)).max()


def test_an_intro_dies_away_in_a_first_time_that_does_not_loop():
    notes = join([INTRO, LOOP.shifted(BAR_TICKS)])
    output, loop = played(notes, (BAR_TICKS, BAR_TICKS + LOOP_TICKS))
    assert loop.start == sample_at(FAST, BAR_TICKS + LOOP_TICKS)
    assert loop.start + loop.samples == len(output)
    on = samples(Piano().play(join([INTRO, repeated(LOOP, 3).shifted(BAR_TICKS)]), FAST))
    assert np.abs(output - on[: len(output)]).max() < ONE_STEP


@pytest.mark.parametrize("has_intro", [False, True])
def test_the_file_marks_the_loop(has_intro):
    start = BAR_TICKS if has_intro else 0
    notes = join([INTRO, LOOP.shifted(start)]) if has_intro else LOOP
    sound, loop = play_loop(Piano(), notes, FAST, plain(notes), (start, start + LOOP_TICKS))
    length = wav_bytes(sound, loop)
    file = b"".join(to_wav(sound, loop))
    assert len(file) == length == struct.unpack_from("<I", file, 4)[0] + 8
    at = file.index(b"smpl")
    size, *sampler = struct.unpack_from("<10I", file, at + 4)
    assert (size, sampler[2], sampler[7]) == (60, 22676, 1)
    _, kind, first, last, fraction, count = struct.unpack_from("<6I", file, at + 44)
    assert (kind, fraction, count) == (0, 0, 0)
    assert (first, last) == (loop.start, loop.start + loop.samples - 1)
    assert file[at + 68 : at + 72] == b"data"
    assert 4 * (last + 1) == struct.unpack_from("<I", file, at + 72)[0]
