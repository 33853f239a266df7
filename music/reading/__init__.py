"""Reading pieces from files: standard MIDI files (`midi`), scores (`scores`) and songs in JSON."""

from pathlib import Path

from music.errors import UnreadablePieceError
from music.piece import Piece
from music.reading.midi import MIDI_SUFFIXES, read_midi
from music.reading.scores import SCORE_SUFFIXES, read_score
from music.reading.smf import MOST_BYTES
from music.reading.song_json import read_song

__all__ = [
    "MIDI_SUFFIXES",
    "PIECE_SUFFIXES",
    "SCORE_SUFFIXES",
    "read_midi",
    "read_piece",
    "read_song",
]

PIECE_SUFFIXES = MIDI_SUFFIXES | SCORE_SUFFIXES


def read_piece(path: Path, *, repeats: bool = True, band: bool = False) -> Piece:
    """Read all parts of a piece on the grid: merged without drums, or as a band.

    Args:
        path: The file.
        repeats: Whether the repeats of a score are played; otherwise every measure is played once.
        band: Whether notes have roles, drums among them, and the piece has a line-up.

    Raises:
        UnreadablePieceError: The file is broken, has an unsupported format, or has no notes.
    """
    suffix = path.suffix.lower()
    if suffix in MIDI_SUFFIXES:
        with path.open("rb") as file:
            content = file.read(MOST_BYTES + 1)  # a byte more is refused
        return read_midi(content, path.stem, band=band)
    if suffix in SCORE_SUFFIXES:
        score = read_score(path.read_bytes(), suffix, path.stem, repeats=repeats, band=band)
        return _with_notes(score, band=band)
    kinds = ", ".join(sorted(PIECE_SUFFIXES))
    raise UnreadablePieceError(f"not a kind of file that is read ({kinds})")


def _with_notes(piece: Piece, *, band: bool) -> Piece:
    if not len(piece.notes):
        raise UnreadablePieceError(
            "no notes in it" if band else "no notes in it (drums are left out)"
        )
    return piece
