"""Sound to a WAV file: 16 bits, stereo, 176 KB a second."""

import struct
from collections.abc import Iterator

import numpy as np

from music.audio.instrument import SAMPLE_RATE_HZ, Sound

_FULL_SCALE = 32767
_CHANNELS = 2
_FRAME_BYTES = 2 * _CHANNELS
_PCM = 1
_HEADER = struct.Struct("<4sI4s4sIHHIIHH4sI")


def wav_bytes(sound: Sound) -> int:
    """Say how long the file is, whose sound is still to be computed."""
    return _HEADER.size + _FRAME_BYTES * sound.samples


def to_wav(sound: Sound) -> Iterator[bytes]:
    """Write a file piece by piece; each block is computed when its piece is asked for."""
    content_bytes = _FRAME_BYTES * sound.samples
    format_chunk = (
        *(b"fmt ", 16, _PCM, _CHANNELS, SAMPLE_RATE_HZ),
        *(SAMPLE_RATE_HZ * _FRAME_BYTES, _FRAME_BYTES, 8 * _FRAME_BYTES // _CHANNELS),
    )
    riff_bytes = _HEADER.size - 8 + content_bytes
    yield _HEADER.pack(b"RIFF", riff_bytes, b"WAVE", *format_chunk, b"data", content_bytes)
    for block in sound.blocks:
        yield np.rint(block * _FULL_SCALE).astype("<i2").tobytes()
