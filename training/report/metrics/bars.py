"""The bars of a piece, and how similar two of them are."""

from collections.abc import Hashable, Sequence
from collections.abc import Set as AbstractSet

import numpy as np

from music.meter import Measure, measures, score_signatures
from music.notes import Notes
from music.piece import Piece


def bars(piece: Piece) -> list[Measure]:
    """Divide a piece into bars, up to the one in which its last note starts."""
    last_onset_ticks = int(piece.notes.onset_ticks[-1:].max(initial=0))
    return measures(score_signatures(piece), last_onset_ticks + 1)


def bar_ticks(piece: Piece) -> int:
    """Return the most frequent length of a piece's bars."""
    lengths, counts = np.unique([bar.ticks for bar in bars(piece)], return_counts=True)
    return int(lengths[counts.argmax()])


def notes_by_bar(notes: Notes, cut: Sequence[Measure]) -> list[Notes]:
    """Cut notes into bars.

    Returns:
        The notes that start in each bar, their onsets counted from its bar line.
    """
    starts = [bar.start_ticks for bar in cut]
    places = [*np.searchsorted(notes.onset_ticks, starts).tolist(), len(notes)]
    return [notes[places[n] : places[n + 1]].shifted(-start) for n, start in enumerate(starts)]


def similarity(one: AbstractSet[Hashable], other: AbstractSet[Hashable]) -> float:
    """Return what is in both bars over what is in either (Jaccard index); 1 if both are empty."""
    return len(one & other) / len(one | other) if one or other else 1.0
