"""The codec `notetuple`: a token is a note, of three fields.

How long after the note before it a note starts, its pitch, and its duration. A network draws the
three one after the other, and reads them together: a song of 500 notes is 500 steps.

Source: C. Hawthorne et al., Transformer-NADE for Piano Performances (NeurIPS 2018 workshop on
machine learning for creativity and design), whose NoteTuple has a velocity too.
"""

import re
from collections.abc import Sequence
from typing import ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from music.codec.tokens import FIRST, HIGHEST_NOTE_NUMBER, START, Codec, Cursor
from music.errors import TokenError
from music.notes import HIGHEST_PITCH, LOWEST_PITCH, TICKS_PER_BEAT, Notes

FIELDS = ("TimeShift", "Pitch", "Duration")
_NAME = re.compile(r"([A-Za-z]+)_([0-9]{1,4})")  # ticks of any song of such notes fit an int32

# Every tick up to four beats, then quarters of a beat up to twelve, then halves up to sixteen.
_DURATIONS = (
    *range(1, 4 * TICKS_PER_BEAT + 1),
    *range(4 * TICKS_PER_BEAT + 3, 12 * TICKS_PER_BEAT + 1, 3),
    *range(12 * TICKS_PER_BEAT + 6, 16 * TICKS_PER_BEAT + 1, 6),
)


class NoteTuple(Codec):
    """The codec `notetuple`. It keeps nothing but its vocabulary's tables.

    Attributes:
        shift_ticks: int32[S], the ticks of each value of the first field, rising.
        pitch: int32[P], the MIDI note number of each value of the second, rising.
        duration_ticks: int32[D], the ticks of each value of the third, rising.
    """

    name: ClassVar[str] = "notetuple"

    def __init__(self, vocabulary: Sequence[Sequence[str]]) -> None:
        """Read the values' meaning off their names, as every codec."""
        super().__init__(vocabulary)
        if len(vocabulary) != len(FIELDS):
            raise TokenError(f"the vocabulary has {len(vocabulary)} fields, not {len(FIELDS)}")
        self.shift_ticks, self.pitch, self.duration_ticks = (
            np.array([_value(kind, name) for name in names], np.int32)
            for kind, names in zip(FIELDS, vocabulary, strict=True)
        )
        values = (self.shift_ticks, self.pitch, self.duration_ticks)
        for kind, rising in zip(FIELDS, values, strict=True):
            if (np.diff(rising) <= 0).any():
                raise TokenError(f"the values of {kind} do not rise")
        if self.pitch[-1] > HIGHEST_NOTE_NUMBER:
            raise TokenError(f"pitch {self.pitch[-1]} is above {HIGHEST_NOTE_NUMBER}")
        if self.duration_ticks[0] == 0:
            raise TokenError("a note of no duration")

    @classmethod
    def over(cls, pieces: Sequence[Notes] = ()) -> Self:
        """Make the codec; its vocabulary is the same whatever the pieces."""
        del pieces
        values = ((0, *_DURATIONS), range(LOWEST_PITCH, HIGHEST_PITCH + 1), _DURATIONS)
        return cls(
            [[f"{kind}_{v}" for v in field] for kind, field in zip(FIELDS, values, strict=True)]
        )

    @property
    def advance_ticks(self) -> NDArray[np.int32]:
        """As every codec; here the wait before each note."""
        return self.shift_ticks

    def encode(self, notes: Notes, cursor: Cursor | None = None) -> NDArray[np.int32]:
        """Turn notes into tokens, without BOS.

        Rests and durations that the vocabulary does not have become the nearest that it has.

        Args:
            notes: On the piano.
            cursor: Where the tokens before these ended; None to leave out the first note's onset.

        Returns:
            int32[N], one token per note.

        Raises:
            TokenError: A pitch is not in the vocabulary.
        """
        pitch = np.searchsorted(self.pitch, notes.pitch).clip(max=len(self.pitch) - 1)
        if len(strange := notes.pitch[self.pitch[pitch] != notes.pitch]):
            raise TokenError(f"pitch {strange[0]} is not in the vocabulary")
        before = notes.onset_ticks[:1] if cursor is None else [cursor.onset_ticks]
        shift_ticks = np.diff(notes.onset_ticks, prepend=np.asarray(before, np.int32))
        shift = self.nearest_shift(shift_ticks)
        duration = _nearest(self.duration_ticks, notes.duration_ticks)
        return self.merge_fields(np.stack([shift, pitch, duration], axis=1).astype(np.int32))

    def nearest_shift(self, ticks: NDArray[np.int32]) -> NDArray[np.intp]:
        """Find the values of the first field nearest to waits of int32[N] ticks."""
        return _nearest(self.shift_ticks, ticks)

    def spelled(self, tokens: ArrayLike) -> NDArray[np.int32]:
        """Spell tokens as every codec, but for shifts of nothing: MidiTok's TSD, one to one.

        Returns:
            int32[T'], about 2.5 letters a note.
        """
        letters = super().spelled(tokens)
        told: NDArray[np.bool_] = letters != FIRST + int(np.flatnonzero(self.shift_ticks == 0)[0])
        return letters[told]

    def decode(self, tokens: ArrayLike, cursor: Cursor = START) -> tuple[Notes, Cursor]:
        """Decode the next tokens of a song; a pitch that is struck twice at one onset counts once.

        Args:
            tokens: int[T].
            cursor: Where the tokens before these ended.

        Returns:
            The notes of these tokens, ordered by onset (and by pitch where the tokens are), and
            the cursor behind them.

        Raises:
            TokenError: A token is not in the vocabulary.
        """
        fields = self.split_fields(tokens)
        shift, pitch, duration = fields[fields[:, 0] >= 0].T
        if not len(shift):
            return Notes.of([], [], []), cursor
        onset = cursor.onset_ticks + np.cumsum(self.shift_ticks[shift])
        notes = Notes.of(onset, self.duration_ticks[duration], self.pitch[pitch])
        here = int(onset[-1])
        struck = set(notes.pitch[onset == here].tolist())
        if here == cursor.onset_ticks:
            struck |= cursor.struck
        return notes[_is_first(notes, cursor)], Cursor(here, frozenset(struck))


def _value(kind: str, name: str) -> int:
    """Read a value's name: a MIDI note number, or ticks."""
    match = _NAME.fullmatch(name)
    if not match or match[1] != kind:
        raise TokenError(f"value {name!r} is no {kind}")
    return int(match[2])


def _nearest(rising: NDArray[np.int32], ticks: NDArray[np.int32]) -> NDArray[np.intp]:
    """Find the places of the nearest of rising values, the longer one where two are as near."""
    return np.searchsorted((rising[1:] + rising[:-1]) / 2, ticks, side="right")


def _is_first(notes: Notes, cursor: Cursor) -> NDArray[np.bool_]:
    """Return for each note whether its key has not been struck at its onset before."""
    strikes = notes.onset_ticks.astype(np.int64) * 128 + notes.pitch
    is_first = np.zeros(len(notes), np.bool_)
    is_first[np.unique(strikes, return_index=True)[1]] = True
    if cursor.struck and notes.onset_ticks[0] == cursor.onset_ticks:
        again = np.isin(notes.pitch, list(cursor.struck))
        is_first &= ~(again & (notes.onset_ticks == cursor.onset_ticks))
    return is_first
