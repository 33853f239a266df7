"""Reading scores (MusicXML, ABC and others), by music21."""

import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from music.errors import UnreadablePieceError
from music.notes import TICKS_PER_BEAT, Notes, join, on_grid
from music.piece import DEFAULT_TEMPO_BPM, Piece, constant_tempo

SCORE_SUFFIXES = frozenset({".abc", ".krn", ".mei", ".musicxml", ".mxl", ".xml"})
_DRUM_CHANNEL = 9  # General MIDI's tenth, counted from 0


def read_score(path: Path) -> Piece:
    """Read a score; it may turn out to have no notes.

    Raises:
        UnreadablePieceError: music21 cannot read it.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a measure too full, say: it is read as it is
            return _parse_score(path)
    except Exception as error:  # its parsers raise whatever they stumble over
        raise UnreadablePieceError(f"music21 cannot read it: {error}") from error


def _parse_score(path: Path) -> Piece:
    import music21  # noqa: PLC0415  half a second and a hundred megabytes that MIDI does not need

    # Its pickles of every file double the time; we keep what we read ourselves.
    score = music21.converter.parse(path, forceSource=True, storePickle=False)
    tunes = score.scores if isinstance(score, music21.stream.Opus) else [score]
    notes = _one_after_another([_score_notes(tune) for tune in tunes])
    marks = score.flatten().getElementsByClass(music21.tempo.MetronomeMark)
    tempo_bpm = next((float(bpm) for m in marks if (bpm := m.getQuarterBPM())), DEFAULT_TEMPO_BPM)
    return Piece(path.stem, notes, constant_tempo(tempo_bpm))


def _score_notes(score: Any) -> Notes:
    parts = score.parts if score.hasPartLikeStreams() else [score]
    sounding = [note for part in parts if not _is_drums(part) for note in _part_notes(part)]
    columns = zip(*sounding, strict=True) if sounding else ((), (), ())
    return on_grid(*(np.array(column, dtype=np.float64) for column in columns))


def _is_drums(part: Any) -> bool:
    instrument = part.getInstrument(returnDefault=False)
    return instrument is not None and instrument.midiChannel == _DRUM_CHANNEL


def _part_notes(part: Any) -> list[tuple[float, float, int]]:
    """Take what sounds in a part: onset and duration in beats, and pitch.

    Tied notes become one; music21's own way to do that takes minutes for a long quartet. Grace
    notes, which have no time of their own, and chord symbols do not sound.
    """
    sounding: list[tuple[float, float, int]] = []
    tied: dict[int, int] = {}
    for onset, duration, note in _heads(part):
        pitch = note.pitch.midi
        goes_on = note.tie is not None and note.tie.type in ("continue", "stop")
        if goes_on and pitch in tied:
            begun = sounding[tied[pitch]]
            sounding[tied[pitch]] = (begun[0], onset + duration - begun[0], pitch)
        else:
            sounding.append((onset, duration, pitch))
            tied[pitch] = len(sounding) - 1
        if note.tie is None or note.tie.type == "stop":
            tied.pop(pitch, None)
    return sounding


def _heads(part: Any) -> Iterator[tuple[float, float, Any]]:
    """Go through a part's note heads, those of chords one by one."""
    import music21  # noqa: PLC0415

    for element in part.flatten().notes:
        if element.duration.isGrace or isinstance(element, music21.harmony.Harmony):
            continue
        heads = element.notes if isinstance(element, music21.chord.Chord) else [element]
        for head in heads:
            if isinstance(head, music21.note.Note):  # not a drum's
                yield float(element.offset), float(element.quarterLength), head


def _one_after_another(tunes: list[Notes]) -> Notes:
    """Put the tunes of a tune book behind each other, each from a beat on."""
    start_ticks, placed = 0, []
    for tune in tunes:
        placed.append(tune.shifted(start_ticks))
        start_ticks += -(-tune.end_ticks // TICKS_PER_BEAT) * TICKS_PER_BEAT
    return join(placed)
