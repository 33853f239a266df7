"""Notes to a standard MIDI file, by symusic."""

import numpy as np

from music.notes import TICKS_PER_BEAT, Notes, released

MIDI_TICKS_PER_BEAT = 480
ACOUSTIC_GRAND_PIANO = 0  # General MIDI program
VELOCITY = 80
TEMPO_RANGE_BPM = (20.0, 400.0)


def to_midi(notes: Notes, *, tempo_bpm: float, name: str, text: str) -> bytes:
    """Write a MIDI file of one piano track.

    Every note ends, at the latest where its key is struck again.

    Args:
        notes: Ordered, no two with the same onset and pitch.
        tempo_bpm: Quarter notes a minute.
        name: The track's name.
        text: A text event at the start: where the music comes from.
    """
    import symusic  # noqa: PLC0415  a twentieth of the API's start, and not every song is MIDI

    scale = MIDI_TICKS_PER_BEAT // TICKS_PER_BEAT
    played = released(notes)
    track = symusic.Track(name, ACOUSTIC_GRAND_PIANO, is_drum=False)
    track.notes = symusic.Note.from_numpy(
        played.onset_ticks * scale,
        played.duration_ticks * scale,
        played.pitch.astype(np.int8),
        np.full(len(played), VELOCITY, dtype=np.int8),
    )
    track.lyrics.append(symusic.TextMeta(0, text))
    score = symusic.Score(MIDI_TICKS_PER_BEAT)
    score.tempos.append(symusic.Tempo(0, tempo_bpm))
    score.time_signatures.append(symusic.TimeSignature(0, 4, 4))
    score.tracks.append(track)
    return _as_text_event(score.dumps_midi(), text)


def _as_text_event(midi: bytes, text: str) -> bytes:
    """Turn the lyric that carries `text` into a text event, which symusic does not write."""
    lyric, text_event = (_meta_event(kind, text.encode()) for kind in (0x05, 0x01))
    return midi.replace(lyric, text_event, 1)


def _meta_event(kind: int, content: bytes) -> bytes:
    length = bytearray([len(content) & 0x7F])
    while rest := len(content) >> 7 * len(length):
        length.insert(0, 0x80 | rest & 0x7F)
    return bytes((0xFF, kind, *length)) + content
