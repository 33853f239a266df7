"""Codecs, which encode music as tokens. A bundle has the name of its codec."""

from collections.abc import Sequence

from music.codec.events import Events
from music.codec.notetuple import BandTuple, NoteTuple
from music.codec.tokens import BOS, FIRST, PAD, Codec, Cursor, padded
from music.errors import CodecError
from music.notes import Notes, cleaned

__all__ = [
    "BOS",
    "CODECS",
    "FIRST",
    "PAD",
    "Codec",
    "Cursor",
    "as_encoded",
    "learn_codec",
    "open_codec",
    "padded",
]

CODECS: dict[str, type[Codec]] = {kind.name: kind for kind in (NoteTuple, BandTuple, Events)}


def learn_codec(name: str, pieces: Sequence[Notes]) -> Codec:
    """Create a codec that can encode some pieces.

    Raises:
        CodecError: There is no codec of that name.
    """
    return _kind(name).over(pieces)


def open_codec(name: str, vocabulary: Sequence[Sequence[str]]) -> Codec:
    """Create a codec from its vocabulary.

    Args:
        name: The codec's name.
        vocabulary: For each field, the names of its values, in the order of their numbers.

    Raises:
        CodecError: There is no codec of that name.
        TokenError: The vocabulary belongs to another codec.
    """
    return _kind(name)(vocabulary)


def as_encoded(codec: Codec, notes: Notes) -> Notes:
    """Return a piece as its tokens represent it."""
    return cleaned(codec.decode(codec.encode(notes))[0])


def _kind(name: str) -> type[Codec]:
    if name not in CODECS:
        raise CodecError(f"codec {name!r} is unknown; it must be one of {', '.join(CODECS)}")
    return CODECS[name]
