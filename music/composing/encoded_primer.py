"""Encodes primers, the uploaded music that songs continue, as tokens."""

from dataclasses import dataclass

from music.codec import BOS, Codec
from music.errors import TokenError, UnencodablePrimerError
from music.notes import Notes, cleaned

# By a model, the last ones: what a song continues is found again in its memory, bars later. That
# remembers 1024 notes, half of which are left to the song; reading one takes as long as a step.
MOST_READ_NOTES = 512
_KEYS = sorted(range(-36, 37), key=abs)  # semitones; a piece's own key first, then the nearest


@dataclass(frozen=True)
class EncodedPrimer:
    """A primer as tokens.

    Attributes:
        notes: All notes, in their own key or the nearest that the model can read.
        tokens: The last notes, for the model to read.
    """

    notes: Notes
    tokens: tuple[int, ...]


def encoded_primer(notes: Notes, codec: Codec) -> EncodedPrimer:
    """Encode a primer.

    Raises:
        UnencodablePrimerError: The vocabulary cannot encode it in any key.
    """
    for semitones in _KEYS:
        try:
            tokens = codec.encode(_moved(notes[-MOST_READ_NOTES:], semitones)).tolist()
        except TokenError:
            continue
        beginning = () if len(notes) > MOST_READ_NOTES else (BOS,)
        return EncodedPrimer(_moved(notes, semitones), (*beginning, *tokens))
    raise UnencodablePrimerError("in no key does the vocabulary hold all of its notes")


def _moved(notes: Notes, semitones: int) -> Notes:
    """Transpose notes; two that get the same key become one."""
    return cleaned(notes.transposed(semitones)) if semitones else notes
