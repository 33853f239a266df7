"""Tempo maps: the tempo and the seconds at a position of a piece."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from music.notes import TICKS_PER_BEAT
from music.piece import TempoChange


def tempo_at(tempos: Sequence[TempoChange], ticks: int) -> float:
    """Return the tempo at a position, in quarter notes per minute.

    Args:
        tempos: A tempo map as in `Piece`.
        ticks: The position; before the first tempo, the first one applies.
    """
    started = [change.bpm for change in tempos if change.start_ticks <= ticks]
    return started[-1] if started else tempos[0].bpm


def seconds_at(tempos: Sequence[TempoChange], ticks: ArrayLike) -> NDArray[np.float64]:
    """Convert positions in a piece to seconds after its start.

    Args:
        tempos: A tempo map as in `Piece`.
        ticks: int[N], 0 or more.

    Returns:
        float64[N].
    """
    places = np.asarray(ticks, np.float64)
    starts = np.array([change.start_ticks for change in tempos], np.float64)
    per_tick = np.array([60 / change.bpm / TICKS_PER_BEAT for change in tempos])
    start_s = np.concatenate(([0.0], np.cumsum(np.diff(starts) * per_tick[:-1])))
    holding = np.maximum(0, np.searchsorted(starts, places, "right") - 1)
    seconds: NDArray[np.float64] = start_s[holding] + (places - starts[holding]) * per_tick[holding]
    return seconds
