"""Loudness and true peaks, by the signals of EBU Tech 3341 and ITU-R BS.1770."""

import numpy as np
import pytest

from music.audio.instrument import SAMPLE_RATE_HZ, Sound
from music.audio.loudness import integrated_lufs, measure

QUIET = -np.inf


def tone(*parts, hz=1000.0, sides=(1, 1), phase=0.0):
    """Return a sine; each part has a level in dBFS and seconds."""
    gains = np.concatenate(
        [np.full(round(seconds * SAMPLE_RATE_HZ), 10 ** (dbfs / 20)) for dbfs, seconds in parts]
    )
    sine = gains * np.sin(2 * np.pi * hz * np.arange(len(gains)) / SAMPLE_RATE_HZ + phase)
    return (sine[:, None] * np.array(sides)).astype(np.float32)


def in_blocks(sound, size=50_000):
    return Sound(len(sound), iter([sound[at : at + size] for at in range(0, len(sound), size)]))


@pytest.mark.parametrize(
    ("sound", "lufs"),
    [
        (tone((-23, 20)), -23.0),
        (tone((-33, 20)), -33.0),
        (tone((-36, 10), (-23, 60), (-36, 10)), -23.0),
        (tone((-72, 10), (-36, 10), (-23, 60), (-36, 10), (-72, 10)), -23.0),
        (tone((-26, 20), (-20, 20.1), (-26, 20)), -23.0),
        (tone((0, 5), hz=997.0, sides=(1, 0)), -3.01),
        (tone((-23, 5), hz=30.0), -32.0),  # low tones count little
    ],
    ids=["3341-1", "3341-2", "3341-3", "3341-4", "3341-5", "BS.1770", "low"],
)
def test_loudness_is_that_of_the_standards(sound, lufs):
    assert integrated_lufs(measure(in_blocks(sound)).power) == pytest.approx(lufs, abs=0.1)


@pytest.mark.parametrize("sound", [np.zeros((0, 2)), np.zeros((90_000, 2))], ids=["none", "silent"])
def test_silence_has_no_loudness(sound):
    measured = measure(in_blocks(sound.astype(np.float32)))
    assert integrated_lufs(measured.power) == QUIET
    assert measured.peak.max(initial=0.0) == 0


@pytest.mark.parametrize("phase", [0.0, np.pi / 4, np.pi / 3])
@pytest.mark.parametrize("divisor", [4, 6, 8])
def test_a_true_peak_between_samples_is_found(divisor, phase):
    sound = tone((-6.02, 1), hz=SAMPLE_RATE_HZ / divisor, phase=phase)
    fade = np.minimum(1, np.arange(len(sound)) / 4000)[:, None].astype(np.float32)
    peak_db = 20 * np.log10(measure(in_blocks(sound * fade * fade[::-1])).peak.max())
    assert -6.02 - 0.4 < peak_db < -6.02 + 0.2


def test_the_size_of_blocks_does_not_matter():
    rng = np.random.default_rng(5)
    sound = rng.normal(0, 0.1, (200_001, 2)).astype(np.float32)
    one, other = (measure(in_blocks(sound, size)) for size in (200_001, 7_777))
    assert len(one.power) == 454
    np.testing.assert_array_equal(one.power, other.power)
    np.testing.assert_array_equal(one.peak, other.peak)
