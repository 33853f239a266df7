"""A generated collection of scales, which are free of copyright."""

import numpy as np

from music.notes import TICKS_PER_BEAT, Notes
from music.piece import Piece, constant_tempo

TEMPO_BPM = 100.0
_EIGHTH_TICKS = TICKS_PER_BEAT // 2
_UP_AND_DOWN = np.array((0, 2, 4, 5, 7, 9, 11, 12, 11, 9, 7, 5, 4, 2))


def scale(root: int, notes: int) -> Piece:
    """Return a major scale in eighth notes, up and down, repeated to the requested length.

    Args:
        root: The lowest note's MIDI number.
        notes: The number of notes.
    """
    onset_ticks = np.arange(notes) * _EIGHTH_TICKS
    pitch = root + np.resize(_UP_AND_DOWN, notes)
    played = Notes.of(onset_ticks, np.full(notes, _EIGHTH_TICKS), pitch)
    return Piece(f"scale on {root}", played, constant_tempo(TEMPO_BPM))
