"""Numbers that describe how the parts of a band play together in an excerpt, and its drums.

Music for one piano has the same numbers in every excerpt.
"""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from music.notes import Notes
from training.report.metrics.bars import similarity

_OCTAVE = 12
_GRID_TICKS = 3  # sixteenths
_MOST_BARS = 64
_CHANGE = 0.5  # less like the bar before it

_Struck = frozenset[tuple[int, int]]


def band_features(notes: Notes, bar_ticks: int) -> dict[str, float]:
    """Describe an excerpt.

    Args:
        notes: One or more.
        bar_ticks: Length of a bar; the first one starts at tick 0.

    Returns:
        Finite numbers by name. Drums are steady if a bar strikes what the bar before it strikes,
        and change if less than half of the strokes are in both bars.
    """
    roles, counts = np.unique(notes.role, return_counts=True)
    melodic = notes.melodic()
    lines = [notes[notes.role == role] for role in np.unique(melodic.role)]
    leaps = np.concatenate([np.zeros(0), *(np.abs(np.diff(line.pitch)) for line in lines)])
    _, first = np.unique(notes.onset_ticks, return_index=True)
    of_onset = np.split(notes.role, first[1:])
    shares = counts / len(notes)
    return {
        "roles": float(len(roles)),
        "role_entropy_bits": float(-(shares * np.log2(shares)).sum()),
        "doubled_share": 1 - len(notes.as_piano()) / max(len(melodic), 1),
        "roles_together_share": float(np.mean([len(set(each.tolist())) > 1 for each in of_onset])),
        "role_span_semitones": float(np.mean([int(np.ptp(line.pitch)) for line in lines] or [0])),
        "role_leap_share": float((leaps > _OCTAVE).mean()) if len(leaps) else 0.0,
        **_drums(notes[~notes.is_melodic], len(notes), bar_ticks),
    }


def _drums(drums: Notes, count: int, bar_ticks: int) -> dict[str, float]:
    bars = _struck(drums, bar_ticks)
    alike = [similarity(a, b) for a, b in pairwise(bars) if a or b]
    return {
        "drum_share": len(drums) / count,
        "drum_kinds": float(len(np.unique(drums.pitch))),
        "drum_steadiness": float(np.mean(alike or [0.0])),
        "drum_change_share": float(np.mean([each < _CHANGE for each in alike] or [False])),
        "drum_distinct_bars_share": len(set(bars)) / len(bars),
    }


def _struck(drums: Notes, bar_ticks: int) -> Sequence[_Struck]:
    """Return what is struck in each bar: places on a grid of sixteenths, and keys."""
    number, place = np.divmod(drums.onset_ticks, bar_ticks)
    bars: list[set[tuple[int, int]]] = [
        set() for _ in range(min(int(number.max(initial=0)) + 1, _MOST_BARS))
    ]
    rows = zip(number.tolist(), (place // _GRID_TICKS).tolist(), drums.pitch.tolist(), strict=True)
    for bar, grid, key in rows:
        if bar < len(bars):
            bars[bar].add((grid, key))
    return [frozenset(bar) for bar in bars]
