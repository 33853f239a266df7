"""Writes sound as a WAV file: 16 bits, stereo, 176 KB per second."""

import struct
from collections.abc import Iterator

import numpy as np

from music.audio.instrument import SAMPLE_RATE_HZ, Sound
from music.audio.looping import SampleLoop

_FULL_SCALE = 32767
_CHANNELS = 2
_FRAME_BYTES = 2 * _CHANNELS
_PCM = 1
_HEADER = struct.Struct("<4sI4s4sIHHIIHH")
_DATA = struct.Struct("<4sI")
# The chunk for the loop, read by samplers and game engines.
_SMPL = struct.Struct("<4sI9I6I")
_MIDDLE_C = 60
_FORWARD = 0  # the type of the loop


def wav_bytes(sound: Sound, loop: SampleLoop | None = None) -> int:
    """Return the length of the file before its sound is computed."""
    chunks = _HEADER.size + _DATA.size + (0 if loop is None else _SMPL.size)
    return chunks + _FRAME_BYTES * sound.samples


def to_wav(sound: Sound, loop: SampleLoop | None = None) -> Iterator[bytes]:
    """Write a file part by part; each block is computed when it is needed.

    Args:
        sound: Its blocks are read once.
        loop: The part that a sampler or a game repeats, for the chunk `smpl`.
    """
    content_bytes = _FRAME_BYTES * sound.samples
    format_chunk = (
        *(b"fmt ", 16, _PCM, _CHANNELS, SAMPLE_RATE_HZ),
        *(SAMPLE_RATE_HZ * _FRAME_BYTES, _FRAME_BYTES, 8 * _FRAME_BYTES // _CHANNELS),
    )
    header = _HEADER.pack(b"RIFF", wav_bytes(sound, loop) - 8, b"WAVE", *format_chunk)
    loop_chunk = b"" if loop is None else _smpl(loop)
    yield header + loop_chunk + _DATA.pack(b"data", content_bytes)
    for block in sound.blocks:
        yield np.rint(block * _FULL_SCALE).astype("<i2").tobytes()


def _smpl(loop: SampleLoop) -> bytes:
    """Write the chunk that describes the loop; its end is the last sample of the loop."""
    nanoseconds = round(1e9 / SAMPLE_RATE_HZ)
    sampler = (0, 0, nanoseconds, _MIDDLE_C, 0, 0, 0, 1, 0)
    of_loop = (0, _FORWARD, loop.start, loop.start + loop.samples - 1, 0, 0)
    return _SMPL.pack(b"smpl", _SMPL.size - 8, *sampler, *of_loop)
