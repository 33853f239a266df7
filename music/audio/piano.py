"""A computed piano: strings whose partials decay, a hammer's knock, a room.

A string's tone is a sum of decaying sinusoids, z to the power of t with complex z. If the samples
are arranged in rows of `_ROW`, t is the first sample of a row plus a column. So the sum over the
partials is one matrix product of the rows' powers with the columns' powers.

Sources: the stiffness of strings by pitch is from F. Rigaud, B. David and L. Daudet (Journal of the
Acoustical Society of America, 2013). The rest was adjusted by ear and by eye.
"""

from collections.abc import Iterator, Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from music.audio.instrument import SAMPLE_RATE_HZ, Sound
from music.audio.mixing import BLOCK, Mixer, Timing
from music.audio.room import ROOM_S, Room
from music.notes import HIGHEST_PITCH, LOWEST_PITCH, Notes
from music.performance import FLAT_VELOCITY, Performance, plain
from music.piece import TempoChange
from music.players.line_up import ONE_PIANO, LineUp

_ROW = 256  # samples
_LONGEST_TONE_S = 8.0
_HIGHEST_PARTIAL_HZ = 11_000.0
_MOST_PARTIALS = 40
_STRIKING_POINT = 1 / 8.3  # of the string's length, from its end
_LAST_DAMPER = 88  # strings above it have no damper and continue to sound
_DAMPED_S = 0.07  # the time in which a damped string decays to a third
_DAMPED_TAIL = SAMPLE_RATE_HZ  # samples: no damper takes longer
_LOUDNESS = 0.11  # of a note; a chord of a dozen is just loud enough to be limited
_LOUDER_BY_VELOCITY = 1.5  # the exponent: from 48 to 104 are 10 dB

_Samples = NDArray[np.float32]


class Piano:
    """The piano; instances share only their tones."""

    is_linear = False  # loud chords are limited

    def play(
        self,
        notes: Notes,
        tempos: Sequence[TempoChange],
        performance: Performance | None = None,
        line_up: LineUp = ONE_PIANO,  # noqa: ARG002  a piano plays every part
    ) -> Sound:
        """Play notes; see `Instrument.play`.

        A key that several parts strike together is struck once, and drums are silent: their notes
        are no pitches.
        """
        performance = performance or plain(notes)
        timing = Timing.of(notes, tempos, performance)
        samples = timing.end + _DAMPED_TAIL + round(ROOM_S * SAMPLE_RATE_HZ)
        played = notes.piano_places
        gains = (performance.velocity[played] / FLAT_VELOCITY) ** _LOUDER_BY_VELOCITY
        pitches = notes.pitch[played].tolist()
        return Sound(samples, _blocks(pitches, gains, timing[played], samples))


def _blocks(
    pitches: list[int], gains: NDArray[np.float64], timing: Timing, samples: int
) -> Iterator[_Samples]:
    mixer, room = Mixer(), Room()
    for block in range(0, samples, BLOCK):
        for number in timing.starting_in(block):
            pitch = pitches[number]
            sound = _held(_tone(pitch), int(timing.held[number]), pitch)
            louder = np.float32(gains[number])
            mixer.add(int(timing.start[number]) - block, louder * _panned(sound, pitch))
        yield np.tanh(room.around(mixer.take())).T[: samples - block]


