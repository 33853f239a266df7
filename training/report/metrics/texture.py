"""Texture: octaves, repeated keys, and what a pianist's hands do.

The same rule assigns the notes of a game's pieces and of songs to the hands.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from music.notes import TICKS_PER_BEAT, Notes
from music.piece import Piece
from music.score.hands import hands

_OCTAVES = (12, 24)


@dataclass(frozen=True)
class Hands:
    """What a pianist's hands do in a piece.

    Attributes:
        melody_over_accompaniment_share: The share of onsets at which the right hand plays a single
            note over at least one of the left hand's, in a beat in which the rhythms of the hands
            differ.
        empty_hand_share: The share of beats in which one of the hands is silent.
        longest_empty_hand_beats: The longest silence of a hand.
    """

    melody_over_accompaniment_share: float
    empty_hand_share: float
    longest_empty_hand_beats: int


@dataclass(frozen=True)
class Texture:
    """The texture of a piece, as one piano would play it.

    Attributes:
        notes_per_beat: From the first onset to the last note's end.
        parallel_octaves_share: The share of pairs of neighbouring onsets in which an octave moves
            to another one.
        longest_single_key_onsets: The longest run of onsets that strike the same single key.
        hands: None for a band.
    """

    notes_per_beat: float
    parallel_octaves_share: float
    longest_single_key_onsets: int
    hands: Hands | None


@dataclass(frozen=True)
class TextureSummary:
    """The texture of some pieces: means, and the median and maximum of the longest runs.

    Those of hands are None for bands.
    """

    notes_per_beat_mean: float
    melody_over_accompaniment_share_mean: float | None
    parallel_octaves_share_mean: float
    longest_single_key_onsets_median: float
    longest_single_key_onsets_max: int
    empty_hand_share_mean: float | None
    longest_empty_hand_beats_median: float | None
    longest_empty_hand_beats_max: int | None


def texture(piece: Piece, *, has_hands: bool = True) -> Texture:
    """Measure the texture of a piece.

    Args:
        piece: With one note or more.
        has_hands: Whether one pianist plays it.
    """
    notes = piece.notes.as_piano()
    chords = notes.chords()
    return Texture(
        notes_per_beat=len(notes) * TICKS_PER_BEAT / piece.notes.end_ticks,
        parallel_octaves_share=parallel_octaves_share(chords),
        longest_single_key_onsets=_longest_single_key(chords),
        hands=_hands(notes) if has_hands else None,
    )


def texture_summary(found: Sequence[Texture]) -> TextureSummary:
    """Summarise one or more pieces, with equal weights."""
    keys = [one.longest_single_key_onsets for one in found]
    both = [one.hands for one in found if one.hands]
    empty = [each.longest_empty_hand_beats for each in both]
    return TextureSummary(
        notes_per_beat_mean=_mean([one.notes_per_beat for one in found]),
        melody_over_accompaniment_share_mean=_known_mean(
            [each.melody_over_accompaniment_share for each in both]
        ),
        parallel_octaves_share_mean=_mean([one.parallel_octaves_share for one in found]),
        longest_single_key_onsets_median=float(np.median(keys)),
        longest_single_key_onsets_max=max(keys),
        empty_hand_share_mean=_known_mean([each.empty_hand_share for each in both]),
        longest_empty_hand_beats_median=float(np.median(empty)) if empty else None,
        longest_empty_hand_beats_max=max(empty, default=None),
    )


def top_line(notes: Notes) -> NDArray[np.int32]:
    """Return the highest pitch of each onset.

    Args:
        notes: Of one piano, or of one role.
    """
    is_highest = np.append(np.diff(notes.onset_ticks) > 0, True)[: len(notes)]
    highest: NDArray[np.int32] = notes.pitch[is_highest]
    return highest


def parallel_octaves_share(chords: Sequence[NDArray[np.int32]]) -> float:
    """Return the share of pairs of neighbouring onsets in which an octave moves to another one.

    Args:
        chords: The pitches that start together, onset by onset.
    """
    octaves = [
        frozenset(int(p) for p in chord if any(p + octave in chord for octave in _OCTAVES))
        for chord in chords
    ]
    moves = [bool(a) and bool(b) and a != b for a, b in pairwise(octaves)]
    return _mean(moves) if moves else 0.0


def longest_run(is_true: NDArray[np.bool_]) -> int:
    """Count the longest run of true values in bool[N]."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], is_true.astype(np.int8), [0]])))
    return int((edges[1::2] - edges[::2]).max(initial=0))


def _hands(notes: Notes) -> Hands:
    beats = -(-notes.end_ticks // TICKS_PER_BEAT)
    both = hands(notes)
    rests = [~_sounding(hand, beats) for hand in both]
    return Hands(
        melody_over_accompaniment_share=_melody_share(*both, notes),
        empty_hand_share=float((rests[0] | rests[1]).mean()),
        longest_empty_hand_beats=max(longest_run(rest) for rest in rests),
    )


def _melody_share(right: Notes, left: Notes, notes: Notes) -> float:
    onsets = np.unique(notes.onset_ticks)
    has_melody = _sounding_at(right, onsets) == 1
    has_bass = _sounding_at(left, onsets) >= 1
    beats = onsets // TICKS_PER_BEAT
    strikes_alike = np.isin(onsets, right.onset_ticks) == np.isin(onsets, left.onset_ticks)
    own_rhythm = np.isin(beats, beats[~strikes_alike])
    return float((has_melody & has_bass & own_rhythm).mean())


def _sounding_at(notes: Notes, ticks: NDArray[np.int32]) -> NDArray[np.intp]:
    """Count the notes that sound at each of some ticks."""
    ends = np.sort(notes.onset_ticks + notes.duration_ticks)
    begun = np.searchsorted(notes.onset_ticks, ticks, side="right")
    return begun - np.searchsorted(ends, ticks, side="right")


def _sounding(notes: Notes, beats: int) -> NDArray[np.bool_]:
    """Return for each beat whether any note sounds in it: bool[beats]."""
    changes = np.zeros(beats + 1, np.int64)
    np.add.at(changes, notes.onset_ticks // TICKS_PER_BEAT, 1)
    last_ticks = notes.onset_ticks + notes.duration_ticks - 1
    np.add.at(changes, last_ticks // TICKS_PER_BEAT + 1, -1)
    sounding: NDArray[np.bool_] = np.cumsum(changes)[:-1] > 0
    return sounding


def _longest_single_key(chords: Sequence[NDArray[np.int32]]) -> int:
    keys = [int(chord[0]) if len(chord) == 1 else -1 for chord in chords]
    same = np.array([a == b >= 0 for a, b in pairwise(keys)], np.bool_)
    return longest_run(same) + 1 if max(keys, default=-1) >= 0 else 0


def _mean(values: Sequence[float]) -> float:
    return float(np.mean(values))


def _known_mean(values: Sequence[float]) -> float | None:
    return _mean(values) if values else None
