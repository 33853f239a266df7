"""The memory of songs inside a graph, equal to `training.memory.context`, note by note.

B is the batch size, F the number of fields of a note, C of candidates, H of notes in the history,
the newest last. A field's value is -1 for no note. The model's state holds integers as floats,
which are exact up to 2**24.

A step of a song consists of a few hundred small operations, and its time is proportional to their
number. So one number represents a whole note, and the numbers of a row are columns [B, 1], which
broadcast with rows without a further dimension.
"""

from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf

from music.bars import COMMON_TIME
from music.codec.notetuple import NoteTuple
from music.notes import LOWEST_PITCH
from training.memory.candidates import (
    BARS_BACK,
    CANDIDATES,
    FEWEST_TRANSPOSED_NOTES,
    HISTORY_NOTES,
    KEY_HALF_LIVES_TICKS,
    KEY_WEIGHTS,
    KEY_WEIGHTS_EXACT,
    KEY_WEIGHTS_SUM,
    LONGEST_RUN,
    MATCH,
    MOST_HALF_TURNS,
    MOST_KEY_TICKS,
    PLACES,
    RECENT_PREDICTIONS,
    TRANSPOSED,
    run_buckets,
)
from training.memory.context import KEYS

_BYTE_BITS = 8  # the bits of a note's number for its pitch and its duration, below its shift
_BYTE = (1 << _BYTE_BITS) - 1
_NO_NOTE = -((1 << 2 * _BYTE_BITS) + (1 << _BYTE_BITS) + 1)  # the number for no note
_STEP_BITS = 9  # the bits of a step's number for its interval, below its shift
_NO_STEP, _FIRST_STEP = -(1 << 20), -(1 << 21)  # the steps for no note, and of the first note
_STRIKE_BITS = 7  # the bits of a strike's number for its key, below its onset
_LONGEST_BAR_TICKS = 1 << 16  # so that products of ticks fit into an int32
_LONG_AGO = -(1 << 20)  # the ticks for no note
_HITS = 1 << RECENT_PREDICTIONS
_HISTORY_BITS = HISTORY_NOTES.bit_length() - 1  # H is a power of 2
_RUNS = LONGEST_RUN + 1
FORBIDDEN = -1e9  # a logit
_ALL_KEYS = np.arange(KEYS, dtype=np.int32)[None]

# Runs are multiplied by H, so that one sum ranks them, the latest of equally long ones first.
_PLACES_IN_HISTORY = np.arange(HISTORY_NOTES, dtype=np.int32)
_LONGEST_RANK = LONGEST_RUN << _HISTORY_BITS
# What a note adds to a run that it continues: nothing at the note itself, and nothing to a
# transposed run that ends at the oldest note, since the interval before it is not stored.
_ONE_NOTE_MORE = np.full((2, HISTORY_NOTES), HISTORY_NOTES, np.int32)
_ONE_NOTE_MORE[:, -1] = _ONE_NOTE_MORE[1, 0] = 0

# For each candidate: which of the two runs it follows, its bars back, and the least evidence.
_RUN_OF = np.array([0] * TRANSPOSED + [1], np.int32)
_IS_TRANSPOSED = _RUN_OF[None]
_BACK = np.array([[0, *BARS_BACK, 0]], np.int32)
_IS_BACK = _BACK > 0
_FEWEST_LATER = np.where(_IS_BACK, 0, HISTORY_NOTES).astype(np.int32)
_FEWEST_NOTES = np.full((1, CANDIDATES), HISTORY_NOTES, np.int32)
_FEWEST_NOTES[:, [MATCH, TRANSPOSED]] = 1, FEWEST_TRANSPOSED_NOTES

_EXACT = 1 << 12  # key weights are multiplied by this and rounded, so that sums are exact
_HALF_LIVES = len(KEY_HALF_LIVES_TICKS)
# By ticks. A table, since the rounding of powers depends on the position in a batch.
_DECAY = np.exp2(-np.arange(1 << 10)[:, None] / np.array(KEY_HALF_LIVES_TICKS))
_DECAY = np.repeat(_DECAY, 12, axis=1).astype(np.float32)
# By key; the last row is for no key.
_PITCH_CLASS = np.eye(12, dtype=np.float32)[(np.arange(KEYS) + LOWEST_PITCH) % 12]
_PITCH_CLASS = np.pad(np.tile(_PITCH_CLASS * _EXACT, (1, _HALF_LIVES)), [(0, 1), (0, 0)])