@lru_cache(maxsize=HIGHEST_PITCH - LOWEST_PITCH + 1)  # 97 MB for all keys
def _tone(pitch: int) -> _Samples:
    """Strike a key and hold it: float32[samples]."""
    basic_hz = 440.0 * 2 ** ((pitch - 69) / 12)
    stiffness = np.exp(0.0926 * pitch - 13.64) + np.exp(-0.0847 * pitch - 5.82)
    numbers = np.arange(1, _MOST_PARTIALS + 1)
    partial_hz = numbers * basic_hz * np.sqrt(1 + stiffness * numbers**2)
    numbers, partial_hz = (a[partial_hz < _HIGHEST_PARTIAL_HZ] for a in (numbers, partial_hz))
    loudness = np.abs(np.sin(np.pi * numbers * _STRIKING_POINT)) * numbers**-0.6
    loudness *= np.exp(-(partial_hz - basic_hz) / (700 + 1.6 * basic_hz))
    # Three strings: they first vibrate in phase, which the bridge soon damps, and then in
    # different phases, longer and slightly out of tune.
    fall = 0.3 * 2 ** ((pitch - 48) / 14) + 8e-8 * partial_hz**2
    hz = np.concatenate([partial_hz, partial_hz * 1.0004, partial_hz * 0.9997])
    falls = np.concatenate([3.2 * fall, fall, 0.8 * fall])
    parts = np.concatenate([0.7 * loudness, 0.2 * loudness, 0.1 * loudness])
    seconds = min(_LONGEST_TONE_S, 6.9 / (0.8 * float(fall[0])))
    tone = _decaying(hz, falls, parts, round(seconds * SAMPLE_RATE_HZ))
    tone *= _LOUDNESS / np.sqrt(np.square(tone[: SAMPLE_RATE_HZ // 5]).mean()) * _balance(pitch)
    knock = _knock(pitch)
    tone[: len(knock)] += knock
    attack = round(SAMPLE_RATE_HZ * (0.001 + 0.003 * 2 ** ((36 - pitch) / 24)))
    tone[:attack] *= np.sin(np.linspace(0, np.pi / 2, attack, dtype=np.float32)) ** 2
    tone[-_ROW:] *= np.linspace(1, 0, _ROW, dtype=np.float32)
    return tone


def _decaying(
    hz: NDArray[np.float64],
    falls: NDArray[np.float64],
    parts: NDArray[np.float64],
    samples: int,
) -> _Samples:
    """Add decaying sinusoids.

    Args:
        hz: Frequencies, [N].
        falls: The decay of each, in nepers per second, [N].
        parts: The amplitude of each at the start, [N].
        samples: The number of samples.
    """
    power = (-falls + 2j * np.pi * hz) / SAMPLE_RATE_HZ
    rows = np.arange(-(-samples // _ROW))[:, None] * _ROW
    at_row = np.exp(rows * power) * (-1j * parts)
    in_row = np.exp(power[:, None] * np.arange(_ROW))
    left = np.hstack([at_row.real, -at_row.imag]).astype(np.float32)
    right = np.vstack([in_row.real, in_row.imag]).astype(np.float32)
    return (left @ right).ravel()[:samples]


def _balance(pitch: int) -> float:
    """Return the relative loudness of a key: low keys carry more, high keys stand out."""
    return float(np.interp(pitch, [LOWEST_PITCH, 48, 72, HIGHEST_PITCH], [1.0, 1.0, 0.9, 0.45]))


def _knock(pitch: int) -> _Samples:
    """Compute the noise of hammer and key, short and dull."""
    noise = np.random.default_rng(pitch).standard_normal(round(0.06 * SAMPLE_RATE_HZ))
    dull = np.convolve(noise, np.hanning(60), "same")
    fading = np.exp(-np.arange(len(dull)) / (0.012 * SAMPLE_RATE_HZ))
    knock: _Samples = (0.0022 * dull * fading).astype(np.float32)
    return knock


def _held(tone: _Samples, samples: int, pitch: int) -> _Samples:
    """Release a key after this many samples; the damper stops the string, if it has one."""
    if pitch > _LAST_DAMPER or samples >= len(tone):
        return tone
    damped_s = _DAMPED_S * 2 ** ((60 - pitch) / 36)
    tail = min(round(7 * damped_s * SAMPLE_RATE_HZ), _DAMPED_TAIL, len(tone) - samples)
    fading = np.arange(tail)
    end = samples + len(fading)
    sound = tone[:end].copy()
    sound[samples:] *= np.exp(fading.astype(np.float32) / np.float32(-damped_s * SAMPLE_RATE_HZ))
    return sound


def _panned(sound: _Samples, pitch: int) -> _Samples:
    """Pan a tone, low keys to the left and high ones to the right: float32[2, samples]."""
    place = (pitch - LOWEST_PITCH) / (HIGHEST_PITCH - LOWEST_PITCH)
    angle = np.pi / 2 * (0.3 + 0.4 * place)
    sides = np.array([[np.cos(angle)], [np.sin(angle)]], np.float32)
    return sides * sound
