"""Layers of a band: a section that returns is varied by the part that rests."""

import numpy as np

from music.notes import Notes

_FEWEST_PARTS = 3  # the highest and the lowest always play


def with_a_rest(notes: Notes, number: int) -> Notes:
    """Leave out a part between the highest and the lowest.

    Args:
        notes: Any. Those with fewer than three melodic parts stay as they are.
        number: Chooses the part, which the next number changes; 0 or more.
    """
    melodic = notes.melodic()
    roles = np.unique(melodic.role).tolist()
    if len(roles) < _FEWEST_PARTS:
        return notes
    low_to_high = sorted(
        roles, key=lambda role: float(np.median(melodic.pitch[melodic.role == role]))
    )
    inner = low_to_high[1:-1]
    return notes[notes.role != inner[number % len(inner)]]
