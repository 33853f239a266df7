"""Uploaded primers, which songs continue."""

import hashlib
from dataclasses import dataclass, replace
from typing import Self

from api.errors import BadParameterError
from music.bars import signatures_of
from music.errors import UnreadablePieceError
from music.expression.articulation import as_written
from music.piece import Piece
from music.reading import read_midi, read_song


@dataclass(frozen=True)
class Upload:
    """A primer that was uploaded: a MIDI file, or a song in the JSON that the API writes.

    Attributes:
        digest: SHA-256 of the file, hexadecimal.
        piece: What is in it, one note or more, with one time signature or more.
    """

    digest: str
    piece: Piece

    @classmethod
    def read(cls, content: bytes) -> Self:
        """Read a file; what starts with a brace is JSON.

        Raises:
            BadParameterError: It is broken, too long or without notes.
        """
        read = read_song if content.lstrip().startswith(b"{") else _read_as_written
        try:
            piece = read(content, "primer")
        except UnreadablePieceError as error:
            raise BadParameterError(f"The primer cannot be read: {error}.", "primer") from error
        in_meter = replace(piece, time_signatures=signatures_of(piece))
        return cls(hashlib.sha256(content).hexdigest(), in_meter)


def _read_as_written(midi: bytes, name: str) -> Piece:
    """Read a MIDI file as pieces are read that models learn from.

    Raises:
        UnreadablePieceError: It is broken, too long or without notes.
    """
    piece = read_midi(midi, name)
    return replace(piece, notes=as_written(piece.notes))
