"""A small soundfont: a looped sine as piano and as drums, and an octave higher as flute."""

import struct

import numpy as np
import pytest

from music.audio import fluidsynth
from music.errors import SoundfontError

_RATE_HZ = 44_100
_PERIOD = 100  # samples: 441 Hz, which is A4 and four cents
_SAMPLES = 200 * _PERIOD
_FLUTE, _DRUM_BANK = 73, 128
_INSTRUMENT, _SAMPLE_ID, _SAMPLE_MODES, _ROOT_KEY = 41, 53, 54, 58


def _missing() -> str:
    try:
        fluidsynth.version()
    except SoundfontError as error:
        return str(error)
    return ""


needs_fluidsynth = pytest.mark.skipif(bool(_missing()), reason=_missing() or "it is installed")


def soundfont(loudness: int = 20_000) -> bytes:
    sine = np.sin(2 * np.pi * np.arange(_SAMPLES) / _PERIOD) * loudness
    samples = sine.astype("<i2").tobytes() + bytes(2 * 46)
    info = _chunk(b"ifil", struct.pack("<HH", 2, 1)) + _chunk(b"isng", b"EMU8000\0")
    info += _chunk(b"INAM", b"a sine\0\0")
    return _chunk(
        b"RIFF",
        b"sfbk"
        + _chunk(b"LIST", b"INFO" + info)
        + _chunk(b"LIST", b"sdta" + _chunk(b"smpl", samples))
        + _chunk(b"LIST", b"pdta" + _hydra()),
    )


def _chunk(name: bytes, content: bytes) -> bytes:
    return name + struct.pack("<I", len(content)) + content + bytes(len(content) % 2)


def _named(text: str) -> bytes:
    return text.encode().ljust(20, b"\0")


def _hydra() -> bytes:
    numbers = ((0, 0), (_FLUTE, 0), (0, _DRUM_BANK))
    presets = b"".join(
        _named("sine") + struct.pack("<HHHIII", program, bank, bag, 0, 0, 0)
        for bag, (program, bank) in enumerate(numbers)
    )
    presets += _named("EOP") + struct.pack("<HHHIII", 0, 0, len(numbers), 0, 0, 0)
    instruments = _named("sine") + struct.pack("<H", 0) + _named("octave") + struct.pack("<H", 1)
    instruments += _named("EOI") + struct.pack("<H", 2)
    header = (0, _SAMPLES, 0, _SAMPLES, _RATE_HZ, 69, 0, 0, 1)
    samples = _named("sine") + struct.pack("<IIIIIBbHH", *header)
    samples += _named("EOS") + bytes(26)
    return b"".join(
        (
            _chunk(b"phdr", presets),
            _chunk(b"pbag", struct.pack("<8H", 0, 0, 1, 0, 2, 0, 3, 0)),
            _chunk(b"pmod", bytes(10)),
            _chunk(
                b"pgen", struct.pack("<8H", _INSTRUMENT, 0, _INSTRUMENT, 1, _INSTRUMENT, 0, 0, 0)
            ),
            _chunk(b"inst", instruments),
            _chunk(b"ibag", struct.pack("<6H", 0, 0, 3, 0, 6, 0)),
            _chunk(b"imod", bytes(10)),
            _chunk(b"igen", _generators(root_key=69) + _generators(root_key=57) + bytes(4)),
            _chunk(b"shdr", samples),
        )
    )


def _generators(root_key: int) -> bytes:
    return struct.pack("<6H", _ROOT_KEY, root_key, _SAMPLE_MODES, 1, _SAMPLE_ID, 0)
