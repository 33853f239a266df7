"""Layers of a band: a section that returns is varied by the part that rests."""

import numpy as np

from music.notes import Notes


def with_a_rest(notes: Notes, number: int) -> Notes:
    """Leave out a part between the highest and the lowest.

    Args:
        notes: Any. Those with fewer than three melodic parts stay as they are.
        number: Chooses the part, which the next number changes; 0 or more.
    """
    melodic = notes.melodic()

    def median_pitch(role: int) -> float:
        return float(np.median(melodic.pitch[melodic.role == role]))

    inner = sorted(np.unique(melodic.role).tolist(), key=median_pitch)[1:-1]
    return notes[notes.role != inner[number % len(inner)]] if inner else notes
