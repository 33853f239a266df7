"""The codecs `notetuple` and `bandtuple`: a token is a note, of three or four fields.

How long after the note before it a note starts, its pitch, and its duration; in `bandtuple` also
its role, before the pitch. A network draws the fields one after the other, and reads them
together: a song of 500 notes is 500 steps.

Source: C. Hawthorne et al., Transformer-NADE for Piano Performances (NeurIPS 2018 workshop on
machine learning for creativity and design), whose NoteTuple has a velocity too.
"""

import re
from collections.abc import Sequence
from typing import ClassVar, NamedTuple, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from music.codec.tokens import FIRST, HIGHEST_NOTE_NUMBER, START, Codec, Cursor
from music.errors import TokenError
from music.notes import HIGHEST_PITCH, LOWEST_PITCH, TICKS_PER_BEAT, Notes
from music.players.roles import DRUMS, PIANO, ROLES

_KEYS = ROLES * (HIGHEST_NOTE_NUMBER + 1)  # of all roles
_NAME = re.compile(r"([A-Za-z]+)_([0-9]{1,4})")  # ticks of any song of such notes fit an int32

# Every tick up to four beats, then quarters of a beat up to twelve, then halves up to sixteen.
_DURATIONS = (
    *range(1, 4 * TICKS_PER_BEAT + 1),
    *range(4 * TICKS_PER_BEAT + 3, 12 * TICKS_PER_BEAT + 1, 3),
    *range(12 * TICKS_PER_BEAT + 6, 16 * TICKS_PER_BEAT + 1, 6),
)


class FieldValues(NamedTuple):
    """The values of notes, int32[...] each, as indices into the vocabulary of their field.

    Attributes:
        shift: The first field.
        role: 0 for a codec without roles.
        pitch: Its own field.
        duration: The last one.
    """

    shift: NDArray[np.int32]
    role: NDArray[np.int32]
    pitch: NDArray[np.int32]
    duration: NDArray[np.int32]


class NoteTuple(Codec):
    """The codec `notetuple`, for one piano. It keeps nothing but its vocabulary's tables.

    Attributes:
        shift_ticks: int32[S], the ticks of each value of the first field, rising.
        role: int32[R], the role of each value of that field, rising; one piano without the field.
        pitch: int32[P], the MIDI note number of each value of that field, rising.
        duration_ticks: int32[D], the ticks of each value of the last field, rising.
    """

    name: ClassVar[str] = "notetuple"
    fields: ClassVar[tuple[str, ...]] = ("TimeShift", "Pitch", "Duration")

    def __init__(self, vocabulary: Sequence[Sequence[str]]) -> None:
        """Read the values' meaning off their names, as every codec."""
        super().__init__(vocabulary)
        if len(vocabulary) != len(self.fields):
            raise TokenError(f"the vocabulary has {len(vocabulary)} fields, not {len(self.fields)}")
        values = {
            kind: np.array([_value(kind, name) for name in names], np.int32)
            for kind, names in zip(self.fields, vocabulary, strict=True)
        }
        for kind, rising in values.items():
            if (np.diff(rising) <= 0).any():
                raise TokenError(f"the values of {kind} do not rise")
        self.shift_ticks = values["TimeShift"]
        self.role = values.get("Role", np.array([PIANO], np.int32))
        self.pitch = values["Pitch"]
        self.duration_ticks = values["Duration"]
        if self.pitch[-1] > HIGHEST_NOTE_NUMBER:
            raise TokenError(f"pitch {self.pitch[-1]} is above {HIGHEST_NOTE_NUMBER}")
        if self.role[-1] >= ROLES:
            raise TokenError(f"role {self.role[-1]} is not below {ROLES}")
        if self.duration_ticks[0] == 0:
            raise TokenError("a note of no duration")

    @classmethod
    def over(cls, pieces: Sequence[Notes] = ()) -> Self:
        """Make the codec; its vocabulary is the same whatever the pieces."""
        del pieces
        values: dict[str, Sequence[int]] = {
            "TimeShift": (0, *_DURATIONS),
            "Role": range(ROLES),
            "Pitch": range(LOWEST_PITCH, HIGHEST_PITCH + 1),
            "Duration": _DURATIONS,
        }
        return cls([[f"{kind}_{value}" for value in values[kind]] for kind in cls.fields])

    @property
    def pitch_field(self) -> int:
        """The index of the field of pitches; the field of roles, if there is one, precedes it."""
        return self.fields.index("Pitch")

    def values_of(self, fields: NDArray[np.int32]) -> FieldValues:
        """Name the values of notes int32[..., F]."""
        columns = dict(zip(self.fields, np.moveaxis(fields, -1, 0), strict=True))
        shift, pitch, duration = (columns[kind] for kind in NoteTuple.fields)
        return FieldValues(shift, columns.get("Role", np.zeros_like(shift)), pitch, duration)

    def is_melodic(self, role: NDArray[np.int32]) -> NDArray[np.bool_]:
        """Return for values int32[...] of the field of roles whether they are not the drums."""
        melodic: NDArray[np.bool_] = (self.role != DRUMS)[role]
        return melodic

    @property
    def advance_ticks(self) -> NDArray[np.int32]:
        """As every codec; here the wait before each note."""
        return self.shift_ticks

    def encode(self, notes: Notes, cursor: Cursor | None = None) -> NDArray[np.int32]:
        """Turn notes into tokens, without BOS.

        Rests and durations that the vocabulary does not have become the nearest that it has.

        Args:
            notes: Of one piano, for a codec without roles.
            cursor: Where the tokens before these ended; None to leave out the first note's onset.

        Returns:
            int32[N], one token per note.

        Raises:
            TokenError: A pitch or a role is not in the vocabulary.
        """
        pitch = _indices("pitch", self.pitch, notes.pitch)
        role = _indices("role", self.role, notes.role)
        before = notes.onset_ticks[:1] if cursor is None else [cursor.onset_ticks]
        shift_ticks = np.diff(notes.onset_ticks, prepend=np.asarray(before, np.int32))
        shift = self.nearest_shift(shift_ticks)
        duration = _nearest(self.duration_ticks, notes.duration_ticks)
        columns = [shift, role, pitch, duration] if self.has_roles else [shift, pitch, duration]
        return self.merge_fields(np.stack(columns, axis=1).astype(np.int32))

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
        """Decode the next tokens of a song; a key that is struck twice at one onset counts once.

        Args:
            tokens: int[T].
            cursor: Where the tokens before these ended.

        Returns:
            The notes of these tokens, ordered by onset (and by role and pitch where the tokens
            are), and the cursor behind them.

        Raises:
            TokenError: A token is not in the vocabulary.
        """
        fields = self.split_fields(tokens)
        values = self.values_of(fields[fields[:, 0] >= 0])
        if not len(values.shift):
            return Notes.of([], [], []), cursor
        onset = cursor.onset_ticks + np.cumsum(self.shift_ticks[values.shift])
        notes = Notes.of(
            onset,
            self.duration_ticks[values.duration],
            self.pitch[values.pitch],
            self.role[values.role],
        )
        here = int(onset[-1])
        struck = set(notes.key[onset == here].tolist())
        if here == cursor.onset_ticks:
            struck |= cursor.struck
        return notes[_is_first(notes, cursor)], Cursor(here, frozenset(struck))


