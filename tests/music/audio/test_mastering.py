"""A song's loudness: one target for every song, peaks below the limit, loops without a step."""

import numpy as np
import pytest

from music.audio.instrument import SAMPLE_RATE_HZ, Sound
from music.audio.looping import SampleLoop
from music.audio.loudness import integrated_lufs, measure
from music.audio.mastering import HIGHEST_PEAK_DBTP, TARGET_LUFS, Mastering

SECONDS = 12


def drums(seed, gain):
    """Return hits over a soft tone: peaks that are far above the loudness."""
    rng = np.random.default_rng(seed)
    samples = SECONDS * SAMPLE_RATE_HZ
    sound = 0.02 * np.sin(np.arange(samples) / 30)[:, None] * np.ones((1, 2))
    for start in range(0, samples - 9000, 22_050):
        decay = np.exp(-np.arange(9000) / rng.uniform(200, 1500))[:, None]
        sound[start : start + 9000] += rng.normal(0, 1, (9000, 2)) * decay * rng.uniform(0.1, 0.8)
    return (gain * sound).astype(np.float32)


def sound_of(samples):
    return Sound(len(samples), [samples[:70_000], samples[70_000:]])


def mastered(samples, loop=None):
    return np.concatenate(
        list(Mastering.of(sound_of(samples), loop).applied_to(sound_of(samples)).blocks)
    )


@pytest.mark.parametrize("loop", [None, SampleLoop(0, SECONDS * SAMPLE_RATE_HZ)])
@pytest.mark.parametrize("gain", [0.02, 0.3, 2.0])
def test_every_song_has_the_target_loudness_and_no_peak_above_the_limit(gain, loop):
    output = mastered(drums(1, gain), loop)
    measured = measure(sound_of(output))
    assert integrated_lufs(measured.power) == pytest.approx(TARGET_LUFS, abs=0.5)
    assert 20 * np.log10(measured.peak.max()) <= HIGHEST_PEAK_DBTP
    assert np.abs(output).max() <= 10 ** (HIGHEST_PEAK_DBTP / 20)


def test_a_song_without_high_peaks_has_one_gain():
    samples = np.full((SECONDS * SAMPLE_RATE_HZ, 2), 0.1, np.float32)
    samples *= np.sin(np.arange(len(samples)) / 9).astype(np.float32)[:, None]
    assert np.ptp(Mastering.of(sound_of(samples)).gains) == 0


def test_silence_stays_silent():
    assert not mastered(np.zeros((50_000, 2), np.float32)).any()


def test_mastered_parts_add_up_to_the_mastered_song():
    parts = [drums(1, 0.3), drums(2, 0.2)]
    master = Mastering.of(sound_of(sum(parts)))
    together = sum(np.concatenate(list(master.applied_to(sound_of(p)).blocks)) for p in parts)
    np.testing.assert_allclose(together, mastered(sum(parts)), atol=1e-6)


@pytest.mark.parametrize("start", [0, 3 * SAMPLE_RATE_HZ + 77])
def test_the_gain_at_the_end_of_a_loop_is_that_at_its_start(start):
    samples = drums(3, 1.0)[:-123]
    samples[start : start + 300] += 1.0  # limited right after the start of the loop
    loop = SampleLoop(start, len(samples) - start)
    master = Mastering.of(sound_of(samples), loop)
    at = np.interp([start, len(samples)], master.samples, master.gains)
    assert at[0] < 0.9 * master.gains.max()
    assert at[0] == pytest.approx(at[1])
    assert np.abs(np.diff(master.gains)).max() < 0.2 * master.gains.max()


def test_a_deadline_ends_the_work():
    def out_of_time():
        raise TimeoutError

    with pytest.raises(TimeoutError):
        Mastering.of(sound_of(drums(1, 1.0)), checkpoint=out_of_time)
