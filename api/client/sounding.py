"""Files that a song was written to, made to sound here, so that it need not be composed again."""

import json
from collections.abc import Callable, Iterable

import numpy as np

from music.audio.piano import Piano
from music.audio.vorbis import from_ogg
from music.audio.wav import to_wav
from music.notes import TICKS_PER_BEAT, Notes
from music.performance import Performance
from music.piece import TempoChange
from music.reading import read_midi


def _of_wav(content: bytes) -> Iterable[bytes]:
    return (content,)


def _of_ogg(content: bytes) -> Iterable[bytes]:
    return to_wav(from_ogg(content))


def _of_midi(content: bytes) -> Iterable[bytes]:
    piece = read_midi(content, "song")
    return to_wav(Piano().play(piece.notes, piece.tempos, piece.performance))


def _of_json(content: bytes) -> Iterable[bytes]:
    song = json.loads(content)
    onset_ticks, duration_ticks = (
        [round(note[name] * TICKS_PER_BEAT) for note in song["notes"]]
        for name in ("start_beats", "duration_beats")
    )
    notes = Notes.of(onset_ticks, duration_ticks, [note["pitch"] for note in song["notes"]])
    tempos = [
        TempoChange(round(change["start_beats"] * TICKS_PER_BEAT), change["tempo"])
        for change in song["tempos"]
    ]
    velocity = np.array([note["velocity"] for note in song["notes"]], dtype=np.int32)
    sounding_ticks = np.array(
        [note["sounding_beats"] * TICKS_PER_BEAT for note in song["notes"]], dtype=np.float32
    )
    performance = Performance(velocity, sounding_ticks)
    return to_wav(Piano().play(notes, tempos, performance))


# A WAV file of what each format holds. Scores round the notes, and stems are many files.
SOUNDING: dict[str, Callable[[bytes], Iterable[bytes]]] = {
    "wav": _of_wav,
    "ogg": _of_ogg,
    "midi": _of_midi,
    "json": _of_json,
}