class BandTuple(NoteTuple):
    """The codec `bandtuple`, for bands: `notetuple` with the role of each note."""

    name: ClassVar[str] = "bandtuple"
    has_roles: ClassVar[bool] = True
    fields: ClassVar[tuple[str, ...]] = ("TimeShift", "Role", "Pitch", "Duration")


ROLE_FIELD = BandTuple.fields.index("Role")
"""The index of the field that a band's notes have and a piano's do not."""


def _indices(what: str, rising: NDArray[np.int32], values: NDArray[np.int32]) -> NDArray[np.intp]:
    """Find the indices of values among rising ones."""
    indices = np.searchsorted(rising, values).clip(max=len(rising) - 1)
    if len(strange := values[rising[indices] != values]):
        raise TokenError(f"{what} {strange[0]} is not in the vocabulary")
    return indices


def _value(kind: str, name: str) -> int:
    """Read a value's name: a MIDI note number, a role, or ticks."""
    match = _NAME.fullmatch(name)
    if not match or match[1] != kind:
        raise TokenError(f"value {name!r} is no {kind}")
    return int(match[2])


def _nearest(rising: NDArray[np.int32], ticks: NDArray[np.int32]) -> NDArray[np.intp]:
    """Find the places of the nearest of rising values, the longer one where two are as near."""
    return np.searchsorted((rising[1:] + rising[:-1]) / 2, ticks, side="right")


def _is_first(notes: Notes, cursor: Cursor) -> NDArray[np.bool_]:
    """Return for each note whether its key has not been struck at its onset before."""
    strikes = notes.onset_ticks.astype(np.int64) * _KEYS + notes.key
    is_first = np.zeros(len(notes), np.bool_)
    is_first[np.unique(strikes, return_index=True)[1]] = True
    if cursor.struck and notes.onset_ticks[0] == cursor.onset_ticks:
        again = np.isin(notes.key, list(cursor.struck))
        is_first &= ~(again & (notes.onset_ticks == cursor.onset_ticks))
    return is_first
