"""What turns notes into sound, whichever it is."""

from collections.abc import Iterator
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from music.notes import Notes

SAMPLE_RATE_HZ = 44_100


class Instrument(Protocol):
    """Plays notes; safe among threads."""

    def blocks(self, notes: Notes, tempo_bpm: float) -> Iterator[NDArray[np.float32]]:
        """Play notes from tick 0 until the last has died away, the same every time.

        Args:
            notes: Ordered, each ending where its key is struck again.
            tempo_bpm: Quarter notes a minute.

        Yields:
            float32[samples, 2], left and right, -1 to 1: one behind the other.
        """
        ...
