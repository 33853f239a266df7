"""The parts of a score: their staves and clefs."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from music.band.parts import Part, playing
from music.meter import Measure
from music.notes import Notes
from music.players.line_up import LineUp
from music.score.clefs import Clef, are_legible, clefs_of_bars, usual_clef
from music.score.hands import hands
from music.score.staves import Staff, drum_staff, staff_of

_OF_HANDS: tuple[Clef, Clef] = ("treble", "bass")
_KEYBOARD = "piano"  # the family whose parts always have two staves
# Families whose parts have two if one is not enough: they play chords, or are many players.
_CHORDS = ("chromatic percussion", "organ", "ensemble", "synth lead", "synth pad", "synth effects")
_CHORDS_OF_STRINGS = (44, 45, 46)  # tremolo and pizzicato of all strings, harp


@dataclass(frozen=True)
class WrittenPart:
    """A part as it is written.

    Attributes:
        part: Its name and instrument; None for one piano, which needs no name.
        staves: From top to bottom.
        clefs: Of the bars of each staff.
        drum_keys: The keys that it has, of drums.
    """

    part: Part | None
    staves: tuple[Staff, ...]
    clefs: tuple[tuple[Clef, ...], ...]
    drum_keys: tuple[int, ...] = ()


def written_parts(
    notes: Notes, bars: Sequence[Measure], line_up: LineUp
) -> tuple[WrittenPart, ...]:
    """Write the notes on staves, part by part, in the order of a score.

    Args:
        notes: Quantized, ordered, from the first bar on.
        bars: One after the other; what sounds later is cut off.
        line_up: The instrument of every role of the notes. Parts without notes are left out.
    """
    end_ticks = bars[-1].start_ticks + bars[-1].ticks
    notes = notes[notes.onset_ticks < end_ticks].ending_by(end_ticks)
    if line_up.is_piano:
        return (_on_two_staves(None, hands(notes), bars, _OF_HANDS),)
    return tuple(_of_band(notes, bars, line_up))


def _of_band(notes: Notes, bars: Sequence[Measure], line_up: LineUp) -> Iterator[WrittenPart]:
    for part in playing(line_up, notes):
        played = notes[part.of(notes)]
        if part.is_drums:
            keys = tuple(np.unique(played.pitch).tolist())
            clef: Clef = "percussion"
            yield WrittenPart(part, (drum_staff(played, bars),), ((clef,) * len(bars),), keys)
        else:
            yield _melodic(part, played, bars)


def _melodic(part: Part, played: Notes, bars: Sequence[Measure]) -> WrittenPart:
    """Write a part on one staff, or on two if it needs them and has notes for both."""
    clefs = clefs_of_bars(played, bars, usual_clef(played, part.family))
    plays_chords = part.family in _CHORDS or part.program in _CHORDS_OF_STRINGS
    is_keyboard = part.family == _KEYBOARD
    if is_keyboard or (plays_chords and not are_legible(played, bars, clefs)):
        both = hands(played)
        if all(map(len, both)):
            own = tuple(usual_clef(hand, part.family) for hand in both)
            return _on_two_staves(part, both, bars, _OF_HANDS if is_keyboard else own)
    return WrittenPart(part, (staff_of(played, bars),), (clefs,))


def _on_two_staves(
    part: Part | None,
    both: tuple[Notes, Notes],
    bars: Sequence[Measure],
    usual: Sequence[Clef],
) -> WrittenPart:
    """Write a part on two staves, with the usual clef of each where it is legible."""
    clefs = [clefs_of_bars(notes, bars, clef) for notes, clef in zip(both, usual, strict=True)]
    return WrittenPart(part, tuple(staff_of(notes, bars) for notes in both), tuple(clefs))
