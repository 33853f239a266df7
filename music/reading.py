"""Reading pieces: MIDI by symusic, everything else by music21."""

import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from music.errors import UnreadablePieceError
from music.midi_check import check_midi
from music.notes import TICKS_PER_BEAT, Notes, join, on_grid
from music.piece import DEFAULT_TEMPO_BPM, Piece

MIDI_SUFFIXES = frozenset({".kar", ".mid", ".midi"})
SCORE_SUFFIXES = frozenset({".abc", ".krn", ".mei", ".musicxml", ".mxl", ".xml"})
_DRUM_CHANNEL = 9  # General MIDI's tenth, counted from 0
_LONGEST_BEATS = 100_000  # over ten hours: not a piece
PIECE_SUFFIXES = MIDI_SUFFIXES | SCORE_SUFFIXES


def read_piece(path: Path) -> Piece:
    """Read every part of a piece, merged into one, drums left out, on the grid.

    Raises:
        UnreadablePieceError: The file is broken, of a kind we do not read, or holds no note.
    """
    suffix = path.suffix.lower()
    if suffix in MIDI_SUFFIXES:
        piece = read_midi(path.read_bytes(), path.stem)
    elif suffix in SCORE_SUFFIXES:
        piece = _read_score(path)
    else:
        kinds = ", ".join(sorted(PIECE_SUFFIXES))
        raise UnreadablePieceError(f"not a kind of file that is read ({kinds})")
    return _with_notes(piece)


def read_untrusted_midi(midi: bytes, name: str) -> Piece:
    """Read a standard MIDI file that anybody may have sent, in bounded time and memory.

    Raises:
        UnreadablePieceError: It is not a MIDI file, is broken or too long, or holds no note.
    """
    check_midi(midi)
    return _with_notes(read_midi(midi, name))


def read_midi(midi: bytes, name: str) -> Piece:
    """Read a standard MIDI file from memory; the piece may turn out to have no notes.

    Raises:
        UnreadablePieceError: It is not a MIDI file, is broken, or counts time in frames.
    """
    import symusic  # noqa: PLC0415  as in music.midi

    if midi[:4] != b"MThd":
        raise UnreadablePieceError("not a MIDI file: it does not begin with MThd")
    try:
        score = symusic.Score.from_midi(midi)
    except (RuntimeError, ValueError) as error:
        raise UnreadablePieceError(f"broken MIDI: {error}") from error
    if score.tpq < 1:
        raise UnreadablePieceError("broken MIDI: a beat has no ticks")
    if score.end() > _LONGEST_BEATS * score.tpq:
        raise UnreadablePieceError(f"longer than {_LONGEST_BEATS} beats")
    return Piece(name, _merged(score), _main_tempo_bpm(score))


def _with_notes(piece: Piece) -> Piece:
    if not len(piece.notes):
        raise UnreadablePieceError("no notes in it (drums are left out)")
    return piece


def _merged(score: Any) -> Notes:
    tracks = [track.notes.numpy() for track in score.tracks if not track.is_drum]
    raw = join([Notes.of(t["time"], t["duration"], t["pitch"]) for t in tracks])
    return on_grid(raw.onset_ticks / score.tpq, raw.duration_ticks / score.tpq, raw.pitch)


def _main_tempo_bpm(score: Any) -> float:
    tempos = score.tempos.numpy()
    is_tempo = tempos["mspq"] > 0
    time, mspq = tempos["time"][is_tempo], tempos["mspq"][is_tempo]
    if not len(time):
        return DEFAULT_TEMPO_BPM
    until = np.append(time[1:], max(score.end(), time[-1] + 1))
    return _longest(60e6 / mspq, until - time)


def _longest(tempo_bpm: NDArray[np.float64], lasting: NDArray[np.int32]) -> float:
    """Pick the tempo that holds for most of the piece's beats."""
    rounded, which = np.unique(np.round(tempo_bpm, 2), return_inverse=True)
    return float(rounded[np.bincount(which, weights=lasting).argmax()])


def _read_score(path: Path) -> Piece:
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
    return Piece(path.stem, notes, tempo_bpm)


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
