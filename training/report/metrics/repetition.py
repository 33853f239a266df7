"""How much a piece repeats: runs of notes, bars, and similar bars.

Source of the similarity of bars: B. Yu et al., Museformer: Transformer with Fine- and
Coarse-Grained Attention for Music Generation (NeurIPS 2022).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from music.notes import Notes
from music.piece import Piece
from training.report.metrics.bars import bars, notes_by_bar, similarity

SHORT_RUN_NOTES, LONG_RUN_NOTES = 8, 16
MOST_BARS_APART = 32
CONTEXT_NOTES = 4


@dataclass(frozen=True)
class Repetition:
    """How much one or more pieces repeat.

    Attributes:
        notes_in_runs_of_8_share: Share of notes in a run of 8 or more that the piece has played
            before, with the same pitches and the same times between onsets; in a band, by the
            same players.
        notes_in_runs_of_16_share: The same for runs of 16 or more.
        returning_bars_share: Of the bars in which a note starts, the share that strike the same
            keys at the same positions as an earlier bar.
        bar_similarity: For each distance of 1 to 32 bars, the similarity of two bars at that
            distance: notes in both over notes in either, 0 to 1. None if no piece is that long.
    """

    notes_in_runs_of_8_share: float
    notes_in_runs_of_16_share: float
    returning_bars_share: float
    bar_similarity: tuple[float | None, ...]


def repetition(piece: Piece) -> Repetition:
    """Measure how much a piece repeats.

    Args:
        piece: With one note or more.
    """
    cut = notes_by_bar(piece.notes, bars(piece))
    return Repetition(
        notes_in_runs_of_8_share=_share_in_runs(piece.notes, SHORT_RUN_NOTES),
        notes_in_runs_of_16_share=_share_in_runs(piece.notes, LONG_RUN_NOTES),
        returning_bars_share=_returning_bars(cut),
        bar_similarity=_bar_similarity(cut),
    )


def mean_repetition(found: Sequence[Repetition]) -> Repetition:
    """Average over one or more pieces, with equal weights."""
    return Repetition(
        notes_in_runs_of_8_share=float(np.mean([one.notes_in_runs_of_8_share for one in found])),
        notes_in_runs_of_16_share=float(np.mean([one.notes_in_runs_of_16_share for one in found])),
        returning_bars_share=float(np.mean([one.returning_bars_share for one in found])),
        bar_similarity=tuple(
            _mean([value for value in alike if value is not None])
            for alike in zip(*(one.bar_similarity for one in found), strict=True)
        ),
    )


def similarity_error(these: Repetition, those: Repetition) -> float | None:
    """Average the differences of the bar similarities: Museformer's similarity error.

    Returns:
        0 if they are the same, at most 1; None if no distance is known for both.
    """
    both = zip(these.bar_similarity, those.bar_similarity, strict=True)
    return _mean([abs(a - b) for a, b in both if a is not None and b is not None])


def ends_a_played_run(notes: Notes, length_notes: int) -> NDArray[np.bool_]:
    """Return for each note whether a run that ends in it has been played before.

    Two runs are the same if their pitches, roles and the times between their onsets are the same;
    durations do not count. Runs may overlap.

    Args:
        notes: N notes, ordered.
        length_notes: Length of the run, 1 or more.

    Returns:
        bool[N].
    """
    ends = np.zeros(len(notes), np.bool_)
    if len(notes) < length_notes:
        return ends
    steps = np.diff(notes.onset_ticks)
    runs = np.concatenate(
        [_windows(notes.key, length_notes), _windows(steps, length_notes - 1)], axis=1
    )
    _, first, kind = np.unique(runs, axis=0, return_index=True, return_inverse=True)
    ends[length_notes - 1 :] = first[kind.ravel()] < np.arange(len(runs))
    return ends


def follows_a_played_run(notes: Notes) -> NDArray[np.bool_]:
    """Return for each note whether the four notes before it have been played before.

    Memory may predict the note that follows; the other notes are new material.

    Returns:
        bool[N].
    """
    return np.append(False, ends_a_played_run(notes, CONTEXT_NOTES))[: len(notes)]


def _share_in_runs(notes: Notes, length_notes: int) -> float:
    ends = ends_a_played_run(notes, length_notes).astype(np.int64)
    covered = np.convolve(ends[::-1], np.ones(length_notes, np.int64))[: len(notes)]
    return float((covered > 0).mean())


def _windows(values: NDArray[np.int32], length: int) -> NDArray[np.int32]:
    if not length:
        return np.empty((len(values) + 1, 0), np.int32)
    return np.lib.stride_tricks.sliding_window_view(values, length)


def _returning_bars(cut: Sequence[Notes]) -> float:
    struck = [frozenset(zip(b.onset_ticks.tolist(), b.key.tolist(), strict=True)) for b in cut]
    filled = [strikes for strikes in struck if strikes]
    return 1 - len(set(filled)) / len(filled)


def _bar_similarity(cut: Sequence[Notes]) -> tuple[float | None, ...]:
    """Average over pairs of bars; pairs in which no note starts do not count."""
    rows = [set(zip(*(column.tolist() for column in bar.columns), strict=True)) for bar in cut]

    def alike(apart: int) -> float | None:
        pairs = [(a, b) for a, b in zip(rows, rows[apart:], strict=False) if a or b]
        return _mean([similarity(a, b) for a, b in pairs])

    return tuple(alike(apart) for apart in range(1, MOST_BARS_APART + 1))


def _mean(values: Sequence[float]) -> float | None:
    return float(np.mean(values)) if values else None
