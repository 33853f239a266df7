"""Computes the network's inputs from memory for a whole piece, once, before windows are cut.

N is the number of notes, C of candidates, F of a token's fields, R of roles. Row n has the inputs
after note n, which predict note n + 1. Drums have no pitch: what is about keys leaves them out.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from music.codec.notetuple import FieldValues, NoteTuple
from music.notes import HIGHEST_PITCH, LOWEST_PITCH
from music.players.roles import ROLES
from training.memory.candidates import (
    BARS_BACK,
    FEWEST_TRANSPOSED_NOTES,
    HISTORY_NOTES,
    KEY_HALF_LIVES_TICKS,
    KEY_WEIGHTS_SUM,
    LONGEST_RUN,
    MOST_KEY_TICKS,
    PLACES,
    RECENT_PREDICTIONS,
    match_evidence,
)

KEYS = HIGHEST_PITCH - LOWEST_PITCH + 1
_STILL_SOUNDING_NOTES = 256  # only the last notes may still sound
_BLOCK_NOTES = 256
_NO_HEIGHT = -1  # before the first melodic note


@dataclass(frozen=True)
class Context:
    """The context at each note of a piece.

    Attributes:
        place: int32[N], the position of each onset in its bar, in ticks, below `PLACES`.
        bar: int32[N], the length of that bar, in ticks, below `PLACES`.
        candidates: int32[N, C, F], field values; all 0 for no candidate.
        evidence: int32[N, C], the evidence for each; 0 for no candidate.
        key_weights: float32[N, 24], how long each pitch class has sounded lately, C first, for
            each of the half-lives; the sum for each half-life is `KEY_WEIGHTS_SUM`.
        onset_ticks: int32[N].
        end_ticks: int32[N].
        struck_again: int32[N], the next note with the same key; N if there is none.
        is_melodic: bool[N], false for drums.
        is_candidate_melodic: bool[N, C], false for drums.
        role_pitch: int32[N], the key that the note's own role struck last before the note, counted
            from 1; 0 for none.
        line_up: float32[R], 1 for every role of the piece.
    """

    place: NDArray[np.int32]
    bar: NDArray[np.int32]
    candidates: NDArray[np.int32]
    evidence: NDArray[np.int32]
    key_weights: NDArray[np.float32]
    onset_ticks: NDArray[np.int32]
    end_ticks: NDArray[np.int32]
    struck_again: NDArray[np.int32]
    is_melodic: NDArray[np.bool_]
    is_candidate_melodic: NDArray[np.bool_]
    role_pitch: NDArray[np.int32]
    line_up: NDArray[np.float32]


@dataclass(frozen=True)
class _Guess:
    """One candidate at every note.

    Attributes:
        exists: bool[N].
        fields: int32[N, F].
        evidence: int32[N].
    """

    exists: NDArray[np.bool_]
    fields: NDArray[np.int32]
    evidence: NDArray[np.int32]


def context(
    fields: NDArray[np.int32],
    place_ticks: NDArray[np.int32],
    bar_ticks: NDArray[np.int32],
    codec: NoteTuple,
) -> Context:
    """Compute a piece's inputs from memory.

    Args:
        fields: int32[N, F], the notes' field values, N 1 or more, ordered by onset, role and pitch.
        place_ticks: int32[N], the position of each onset in its bar.
        bar_ticks: int32[N], the length of that bar.
        codec: The codec of the field values.
    """
    values = codec.values_of(fields)
    onset_ticks = np.cumsum(codec.shift_ticks[values.shift]).astype(np.int32)
    onset_ticks -= onset_ticks[0]
    duration_ticks = codec.duration_ticks[values.duration]
    is_melodic = codec.is_melodic(values.role)
    guesses = [
        _match(fields, values),
        *(_bars_back(fields, onset_ticks, bars * bar_ticks, codec) for bars in BARS_BACK),
        _transposed(fields, codec),
    ]
    candidates = np.stack([np.where(g.exists[:, None], g.fields, 0) for g in guesses], axis=1)
    return Context(
        place=np.minimum(place_ticks, PLACES - 1).astype(np.int32),
        bar=np.minimum(bar_ticks, PLACES - 1).astype(np.int32),
        candidates=candidates,
        evidence=np.stack([np.where(g.exists, g.evidence, 0) for g in guesses], axis=1),
        key_weights=_key_weights(
            onset_ticks, duration_ticks * is_melodic, values.pitch + LOWEST_PITCH
        ),
        onset_ticks=onset_ticks,
        end_ticks=onset_ticks + duration_ticks,
        struck_again=_next_with_same(values.pitch + KEYS * ~is_melodic),
        is_melodic=is_melodic,
        is_candidate_melodic=codec.is_melodic(codec.values_of(candidates).role),
        role_pitch=_role_pitch(values),
        line_up=np.isin(np.arange(len(codec.role)), values.role).astype(np.float32),
    )


def sounding(
    context: Context, pitch: NDArray[np.int32], first: int, count: int
) -> NDArray[np.float32]:
    """Return which keys sound, and which are struck, when notes start.

    Args:
        context: The context of a piece.
        pitch: int32[N], its notes' keys, 0 to 87.
        first: The index of the first note.
        count: The number of notes.

    Returns:
        float32[count, 2 * 88]: 1 for every key that an earlier onset struck and that sounds at
        the note's onset, then 1 for every key that an earlier note of the same onset struck.
    """
    notes = np.arange(first, first + count)
    earlier = notes[:, None] - np.arange(1, _STILL_SOUNDING_NOTES + 1)
    is_note = earlier >= 0
    earlier = np.maximum(earlier, 0)
    is_note &= context.struck_again[earlier] >= notes[:, None]
    is_note &= context.is_melodic[earlier]
    now = context.onset_ticks[notes][:, None]
    onset, end = context.onset_ticks[earlier], context.end_ticks[earlier]
    keys = np.zeros((count, 2 * KEYS), np.float32)
    for start, which in ((0, (onset < now) & (end > now)), (KEYS, onset == now)):
        row, column = np.nonzero(which & is_note)
        keys[row, start + pitch[earlier[row, column]]] = 1
    return keys


def _next_with_same(number: NDArray[np.int32]) -> NDArray[np.int32]:
    """Find, for each position of int32[N], the next one with the same number; N for none."""
    by_number = np.argsort(number, kind="stable")
    following = np.append(by_number[1:], len(number))
    following[:-1][np.diff(number[by_number]) != 0] = len(number)
    found = np.empty(len(number), np.int32)
    found[by_number] = following
    return found


def _role_pitch(values: FieldValues) -> NDArray[np.int32]:
    """Find the key that each note's role struck last, counted from 1; 0 before its first note."""
    following = _next_with_same(values.role)
    has_next = following < len(following)
    before = np.zeros(len(following), np.int32)
    before[following[has_next]] = values.pitch[has_next] + 1
    return before


