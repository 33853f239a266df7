"""Files that a song was written to, made to sound here, so that it need not be composed again."""

from collections.abc import Callable, Iterable

from music.audio.piano import Piano
from music.audio.vorbis import from_ogg
from music.audio.wav import to_wav
from music.reading import read_midi, read_song


def _of_wav(content: bytes) -> Iterable[bytes]:
    return (content,)


def _of_ogg(content: bytes) -> Iterable[bytes]:
    return to_wav(from_ogg(content))


def _of_midi(content: bytes) -> Iterable[bytes]:
    piece = read_midi(content, "song")
    return to_wav(Piano().play(piece.notes, piece.tempos, piece.performance))


def _of_json(content: bytes) -> Iterable[bytes]:
    piece = read_song(content, "song")
    return to_wav(Piano().play(piece.notes, piece.tempos, piece.performance))


# A WAV file of what each format holds. Scores round the notes, and stems are many files.
SOUNDING: dict[str, Callable[[bytes], Iterable[bytes]]] = {
    "wav": _of_wav,
    "ogg": _of_ogg,
    "midi": _of_midi,
    "json": _of_json,
}