_WIDTHS = (HISTORY_NOTES, HISTORY_NOTES, CANDIDATES, KEY_WEIGHTS, KEYS, KEYS, 3)
STATE_WIDTH = sum(_WIDTHS)


class Memory(NamedTuple):
    """The memory of B songs, and the inputs that follow from it.

    Attributes:
        notes: int32[B, H], each note's shift, pitch and duration as one number.
        strikes: int32[B, H], its onset, on the clock of the history, and its key as one number.
        steps: int32[B, H], its shift and the interval from the previous note as one number.
        ranks: int32[B, 2, H], the length of the run ending at each note of the history that equals
            the current run, and of the one that equals it in another key; times H.
        hits: int32[B, C], a bit for each of a candidate's last eight predictions.
        key_weights: float32[B, 24], integers, not yet scaled.
        end_ticks: int32[B, 88], when each key's last note ends.
        struck_ticks: int32[B, 88], when it was struck.
        now_ticks: int32[B, 1], the last onset, on the clock of the history.
        pitch: int32[B, 1], the pitch of the last note.
        place_ticks: int32[B, 1], the last onset's position in the bar.
        bar_ticks: int32[B, 1].
        elapsed_ticks: int32[B, 1], from the song's first note to the last onset; -1 before it.
        candidates: int32[B, F, C], values; -1 for no candidate.
        evidence: int32[B, C].
        predicted: int32[B, C], a candidate's shift and pitch as one number; -1 for no candidate.
    """

    notes: Any
    strikes: Any
    steps: Any
    ranks: Any
    hits: Any
    key_weights: Any
    end_ticks: Any
    struck_ticks: Any
    now_ticks: Any
    pitch: Any
    place_ticks: Any
    bar_ticks: Any
    elapsed_ticks: Any
    candidates: Any
    evidence: Any
    predicted: Any


class Ahead(NamedTuple):
    """The inputs for a note whose onset is known.

    Attributes:
        place: int32[B, 1], its position in the bar.
        sounding: float32[B, 176], as from `training.memory.context.sounding`.
        pitch_bias: float32[B, 88], added to the pitch's logits before sampling, as a filter:
            pitches rise within an onset.
        waited: int32[B, 1], the ticks from the last onset to it; 0 for a song's first note.
    """

    place: Any
    sounding: Any
    pitch_bias: Any
    waited: Any


