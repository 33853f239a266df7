"""Uploaded primers: pieces of the caller's own, for songs to go on from."""

import hashlib
from dataclasses import dataclass, replace
from typing import Self

from api.errors import BadParameterError
from music.bars import signatures_of
from music.errors import UnreadablePieceError
from music.expression.articulation import as_written
from music.piece import Piece
from music.reading import read_midi


@dataclass(frozen=True)
class Upload:
    """A primer that was uploaded.

    Attributes:
        digest: SHA-256 of the file, hexadecimal.
        piece: What is in it, one note or more, with one time signature or more.
    """

    digest: str
    piece: Piece

    @classmethod
    def read(cls, midi: bytes) -> Self:
        """Read a file as pieces are read that models learn from.

        Raises:
            BadParameterError: It is broken, too long or without notes.
        """
        try:
            piece = read_midi(midi, "primer")
        except UnreadablePieceError as error:
            raise BadParameterError(f"The primer cannot be read: {error}.", "primer") from error
        written = replace(piece, notes=as_written(piece.notes))
        in_meter = replace(written, time_signatures=signatures_of(written))
        return cls(hashlib.sha256(midi).hexdigest(), in_meter)
