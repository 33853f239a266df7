"""The parts of a score: their staves and clefs."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from music.band.parts import Part, playing
from music.meter import Measure
from music.notes import Notes
from music.players.line_up import LineUp
from music.score.hands import hands
from music.score.staves import Staff, drum_staff, single_staff, staves

Clef = Literal["treble 8va", "treble", "treble 8vb", "bass", "bass 8vb", "percussion"]

_KEYBOARD = "piano"  # the family whose parts always have two staves
# The lowest median pitch of a part with each clef. Clefs an octave off keep ledger lines few.
_CLEFS: tuple[tuple[int, Clef], ...] = ((86, "treble 8va"), (59, "treble"), (41, "bass"))
_GUITAR_CLEFS: tuple[tuple[int, Clef], ...] = ((67, "treble"), (41, "treble 8vb"))
# The pitches that each clef writes with four ledger lines or fewer.
_LEGIBLE: dict[Clef, tuple[int, int]] = {
    "treble 8va": (62, 103),
    "treble": (50, 91),
    "treble 8vb": (38, 79),
    "bass": (29, 71),
    "bass 8vb": (17, 59),
}
_ILLEGIBLE_SHARE = 0.02  # of a part's notes, if it has a single staff


@dataclass(frozen=True)
class WrittenPart:
    """A part as it is written.

    Attributes:
        part: Its name and instrument; None for one piano, which needs no name.
        staves: From top to bottom.
        clefs: Of the staves.
        drum_keys: The keys that it has, of drums.
    """

    part: Part | None
    staves: tuple[Staff, ...]
    clefs: tuple[Clef, ...]
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
    if line_up.is_piano:
        return (WrittenPart(None, staves(notes, bars), ("treble", "bass")),)
    return tuple(_of_band(notes, bars, line_up))


def _of_band(notes: Notes, bars: Sequence[Measure], line_up: LineUp) -> Iterator[WrittenPart]:
    for part in playing(line_up, notes):
        played = notes[part.of(notes)]
        if part.is_drums:
            keys = tuple(np.unique(played.pitch).tolist())
            yield WrittenPart(part, (drum_staff(played, bars),), ("percussion",), keys)
            continue
        clef, is_keyboard = _clef(part, played), part.family == _KEYBOARD
        is_wide = is_keyboard or not _is_legible(played, clef)
        if is_wide and all(map(len, both := hands(played))):
            clefs = ("treble", "bass") if is_keyboard else tuple(_clef(part, one) for one in both)
            yield WrittenPart(part, staves(played, bars), clefs)
        else:
            yield WrittenPart(part, (single_staff(played, bars),), (clef,))


def _clef(part: Part, notes: Notes) -> Clef:
    """Choose the clef of a single staff by the median pitch."""
    middle = float(np.median(notes.pitch))
    clefs = _GUITAR_CLEFS if part.family == "guitar" else _CLEFS
    return next((clef for lowest, clef in clefs if middle >= lowest), "bass 8vb")


def _is_legible(notes: Notes, clef: Clef) -> bool:
    """Whether a single staff with a clef shows nearly all notes without many ledger lines."""
    lowest, highest = _LEGIBLE[clef]
    is_far = (notes.pitch < lowest) | (notes.pitch > highest)
    return bool(is_far.mean() <= _ILLEGIBLE_SHARE)