def _match(fields: NDArray[np.int32], values: FieldValues) -> _Guess:
    """Find the note that followed the longest run equal to the run that ends at each note."""
    number = _shift_and_role(values) * KEYS + values.pitch
    run, period = _longest_runs(number, number >= 0)
    return _followed(fields, run, period, run > 0)


def _transposed(fields: NDArray[np.int32], codec: NoteTuple) -> _Guess:
    """Find a match of intervals, without runs in the same key.

    Intervals are those from one melodic note to the next; drums have to be equal.
    """
    values = codec.values_of(fields)
    is_melodic = codec.is_melodic(values.role)
    last_melodic = np.maximum.accumulate(np.where(is_melodic, np.arange(len(fields)), -1))
    height = np.where(last_melodic >= 0, values.pitch[last_melodic], _NO_HEIGHT)
    before = np.append(_NO_HEIGHT, height[:-1]).astype(np.int32)
    interval = values.pitch - np.where(is_melodic & (before != _NO_HEIGHT), before, 0)
    number = _shift_and_role(values) * (2 * KEYS) + interval + KEYS
    counts = ~is_melodic | (before != _NO_HEIGHT)
    run, period = _longest_runs(number, counts, unequal=height)
    found = _followed(fields, run, period, run >= FEWEST_TRANSPOSED_NOTES)
    higher = height - height[np.maximum(np.arange(len(height)) - period, 0)]
    following = codec.values_of(found.fields)
    pitch = following.pitch + higher * codec.is_melodic(following.role)
    return _Guess(
        found.exists & (pitch >= 0) & (pitch < KEYS),
        _with_pitch(found.fields, pitch, codec.pitch_field),
        found.evidence,
    )


def _shift_and_role(values: FieldValues) -> NDArray[np.int64]:
    """Encode shift and role as one number."""
    return values.shift.astype(np.int64) * ROLES + values.role


def _with_pitch(
    fields: NDArray[np.int32], pitch: NDArray[np.int32], pitch_field: int
) -> NDArray[np.int32]:
    """Replace the pitches of notes int32[..., F]."""
    changed = fields.copy()
    changed[..., pitch_field] = pitch
    return changed


