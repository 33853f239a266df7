"""Notes to a WAV file: 16 bits, stereo."""

import io
import wave

import numpy as np

from music.instrument import SAMPLE_RATE_HZ, Instrument
from music.notes import Notes

_FULL_SCALE = 32767


def to_wav(notes: Notes, *, tempo_bpm: float, instrument: Instrument) -> bytes:
    """Play notes and write down what is heard, 176 kB a second.

    Args:
        notes: Ordered, each ending where its key is struck again.
        tempo_bpm: Quarter notes a minute.
        instrument: Plays them.
    """
    file = io.BytesIO()
    with wave.open(file, "wb") as writer:
        writer.setnchannels(2)
        writer.setsampwidth(2)
        writer.setframerate(SAMPLE_RATE_HZ)
        for block in instrument.blocks(notes, tempo_bpm):
            writer.writeframes(np.rint(block * _FULL_SCALE).astype("<i2").tobytes())
    return file.getvalue()
