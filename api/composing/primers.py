"""Uploaded primers, which songs continue."""

import hashlib
from codecs import BOM_UTF8
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Self

from api.errors import BadParameterError
from music.bars import signatures_of, with_pickup
from music.codec import Codec
from music.errors import UnreadablePieceError
from music.expression.articulation import as_written
from music.piece import Piece
from music.reading import read_midi, read_song


@dataclass(frozen=True)
class Upload:
    """A primer that was uploaded: a MIDI file, or a song in the JSON that the API writes.

    Attributes:
        content: The file.
        piece: What is in it, one melodic note or more, with one time signature or more. A first
            bar that is shorter than the next one is a pickup.
    """

    content: bytes = field(repr=False)
    piece: Piece

    @classmethod
    def read(cls, content: bytes, *, band: bool = False) -> Self:
        """Read a file as for one piano, or as a band; what starts with a brace is JSON.

        A byte order mark, as some editors write it, is ignored.

        Raises:
            BadParameterError: It is broken, too long or without notes.
        """
        text = content.removeprefix(BOM_UTF8).lstrip()
        try:
            if text.startswith(b"{"):
                piece = read_song(text, "primer", band=band)
            else:
                piece = _read_as_written(content, "primer", band=band)
        except UnreadablePieceError as error:
            raise BadParameterError(f"The primer cannot be read: {error}.", "primer") from error
        return cls(content, replace(piece, time_signatures=with_pickup(signatures_of(piece))))

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the file, hexadecimal."""
        return hashlib.sha256(self.content).hexdigest()

    @cached_property
    def as_band(self) -> Self:
        """The same file, read as a band; raises as `read`."""
        return self.read(self.content, band=True)

    def for_codec(self, codec: Codec) -> Self:
        """Return the file as a model reads it: with roles, or as for one piano.

        Raises:
            BadParameterError: It cannot be read as a band.
        """
        return self.as_band if codec.has_roles else self


def _read_as_written(midi: bytes, name: str, *, band: bool) -> Piece:
    """Read a MIDI file as pieces are read that models learn from.

    Raises:
        UnreadablePieceError: It is broken, too long or without notes.
    """
    piece = read_midi(midi, name, band=band)
    return replace(piece, notes=as_written(piece.notes))
