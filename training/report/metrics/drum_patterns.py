"""Drum patterns: how steady they are over bars, and where fills interrupt them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from music.meter import Measure
from music.notes import Notes
from training.report.metrics.bars import notes_by_bar, similarity

_GRID_TICKS = 3  # sixteenths
_GROUP_BARS = 4  # a group of eight bars ends where one of four does
_FILL = 0.5  # less in common with each neighbour

_Strokes = frozenset[tuple[int, int]]


@dataclass(frozen=True)
class DrumPattern:
    """The drums of a piece, or the mean of several pieces.

    Attributes:
        kinds: Number of different drums.
        similarity_1_bar_back: Mean similarity of a bar and the one before it: strokes in both over
            strokes in either, on a grid of sixteenths. Bars without drums count if the other one
            has some. None if no bar does.
        similarity_2_bars_back: Of a bar and the one two bars before it.
        similarity_4_bars_back: Of a bar and the one four bars before it.
        fill_share: Of the last bars of groups of four, the share that are fills: less than half in
            common with the bar after and with each of the two bars before. Groups are counted from
            the first whole bar; those in which the drums rest before their last bar do not count.
            None if none counts.
    """

    kinds: float
    similarity_1_bar_back: float | None
    similarity_2_bars_back: float | None
    similarity_4_bars_back: float | None
    fill_share: float | None


def drum_pattern(drums: Notes, cut: Sequence[Measure]) -> DrumPattern:
    """Measure the drums of a piece.

    Args:
        drums: The notes of drums, one or more.
        cut: The piece's bars.
    """
    strokes = [_strokes(bar) for bar in notes_by_bar(drums, cut)]
    return DrumPattern(
        kinds=float(len(np.unique(drums.pitch))),
        similarity_1_bar_back=_similarity(strokes, 1),
        similarity_2_bars_back=_similarity(strokes, 2),
        similarity_4_bars_back=_similarity(strokes, 4),
        fill_share=_fill_share(strokes[cut[0].start_ticks < 0 :]),
    )


def _strokes(bar: Notes) -> _Strokes:
    return frozenset(
        zip((bar.onset_ticks // _GRID_TICKS).tolist(), bar.pitch.tolist(), strict=True)
    )


def _similarity(strokes: Sequence[_Strokes], bars_back: int) -> float | None:
    pairs = [(a, b) for a, b in zip(strokes, strokes[bars_back:], strict=False) if a or b]
    return float(np.mean([similarity(a, b) for a, b in pairs])) if pairs else None


def _fill_share(strokes: Sequence[_Strokes]) -> float | None:
    fills = [
        all(similarity(strokes[n], near) < _FILL for near in _neighbours(strokes, n))
        for n in range(_GROUP_BARS - 1, len(strokes), _GROUP_BARS)
        if strokes[n - 1]
    ]
    return float(np.mean(fills)) if fills else None


def _neighbours(strokes: Sequence[_Strokes], n: int) -> list[_Strokes]:
    return [*strokes[n - 2 : n], *strokes[n + 1 : n + 2]]