def _longest_runs(
    number: NDArray[np.int64],
    counts: NDArray[np.bool_],
    unequal: NDArray[np.int32] | None = None,
) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Find, for each position of a sequence, the longest earlier run equal to the one ending there.

    Args:
        number: int64[N], the compared numbers.
        counts: bool[N], the positions that can be part of a run.
        unequal: int[N], numbers that must differ within an equal pair; None for no condition.

    Returns:
        The length of the run, int32[N], 0 for none; and how many positions earlier it ended,
        int32[N], for the latest of equally long runs.
    """
    longest, period = np.zeros(len(number), np.int32), np.zeros(len(number), np.int32)
    reach = HISTORY_NOTES if unequal is None else HISTORY_NOTES - 1  # the oldest has no interval
    for distance in range(1, min(reach, len(number))):
        equal = (number[distance:] == number[:-distance]) & counts[:-distance]
        if unequal is not None:
            equal &= unequal[distance:] != unequal[:-distance]
        if not equal.any():
            continue
        places = np.arange(len(equal))
        broken = np.maximum.accumulate(np.where(equal, -1, places))
        run = (places - broken).astype(np.int32)
        is_longer = run > longest[distance:]
        longest[distance:][is_longer] = run[is_longer]
        period[distance:][is_longer] = distance
    return np.minimum(longest, LONGEST_RUN), period


def _followed(
    fields: NDArray[np.int32],
    run: NDArray[np.int32],
    period: NDArray[np.int32],
    exists: NDArray[np.bool_],
) -> _Guess:
    following = np.arange(len(fields)) - period + 1
    return _Guess(exists, fields[np.where(exists, following, 0)], match_evidence(run, period))


def _bars_back(
    fields: NDArray[np.int32],
    onset_ticks: NDArray[np.int32],
    back_ticks: NDArray[np.int32],
    codec: NoteTuple,
) -> _Guess:
    """Find the first note after the same position some bars ago, by onset, role and pitch."""
    note = np.arange(len(fields))
    values = codec.values_of(fields)
    key = values.role.astype(np.int64) * KEYS + values.pitch
    there = onset_ticks.astype(np.int64) - back_ticks
    strikes = onset_ticks.astype(np.int64) * (ROLES * KEYS) + key
    following = np.searchsorted(strikes, there * (ROLES * KEYS) + key, side="right")
    exists = (there >= 0) & (following <= note) & (following > note - HISTORY_NOTES + 1)
    following = np.minimum(following, len(fields) - 1)
    wait = np.where(exists, codec.nearest_shift(onset_ticks[following] - there), 0)
    is_right = np.zeros(len(fields), np.int32)
    is_same = (wait[:-1] == values.shift[1:]) & (key[following[:-1]] == key[1:])
    is_right[1:] = exists[:-1] & is_same
    right_so_far = np.concatenate([[0], np.cumsum(is_right)])
    recent = np.maximum(note + 1 - RECENT_PREDICTIONS, 0)
    hits = right_so_far[note + 1] - right_so_far[recent]
    guess = fields[following]
    guess[:, 0] = wait
    return _Guess(exists, guess, (1 + hits).astype(np.int32))


def _key_weights(
    onset_ticks: NDArray[np.int32], duration_ticks: NDArray[np.int32], pitch: NDArray[np.int32]
) -> NDArray[np.float32]:
    """Sum how long each pitch class has sounded, with less weight for older notes: float32[N, 24].

    Computed in blocks: the decay over a whole piece would exceed the range of a float.
    """
    lasting = np.zeros((len(pitch), 12))
    lasting[np.arange(len(pitch)), pitch % 12] = np.minimum(duration_ticks, MOST_KEY_TICKS)
    return np.concatenate(
        [_decayed(onset_ticks, lasting, half_life) for half_life in KEY_HALF_LIVES_TICKS], axis=1
    ).astype(np.float32)


def _decayed(
    onset_ticks: NDArray[np.int32], lasting: NDArray[np.float64], half_life_ticks: float
) -> NDArray[np.float64]:
    weights = np.empty_like(lasting)
    before, last_onset = np.zeros(12), 0
    for start in range(0, len(lasting), _BLOCK_NOTES):
        block = slice(start, start + _BLOCK_NOTES)
        ages = (onset_ticks[block] - onset_ticks[block][0]) / half_life_ticks
        growth = np.exp2(np.minimum(ages, 600))[:, None]
        before = before * 0.5 ** ((onset_ticks[block][0] - last_onset) / half_life_ticks)
        weights[block] = (np.cumsum(lasting[block] * growth, axis=0) + before) / growth
        before, last_onset = weights[block][-1], onset_ticks[block][-1]
    sums = weights.sum(axis=1, keepdims=True)
    scaled: NDArray[np.float64] = KEY_WEIGHTS_SUM * weights / np.where(sums > 0, sums, 1)
    return scaled


def moved(
    fields: NDArray[np.int32], pitch_field: int, is_moved: NDArray[np.bool_], semitones: int
) -> NDArray[np.int32]:
    """Transpose those notes of int32[..., F] for which bool[...] holds."""
    pitch = fields[..., pitch_field]
    return _with_pitch(fields, np.where(is_moved, folded(pitch + semitones), pitch), pitch_field)


def folded(key: NDArray[np.int32]) -> NDArray[np.int32]:
    """Move keys, counted from 0, that are outside of the piano into it by octaves."""
    octaves_up = np.maximum(0, -(key // 12))
    octaves_down = np.maximum(0, -((KEYS - 1 - key) // 12))
    inside: NDArray[np.int32] = (key + 12 * (octaves_up - octaves_down)).astype(np.int32)
    return inside
