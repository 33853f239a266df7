"""Which hand of a pianist plays which note.

Each hand has a place on the keyboard: the middle of what it plays. While a note sounds, it costs
the square of its distance from the nearer hand, which plays it. Moving a hand costs by the
semitone, and so does staying away from where hands usually are. The places of both hands at every
onset are those of the cheapest way through the piece, so that a hand moves where the music does
and stays where single notes stray. Hands do not cross. A line, single notes one after the other
in small steps, is played by one hand: the one that is nearer to most of it.
"""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from music.notes import Notes

_STEP = 4  # semitones between places
_LEFT, _RIGHT = np.arange(28, 73, _STEP), np.arange(48, 97, _STEP)  # pitches
_USUAL_LEFT, _USUAL_RIGHT = 48, 72
_UNUSUAL = 2  # cost of each semitone from there, at every onset
_MOVE = 96  # cost of a step
_NEAREST = 12  # semitones between the hands
_NEVER = 1_000_000
_LINE_LEAP, _LINE_RANGE = 7, 24  # semitones: the largest within a line, and from end to end
_LINE_GAP_TICKS = 12  # from onset to onset

_Costs = NDArray[np.int64]  # [left places, right places]


def hands(notes: Notes) -> tuple[Notes, Notes]:
    """Split notes between the hands: right, left."""
    right = in_right_hand(notes)
    return notes[right], notes[~right]


def in_right_hand(notes: Notes) -> NDArray[np.bool_]:
    """Return which of N notes the right hand plays: bool[N].

    Args:
        notes: Ordered by onset, then by pitch.
    """
    if not len(notes):
        return np.zeros(0, dtype=np.bool_)
    left_place, right_place = _places(notes)
    from_left, from_right = abs(notes.pitch - left_place), abs(notes.pitch - right_place)
    right: NDArray[np.bool_] = from_right < from_left
    for line in _lines(notes):
        right[line] = 2 * np.count_nonzero(right[line]) >= line.stop - line.start
    return right


def _lines(notes: Notes) -> Iterator[slice]:
    """Find the lines: single notes that follow each other closely, in time and on the keyboard."""
    onset, pitch = notes.onset_ticks, notes.pitch
    follows = (np.diff(onset) <= _LINE_GAP_TICKS) & (np.abs(np.diff(pitch)) <= _LINE_LEAP)
    starts_alone = np.diff(onset, prepend=-1) > 0
    is_single = starts_alone & np.append(starts_alone[1:], [True])[: len(notes)]
    joins = follows & is_single[1:] & is_single[:-1]
    bounds = np.flatnonzero(np.diff(joins, prepend=False, append=False))
    for first, last in bounds.reshape(-1, 2).tolist():
        line = slice(first, last + 1)
        if np.ptp(pitch[line]) <= _LINE_RANGE:
            yield line


def _places(notes: Notes) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Find where the hands are when each note is struck: pitches, int64[N] each.

    The cheapest way goes, at each onset, through the places for which the cheapest way until there
    and the cheapest way from there cost least together.
    """
    costs = _onset_costs(notes)
    until, after = np.zeros_like(costs), np.zeros_like(costs)
    for onset in range(len(costs)):
        until[onset] = costs[onset] + (_moved(until[onset - 1]) if onset else 0)
    for onset in range(len(costs) - 2, -1, -1):
        after[onset] = _moved(costs[onset + 1] + after[onset + 1])
    cheapest = (until + after).reshape(len(costs), -1).argmin(axis=1)
    of_onset = np.cumsum(np.diff(notes.onset_ticks, prepend=-1) > 0) - 1
    left, right = np.unravel_index(cheapest[of_onset], (len(_LEFT), len(_RIGHT)))
    return _LEFT[left].astype(np.int64), _RIGHT[right].astype(np.int64)


def _onset_costs(notes: Notes) -> _Costs:
    """Return what the notes cost that sound at each onset: int64[onsets, left, right]."""
    pitch = notes.pitch.astype(np.int64)[:, None, None]
    note_costs = np.minimum((pitch - _LEFT[:, None]) ** 2, (pitch - _RIGHT) ** 2)
    onsets = np.unique(notes.onset_ticks)
    costs = np.tile(_place_costs(), (len(onsets), 1, 1))
    first = np.searchsorted(onsets, notes.onset_ticks)
    behind = np.searchsorted(onsets, notes.onset_ticks + notes.duration_ticks)
    for note_cost, start, stop in zip(note_costs, first.tolist(), behind.tolist(), strict=True):
        costs[start:stop] += note_cost
    return costs


def _place_costs() -> _Costs:
    left, right = _LEFT[:, None], _RIGHT[None, :]
    unusual = _UNUSUAL * (abs(left - _USUAL_LEFT) + abs(right - _USUAL_RIGHT))
    costs: _Costs = np.where(right - left < _NEAREST, _NEVER, unusual)
    return costs


def _moved(costs: _Costs) -> _Costs:
    """Return the least cost of each pair of places, of staying there or moving there.

    Source: P. Felzenszwalb and D. Huttenlocher, Distance Transforms of Sampled Functions (2012),
    for distances that are sums of absolute differences.
    """
    for axis, count in enumerate(costs.shape):
        ramp = _MOVE * np.arange(count).reshape((-1, 1) if axis == 0 else (1, -1))
        upwards = np.minimum.accumulate(costs - ramp, axis=axis) + ramp
        backwards = np.flip(costs + ramp, axis)
        downwards = np.flip(np.minimum.accumulate(backwards, axis=axis), axis) - ramp
        costs = np.minimum(upwards, downwards)
    return costs
