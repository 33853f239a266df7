"""The codec `notes`: one token for every event, a pitch or a chord, each half a beat long.

This is the encoding of the old experiment, and reproduces it. It has neither rhythm nor durations,
and a chord has neither octaves nor doublings. A pitch has its name in music21 (`E-4`), a chord is
named by the normal order of its pitch classes (`4.7.11`).
"""

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from music.codec.tokens import HIGHEST_NOTE_NUMBER, START, Codec, Cursor
from music.errors import TokenError
from music.notes import TICKS_PER_BEAT, Notes, join

EVENT_TICKS = TICKS_PER_BEAT // 2
_PITCH_CLASSES = ("C", "C#", "D", "E-", "E", "F", "F#", "G", "G#", "A", "B-", "B")
_PITCH = re.compile(r"([A-G][#-]?)([0-9])")
_CHORD = re.compile(r"[0-9]{1,2}(?:\.[0-9]{1,2}){0,11}")
_CHORDS_OCTAVE = 60  # music21 puts a bare pitch class into the octave above middle C


class Events(Codec):
    """The codec `notes` over the events of some pieces."""

    name: ClassVar[str] = "notes"

    def __init__(self, vocabulary: Sequence[Sequence[str]]) -> None:
        """Parse the names of the events, which are the only field."""
        super().__init__(vocabulary)
        if len(vocabulary) != 1:
            raise TokenError(f"the vocabulary has {len(vocabulary)} fields, not 1")
        (names,) = vocabulary
        self._numbers = {name: number for number, name in enumerate(names)}
        self._pitches = [_pitches(name) for name in names]

    @classmethod
    def over(cls, pieces: Sequence[Notes]) -> Self:
        """Create the codec of all events of some pieces, without others."""
        return cls([sorted({name for notes in pieces for name in _names(notes)})])

    @property
    def advance_ticks(self) -> NDArray[np.int32]:
        """As every codec; here each event moves the cursor to its end."""
        return np.full(self.field_sizes[0], EVENT_TICKS, np.int32)

    def start_ticks(self, left_ticks: int) -> int:
        """As every codec; here an event starts at the cursor, whatever there is to wait for."""
        del left_ticks
        return 0

    def stop_ticks(self, left_ticks: int) -> int:
        """As every codec; the last event may end too late, if it starts in time."""
        return left_ticks + EVENT_TICKS

    def encode(self, notes: Notes, cursor: Cursor | None = None) -> NDArray[np.int32]:
        """Encode the notes of each onset as one event.

        Returns:
            int32[T], a token for every onset.

        Raises:
            TokenError: An event is not in the vocabulary.
        """
        del cursor
        names = _names(notes)
        if unknown := set(names) - self._numbers.keys():
            raise TokenError(f"the event {min(unknown)} is not in the vocabulary")
        return self.merge_fields(
            np.array([[self._numbers[n]] for n in names], np.int32).reshape(-1, 1)
        )

    def decode(self, tokens: ArrayLike, cursor: Cursor = START) -> tuple[Notes, Cursor]:
        """Decode the next tokens of a song; special ones are passed over.

        Args:
            tokens: int[T].
            cursor: Where the tokens before these ended.

        Returns:
            The events' notes, and the cursor behind them.

        Raises:
            TokenError: A token is not in the vocabulary.
        """
        events = [self._pitches[n] for n in self.split_fields(tokens)[:, 0] if n >= 0]
        chords = [
            Notes.of([step * EVENT_TICKS] * len(pitches), [EVENT_TICKS] * len(pitches), pitches)
            for step, pitches in enumerate(events)
        ]
        notes = join(chords).shifted(cursor.onset_ticks)
        return notes, Cursor(cursor.onset_ticks + len(chords) * EVENT_TICKS)


def _names(notes: Notes) -> list[str]:
    """Name the events of a piece."""
    return [_name(tuple(pitches.tolist())) for pitches in notes.chords()]


@lru_cache(maxsize=2**14)
def _name(pitches: tuple[int, ...]) -> str:
    if len(pitches) == 1:
        octave, pitch_class = divmod(pitches[0], 12)
        return f"{_PITCH_CLASSES[pitch_class]}{octave - 1}"
    from music21.chord import Chord  # noqa: PLC0415  slow to import, not needed to decode

    return ".".join(map(str, Chord([pitch % 12 for pitch in pitches]).normalOrder))


def _pitches(name: str) -> tuple[int, ...]:
    """Read an event's name: the MIDI note numbers, rising."""
    if (match := _PITCH.fullmatch(name)) and match[1] in _PITCH_CLASSES:
        pitch = _PITCH_CLASSES.index(match[1]) + 12 * (int(match[2]) + 1)
        if pitch <= HIGHEST_NOTE_NUMBER:
            return (pitch,)
    if _CHORD.fullmatch(name) and max(map(int, name.split("."))) < 12:
        return tuple(sorted({_CHORDS_OCTAVE + int(part) for part in name.split(".")}))
    raise TokenError(f"token {name!r} is neither a pitch (E-4) nor a chord (4.7.11)")
