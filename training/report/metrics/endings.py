"""Whether a piece comes to an end or only stops."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from music.keys import find_key
from music.piece import Piece
from training.report.metrics.bars import bars

_NEIGHBOURS = 8  # notes


@dataclass(frozen=True)
class Ending:
    """How a piece ends, without its drums, whose notes have neither pitch nor length.

    Attributes:
        on_downbeat: Whether its last onset is on a bar line.
        on_long_note: Whether the longest note of the last onset is longer than most of the eight
            notes before that onset.
        on_tonic: Whether the lowest note that sounds at its last onset is the tonic of the key that
            fits the whole piece best.
    """

    on_downbeat: bool
    on_long_note: bool
    on_tonic: bool


@dataclass(frozen=True)
class EndingShares:
    """The shares of pieces that end in each way, from 0 to 1."""

    on_downbeat_share: float
    on_long_note_share: float
    on_tonic_share: float


def ending(piece: Piece) -> Ending:
    """Find out how a piece ends; one of drums alone ends in none of these ways."""
    notes = piece.notes.as_piano()
    if not len(notes):
        return Ending(on_downbeat=False, on_long_note=False, on_tonic=False)
    last_onset = notes.onset_ticks[-1]
    first_of_last = int(np.searchsorted(notes.onset_ticks, last_onset))
    before = notes.duration_ticks[max(0, first_of_last - _NEIGHBOURS) : first_of_last]
    longest = notes.duration_ticks[first_of_last:].max()
    bass = notes.pitch[notes.onset_ticks + notes.duration_ticks > last_onset].min()
    return Ending(
        on_downbeat=bars(replace(piece, notes=notes))[-1].start_ticks == int(last_onset),
        on_long_note=bool(len(before) and longest > np.median(before)),
        on_tonic=int(bass) % 12 == find_key(notes).tonic,
    )


def ending_shares(endings: Sequence[Ending]) -> EndingShares:
    """Compute the shares over one or more pieces."""
    return EndingShares(
        on_downbeat_share=float(np.mean([one.on_downbeat for one in endings])),
        on_long_note_share=float(np.mean([one.on_long_note for one in endings])),
        on_tonic_share=float(np.mean([one.on_tonic for one in endings])),
    )