class Recall:
    """Reads notes into memories, and finds candidates in them."""

    def __init__(self, codec: NoteTuple) -> None:
        """Build the tables of the fields' values.

        Args:
            codec: The codec of the notes.
        """
        # The last row, 0 ticks, is for no note: graphs have no negative indices.
        self._shift_ticks = np.append(codec.shift_ticks, 0).astype(np.int32)
        self._duration_ticks = np.append(codec.duration_ticks, 0).astype(np.int32)
        self._nearest_shift = codec.nearest_shift(
            np.arange(int(codec.shift_ticks[-1]) + 1, dtype=np.int32)
        ).astype(np.int32)
        self._run_evidence = run_buckets() * (MOST_HALF_TURNS + 1)
        self._hit_evidence = np.array([1 + bits.bit_count() for bits in range(_HITS)], np.int32)

    def empty(self, place_ticks: Any, bar_ticks: Any) -> Memory:
        """Start songs.

        Args:
            place_ticks: int32[B], the position in its bar at which the first note will start.
            bar_ticks: int32[B], the length of a bar; 0 for 4/4.
        """
        batch = tf.shape(place_ticks)[0]
        bar_ticks = _or_common_time(bar_ticks[:, None])
        history = [batch, HISTORY_NOTES]
        return self._with_candidates(
            notes=tf.fill(history, _NO_NOTE),
            strikes=tf.fill(history, _LONG_AGO << _STRIKE_BITS),
            steps=tf.fill(history, _NO_STEP),
            ranks=tf.zeros([batch, 2, HISTORY_NOTES], tf.int32),
            hits=tf.zeros([batch, CANDIDATES], tf.int32),
            key_weights=tf.zeros([batch, KEY_WEIGHTS]),
            end_ticks=tf.fill([batch, KEYS], _LONG_AGO),
            struck_ticks=tf.fill([batch, KEYS], _LONG_AGO),
            now_ticks=tf.zeros([batch, 1], tf.int32),
            pitch=tf.fill([batch, 1], -1),
            place_ticks=place_ticks[:, None] % bar_ticks,
            bar_ticks=bar_ticks,
            elapsed_ticks=tf.fill([batch, 1], -1),
        )

    def read(self, memory: Memory, values: Any) -> Memory:
        """Read a note of each song, int32[B, F]; -1 for no note, at a song's start."""
        shift, pitch, duration = tf.split(values, 3, axis=1)
        waited = self._waited(memory, shift)
        lasts = tf.gather(self._duration_ticks, _or_last(duration, self._duration_ticks))
        now = memory.now_ticks + waited
        key = shift * (1 << _BYTE_BITS) + pitch
        step = shift * (1 << _STEP_BITS) + pitch - memory.pitch
        step = tf.where(memory.pitch >= 0, step, _FIRST_STEP)
        notes = _with_newest(memory.notes, key * (1 << _BYTE_BITS) + duration)
        steps = _with_newest(memory.steps, step)
        is_same = tf.equal(_above(_BYTE_BITS, notes), key)
        is_moved = tf.equal(steps, step) & ~is_same
        goes_on = tf.cast(tf.stack([is_same, is_moved], axis=1), tf.int32)
        is_struck = tf.equal(_ALL_KEYS, pitch)
        return self._with_candidates(
            notes=notes,
            strikes=_with_newest(memory.strikes, now * (1 << _STRIKE_BITS) + pitch),
            steps=steps,
            ranks=tf.minimum((memory.ranks + _ONE_NOTE_MORE) * goes_on, _LONGEST_RANK),
            hits=_hits_after(memory, key),
            key_weights=_key_weights_after(memory.key_weights, waited, pitch, lasts),
            end_ticks=tf.where(is_struck, now + lasts, memory.end_ticks),
            struck_ticks=tf.where(is_struck, now, memory.struck_ticks),
            now_ticks=now,
            pitch=pitch,
            place_ticks=(memory.place_ticks + waited) % memory.bar_ticks,
            bar_ticks=memory.bar_ticks,
            elapsed_ticks=tf.maximum(memory.elapsed_ticks, tf.minimum(shift, 0)) + waited,
        )

    def scaled_key_weights(self, memory: Memory) -> Any:
        """Return float32[B, 24]; the sum for each half-life is `KEY_WEIGHTS_SUM`, or 0."""
        # In integers: the rounding of a quotient of floats depends on the position in a batch.
        whole = tf.cast(tf.reshape(memory.key_weights, [-1, _HALF_LIVES, 12]), tf.int64)
        sums = tf.maximum(tf.reduce_sum(whole, axis=2, keepdims=True), 1)
        scaled = whole * int(KEY_WEIGHTS_SUM * KEY_WEIGHTS_EXACT) // sums
        return tf.reshape(tf.cast(scaled, tf.float32) / KEY_WEIGHTS_EXACT, [-1, KEY_WEIGHTS])

    def ahead(self, memory: Memory, shift: Any) -> Ahead:
        """Return the inputs for the next note, whose first field is int32[B, 1]."""
        waited = self._waited(memory, shift)
        onset = memory.now_ticks + waited
        sounds = (memory.end_ticks > onset) & (memory.struck_ticks < onset)
        is_struck = memory.struck_ticks == onset
        # Only the highest key may follow itself: the codec drops such a doubling.
        highest = tf.minimum(memory.pitch, KEYS - 2)
        # After a wait of a tick or more, every key is free.
        is_forbidden = highest - waited * KEYS >= _ALL_KEYS
        return Ahead(
            place=shown_ticks((memory.place_ticks + waited) % memory.bar_ticks),
            sounding=tf.cast(tf.concat([sounds, is_struck], axis=1), tf.float32),
            pitch_bias=tf.cast(is_forbidden, tf.float32) * FORBIDDEN,
            waited=waited,
        )

    def packed(self, memory: Memory) -> Any:
        """Encode memories as float32[B, STATE_WIDTH], to travel with a request."""
        notes = memory.notes - _NO_NOTE
        runs = _above(_HISTORY_BITS, memory.ranks)
        runs = runs[:, 0] * _RUNS + runs[:, 1]
        sounds_on = tf.maximum(memory.end_ticks - memory.now_ticks, 0)
        is_struck = memory.struck_ticks == memory.now_ticks
        scalars = [memory.place_ticks, memory.bar_ticks, memory.elapsed_ticks + 1]
        whole = [notes, runs, memory.hits, sounds_on, is_struck, tf.concat(scalars, axis=1)]
        notes, runs, hits, *rest = (tf.cast(part, tf.float32) for part in whole)
        return tf.concat([notes, runs, hits, memory.key_weights, *rest], axis=1)

    def unpacked(self, state: Any) -> Memory:
        """Decode memories from float32[B, STATE_WIDTH]; zeros are songs in 4/4 without a note."""
        parts = tf.split(state, _WIDTHS, axis=1)
        notes, runs, hits, sounds_on, is_struck, scalars = (
            tf.cast(parts[n], tf.int32) for n in (0, 1, 2, 4, 5, 6)
        )
        notes += _NO_NOTE
        shift, pitch = _above(2 * _BYTE_BITS, notes), _above(_BYTE_BITS, notes) & _BYTE
        is_note = notes >= 0
        waited = tf.gather(self._shift_ticks, tf.where(is_note, shift, len(self._shift_ticks) - 1))
        since = tf.cumsum(waited, axis=1, exclusive=True, reverse=True)
        strikes = tf.where(is_note, -since, _LONG_AGO) * (1 << _STRIKE_BITS) + pitch
        is_second = tf.pad(is_note[:, :-1], [[0, 0], [1, 0]]) & is_note
        before = tf.pad(pitch[:, :-1], [[0, 0], [1, 0]])
        steps = tf.where(is_second, shift * (1 << _STEP_BITS) + pitch - before, _NO_STEP)
        place, bar, begun = tf.split(scalars, 3, axis=1)
        return self._with_candidates(
            notes=notes,
            strikes=strikes,
            steps=steps,
            ranks=tf.stack([runs // _RUNS, runs % _RUNS], axis=1) * HISTORY_NOTES,
            hits=hits,
            key_weights=parts[3],
            end_ticks=sounds_on,
            struck_ticks=tf.where(is_struck > 0, 0, _LONG_AGO),
            now_ticks=tf.zeros_like(place),
            pitch=tf.where(is_note, pitch, -1)[:, -1:],
            place_ticks=place,
            bar_ticks=_or_common_time(bar),
            elapsed_ticks=begun - 1,
        )

    def _waited(self, memory: Memory, shift: Any) -> Any:
        """Return the ticks of a shift int32[B, 1]; 0 for a song's first note."""
        ticks = tf.gather(self._shift_ticks, _or_last(shift, self._shift_ticks))
        return tf.where(memory.elapsed_ticks < 0, 0, ticks)

    def _with_candidates(self, **remembered: Any) -> Memory:
        """Find all candidates side by side; what concerns none of a kind is left out by constants.

        A match is what followed the end of the longest run; a candidate some bars back is the first
        note after the same place there.
        """
        memory = Memory(**remembered, candidates=(), evidence=(), predicted=())
        best = tf.reduce_max(memory.ranks + _PLACES_IN_HISTORY, axis=2)
        best = tf.gather(best, _RUN_OF, axis=1)
        runs, ends = _above(_HISTORY_BITS, best), best & (HISTORY_NOTES - 1)
        back_ticks = memory.bar_ticks * _BACK
        there = memory.now_ticks - back_ticks
        strikes = there * (1 << _STRIKE_BITS) + memory.pitch
        later = tf.raw_ops.UpperBound(sorted_inputs=memory.strikes, values=strikes)
        places = tf.minimum(tf.where(_IS_BACK, later, ends + 1), HISTORY_NOTES - 1)
        looked_up = tf.concat([places, ends[:, TRANSPOSED:]], axis=1)
        found = tf.gather(memory.notes, looked_up, axis=1, batch_dims=1)
        found, end = tf.split(found, [CANDIDATES, 1], axis=1)
        moved_by = memory.pitch - (_above(_BYTE_BITS, end) & _BYTE)
        pitch = (_above(_BYTE_BITS, found) & _BYTE) + moved_by * _IS_TRANSPOSED
        shift = tf.where(
            _IS_BACK, self._shift_from(there, places, memory), _above(2 * _BYTE_BITS, found)
        )
        is_back = (memory.elapsed_ticks >= back_ticks) & (later > _FEWEST_LATER)
        exists = is_back | (runs >= _FEWEST_NOTES)
        exists = tf.cast(exists & (pitch >= 0) & (pitch < KEYS), tf.int32)
        is_none = exists - 1  # -1, all bits set, for no candidate
        hits = tf.gather(self._hit_evidence, memory.hits)
        evidence = tf.where(_IS_BACK, hits, self._match_evidence(runs, ends))
        fields = tf.stack([shift, pitch, found & _BYTE], axis=1)
        return memory._replace(
            candidates=fields | is_none[:, None],
            evidence=evidence * exists,
            predicted=(shift * (1 << _BYTE_BITS) + pitch) | is_none,
        )

    def _shift_from(self, there: Any, places: Any, memory: Memory) -> Any:
        """Return the shifts from onsets int32[B, C] to the notes at indices int32[B, C]."""
        strikes = tf.gather(memory.strikes, places, axis=1, batch_dims=1)
        waited = _above(_STRIKE_BITS, strikes) - there
        return tf.gather(self._nearest_shift, _within(waited, self._nearest_shift))

    def _match_evidence(self, runs: Any, ends: Any) -> Any:
        """Compute `candidates.match_evidence` of equal runs that end at indices int32[B, C]."""
        period = tf.maximum(HISTORY_NOTES - 1 - ends, 1)
        half_turns = tf.minimum(2 * runs // period, MOST_HALF_TURNS)
        return tf.gather(self._run_evidence, runs) + half_turns


def shown_ticks(ticks: Any) -> Any:
    """Return a position in a bar, or its length, as the network reads it, below `PLACES`."""
    return tf.minimum(ticks, PLACES - 1)


def _above(bits: int, numbers: Any) -> Any:
    """Return numbers without their lowest bits."""
    return tf.bitwise.right_shift(numbers, bits)


def _with_newest(history: Any, newest: Any) -> Any:
    """Replace the oldest of int32[B, H] by int32[B, 1], the newest."""
    return tf.concat([history[:, 1:], newest], axis=1)


def _hits_after(memory: Memory, key: Any) -> Any:
    """Update the hits int32[B, C]; a shift and pitch is one number int32[B, 1]."""
    is_right = tf.cast(tf.equal(memory.predicted, key), tf.int32)
    return (2 * memory.hits + is_right) & (_HITS - 1)


def _key_weights_after(weights: Any, waited: Any, pitch: Any, lasts: Any) -> Any:
    decay = tf.gather(_DECAY, tf.squeeze(waited, axis=1))
    pitch_class = tf.gather(_PITCH_CLASS, tf.squeeze(_or_last(pitch, _PITCH_CLASS), axis=1))
    lasting = tf.cast(tf.minimum(lasts, MOST_KEY_TICKS), tf.float32)
    return tf.round(weights * decay) + pitch_class * lasting


def _or_common_time(bar_ticks: Any) -> Any:
    is_given = bar_ticks > 0
    return tf.where(is_given, tf.minimum(bar_ticks, _LONGEST_BAR_TICKS), COMMON_TIME.bar_ticks)


def _or_last(values: Any, table: np.ndarray) -> Any:
    """Replace -1 by the index of a table's last row."""
    return tf.where(values >= 0, values, len(table) - 1)


def _within(values: Any, table: np.ndarray) -> Any:
    """Clip values to the indices of a table."""
    return tf.minimum(tf.maximum(values, 0), len(table) - 1)
