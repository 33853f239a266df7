"""Uploaded primers: pieces of the caller's own, for songs to go on from."""

import hashlib
from dataclasses import dataclass, replace
from typing import Self

from api.errors import BadParameterError
from music.bars import signatures_of
from music.codec import BOS, Codec
from music.errors import TokenError, UnreadablePieceError
from music.expression.articulation import as_written
from music.notes import Notes, cleaned
from music.piece import Piece
from music.reading import read_midi

# By a model, the last ones: what a song continues is found again in its memory, bars later. That
# remembers 1024 notes, half of which are left to the song; reading one takes as long as a step.
MOST_READ_NOTES = 512
_KEYS = sorted(range(-36, 37), key=abs)  # semitones; a piece's own key first, then the nearest


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


@dataclass(frozen=True)
class EncodedPrimer:
    """A primer as tokens.

    Attributes:
        notes: All of it, in its own key or the nearest that the model can read.
        tokens: Its last notes, for the model to read.
    """

    notes: Notes
    tokens: tuple[int, ...]


def encoded_primer(notes: Notes, codec: Codec) -> EncodedPrimer:
    """Encode a primer.

    Raises:
        BadParameterError: The vocabulary does not hold it in any key.
    """
    for semitones in _KEYS:
        try:
            tokens = codec.encode(_moved(notes[-MOST_READ_NOTES:], semitones)).tolist()
        except TokenError:
            continue
        beginning = () if len(notes) > MOST_READ_NOTES else (BOS,)
        return EncodedPrimer(_moved(notes, semitones), (*beginning, *tokens))
    raise BadParameterError(
        "This game's model cannot read the primer: in no key does it know all of its notes.",
        "primer",
    )


def _moved(notes: Notes, semitones: int) -> Notes:
    """Transpose notes; two that come to lie on one key become one."""
    return cleaned(notes.transposed(semitones)) if semitones else notes
