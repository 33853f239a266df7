"""Codecs: the ways of writing music as tokens. A bundle says by name which one is its own."""

from collections.abc import Sequence

from music.codec.events import Events
from music.codec.notetuple import NoteTuple
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

CODECS: dict[str, type[Codec]] = {kind.name: kind for kind in (NoteTuple, Events)}


def learn_codec(name: str, pieces: Sequence[Notes]) -> Codec:
    """Make a codec that can write some pieces.

    Raises:
        CodecError: There is no codec of that name.
    """
    return _kind(name).over(pieces)


def open_codec(name: str, vocabulary: Sequence[Sequence[str]]) -> Codec:
    """Make a codec of a vocabulary that was written down.

    Args:
        name: Of the codec.
        vocabulary: For each field, the names of its values, in the order of their numbers.

    Raises:
        CodecError: There is no codec of that name.
        TokenError: The vocabulary is not of this codec.
    """
    return _kind(name)(vocabulary)


def as_encoded(codec: Codec, notes: Notes) -> Notes:
    """Return a piece as its tokens hold it: what a model can learn of it."""
    return cleaned(codec.decode(codec.encode(notes))[0])


def _kind(name: str) -> type[Codec]:
    if name not in CODECS:
        raise CodecError(f"codec {name!r} is unknown; it must be one of {', '.join(CODECS)}")
    return CODECS[name]
