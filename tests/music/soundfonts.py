"""The smallest soundfont that plays: one preset, one instrument, one looped sine."""

import struct

import numpy as np
import pytest

from music.audio import fluidsynth
from music.errors import SoundfontError

_RATE_HZ = 44_100
_PERIOD = 100  # samples: 441 Hz, which is A4 and four cents
_SAMPLES = 200 * _PERIOD
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
    presets = _named("sine") + struct.pack("<HHHIII", 0, 0, 0, 0, 0, 0)
    presets += _named("EOP") + struct.pack("<HHHIII", 0, 0, 1, 0, 0, 0)
    instruments = _named("sine") + struct.pack("<H", 0) + _named("EOI") + struct.pack("<H", 1)
    header = (0, _SAMPLES, 0, _SAMPLES, _RATE_HZ, 69, 0, 0, 1)
    samples = _named("sine") + struct.pack("<IIIIIBbHH", *header)
    samples += _named("EOS") + bytes(26)
    return b"".join(
        (
            _chunk(b"phdr", presets),
            _chunk(b"pbag", struct.pack("<HHHH", 0, 0, 1, 0)),
            _chunk(b"pmod", bytes(10)),
            _chunk(b"pgen", struct.pack("<HHHH", _INSTRUMENT, 0, 0, 0)),
            _chunk(b"inst", instruments),
            _chunk(b"ibag", struct.pack("<HHHH", 0, 0, 3, 0)),
            _chunk(b"imod", bytes(10)),
            _chunk(
                b"igen",
                struct.pack("<8H", _ROOT_KEY, 69, _SAMPLE_MODES, 1, _SAMPLE_ID, 0, 0, 0),
            ),
            _chunk(b"shdr", samples),
        )
    )
