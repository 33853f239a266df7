"""A score as it is written: measure by measure, before repeats are played.

Readers of score formats (`musicxml`, `music21_scores`) fill it in; `sounding` plays it.
"""

from dataclasses import dataclass, field
from fractions import Fraction

# Divisible by all usual note values; others are rounded to less than a hundred-thousandth of a
# beat.
UNITS_PER_BEAT = 2**8 * 3**2 * 5 * 7


@dataclass(frozen=True, slots=True)
class WrittenNote:
    """A note head.

    Attributes:
        onset: Units after the start of its measure, 0 or more.
        end: Units after the start of its measure.
        pitch: MIDI note number, as it sounds; of drums, the key of a kit.
        part: Position of its part in the score, from 0.
        is_tied_from: Whether a tie from an earlier head ends here.
        is_tied_on: Whether a tie to a later head starts here.
        program: The General MIDI program that plays it; 0 for drums.
        is_drum: Whether drums play it.
    """

    onset: int
    end: int
    pitch: int
    part: int
    is_tied_from: bool = False
    is_tied_on: bool = False
    program: int = 0
    is_drum: bool = False


@dataclass
class Marks:
    """The marks that decide which measure is played next.

    Attributes:
        starts_movement: Repeats and jumps do not go back beyond this measure.
        starts_repeat: A repeat starts before this measure.
        plays: How often the section is played that ends with this measure, 1 without a repeat.
        endings: Numbers of the volta brackets over this measure.
        segno: Name of the segno here.
        coda: Name of the coda here.
        da_capo: After this measure, jump to the start of the movement.
        dal_segno: After this measure, jump to the segno of that name.
        to_coda: After such a jump, go from this measure to the coda of that name.
        fine: After such a jump, this measure is the end.
    """

    starts_movement: bool = False
    starts_repeat: bool = False
    plays: int = 1
    endings: set[int] = field(default_factory=set)
    segno: str | None = None
    coda: str | None = None
    da_capo: bool = False
    dal_segno: str | None = None
    to_coda: str | None = None
    fine: bool = False


@dataclass
class Measure:
    """A measure of all parts together.

    Attributes:
        length: The length in units; 0 if no part has one.
        notes: In any order.
        tempos: Units after the start of the measure, and quarter notes per minute.
        signature: Numerator and denominator of a time signature that starts here.
        marks: The marks that decide which measure is played next.
    """

    length: int = 0
    notes: list[WrittenNote] = field(default_factory=list)
    tempos: list[tuple[int, float]] = field(default_factory=list)
    signature: tuple[int, int] | None = None
    marks: Marks = field(default_factory=Marks)


def units(beats: float | Fraction) -> int:
    """Convert beats (quarter notes) to units."""
    return round(beats * UNITS_PER_BEAT)
