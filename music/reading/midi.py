"""Reading standard MIDI files, by symusic."""

from typing import Any

from music.errors import UnreadablePieceError
from music.midi_check import check_midi
from music.notes import TICKS_PER_BEAT, Notes, cleaned, join, rounded_to_grid
from music.piece import Piece, TempoChange, TimeSignature, meter_map, tempo_map

MIDI_SUFFIXES = frozenset({".kar", ".mid", ".midi"})
_LONGEST_BEATS = 100_000  # over ten hours: not a piece


def read_untrusted_midi(midi: bytes, name: str) -> Piece:
    """Read a standard MIDI file that anybody may have sent, in bounded time and memory.

    Raises:
        UnreadablePieceError: It is not a MIDI file, is broken or too long, or holds no note.
    """
    check_midi(midi)
    return with_notes(read_midi(midi, name))


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
    notes = _merged(score)
    first_note_ticks = int(notes.onset_ticks.min(initial=0)) if len(notes) else 0
    return Piece(
        name,
        cleaned(notes),
        tempo_map(_tempo_changes(score), first_note_ticks),
        meter_map(_time_signatures(score), first_note_ticks),
    )


def with_notes(piece: Piece) -> Piece:
    """Refuse a piece that turned out to have no notes."""
    if not len(piece.notes):
        raise UnreadablePieceError("no notes in it (drums are left out)")
    return piece


def _merged(score: Any) -> Notes:
    tracks = [track.notes.numpy() for track in score.tracks if not track.is_drum]
    raw = join([Notes.of(t["time"], t["duration"], t["pitch"]) for t in tracks])
    return rounded_to_grid(raw.onset_ticks / score.tpq, raw.duration_ticks / score.tpq, raw.pitch)


def _tempo_changes(score: Any) -> list[TempoChange]:
    marks = score.tempos.numpy()
    columns = zip(marks["time"].tolist(), marks["mspq"].tolist(), strict=True)
    per_tick = TICKS_PER_BEAT / score.tpq
    return [TempoChange(round(time * per_tick), 60e6 / us) for time, us in columns if us > 0]


def _time_signatures(score: Any) -> list[TimeSignature]:
    per_tick = TICKS_PER_BEAT / score.tpq
    return [
        TimeSignature(round(mark.time * per_tick), mark.numerator, mark.denominator)
        for mark in score.time_signatures
        if mark.numerator > 0 and mark.denominator > 0
    ]
