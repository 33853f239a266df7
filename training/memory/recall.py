"""The memory of songs inside a graph: the same as `training.memory.context`, note by note.

B batch, F fields of a note, C candidates, H notes of history, the newest last. A field's value is
-1 where there is no note. Whole numbers travel in the model's state as floats, which are exact up
to 2**24.
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
    KEY_WEIGHTS_SUM,
    LONGEST_RUN,
    MOST_HALF_TURNS,
    MOST_KEY_TICKS,
    PLACES,
    RECENT_PREDICTIONS,
    TRANSPOSED,
    run_buckets,
)
from training.memory.context import KEYS

_SHIFT, _PITCH, _DURATION, _ONSET, _INTERVAL = range(5)  # of a note in the history
_LONGEST_BAR_TICKS = 1 << 16  # so that products of ticks fit an int32
_LONG_AGO = -(1 << 20)  # ticks, of notes that are none
_NO_INTERVAL = 1 << 10
_NOBODY = -1
_HITS = 1 << RECENT_PREDICTIONS
_RUNS = LONGEST_RUN + 1
_FORBIDDEN = -1e9  # a logit
_BARS_BACK = slice(1, TRANSPOSED)
# By ticks waited. Looked up, since powers are rounded by where in a batch they stand.
_DECAY = np.exp2(-np.arange(1 << 10)[:, None] / np.array(KEY_HALF_LIVES_TICKS)).astype(np.float32)
_EXACT = 1 << 12  # key weights are multiples of its inverse, so that their sums are exact

_WIDTHS = (HISTORY_NOTES, HISTORY_NOTES, len(BARS_BACK), KEY_WEIGHTS, KEYS, KEYS, 3)
STATE_WIDTH = sum(_WIDTHS)


class Memory(NamedTuple):
    """What is remembered of B songs, and what follows from it.

    Attributes:
        history: int32[B, 5, H]: shift, pitch, duration, onset in ticks, interval in semitones.
        runs: int32[B, 2, H], how many notes up to one of the history equal those up to now, and
            how many are the same in another key.
        hits: int32[B, 4], a bit for each of the last eight predictions by the bars back.
        key_weights: float32[B, 24], not yet scaled.
        end_ticks: int32[B, 88], when each key's last note ends.
        struck_ticks: int32[B, 88], when it was struck.
        now_ticks: int32[B], the last onset, on the clock of the history.
        place_ticks: int32[B], its place in the bar.
        bar_ticks: int32[B].
        elapsed_ticks: int32[B], from the first note of all to the last onset; -1 before it.
        candidates: int32[B, C, F], values and 1, 0 where there is none.
        evidence: int32[B, C].
    """

    history: Any
    runs: Any
    hits: Any
    key_weights: Any
    end_ticks: Any
    struck_ticks: Any
    now_ticks: Any
    place_ticks: Any
    bar_ticks: Any
    elapsed_ticks: Any
    candidates: Any
    evidence: Any


class Ahead(NamedTuple):
    """What is known of a note once its onset is.

    Attributes:
        place: int32[B], its place in the bar.
        sounding: float32[B, 176], as `training.memory.context.sounding` gives it.
        pitch_bias: float32[B, 88], added to the pitch's logits before it is drawn, as a filter:
            within an onset pitches rise.
    """

    place: Any
    sounding: Any
    pitch_bias: Any


class Recall:
    """Reads notes into memories, and finds candidates in them."""

    def __init__(self, codec: NoteTuple) -> None:
        """Take what the fields' values mean.

        Args:
            codec: Of the notes that are read.
        """
        # A last row for no note: -1 indexes none of them in a graph, so 0 ticks are looked up.
        self._shift_ticks = np.append(codec.shift_ticks, 0).astype(np.int32)
        self._duration_ticks = np.append(codec.duration_ticks, 0).astype(np.int32)
        self._nearest_shift = codec.nearest_shift(
            np.arange(int(codec.shift_ticks[-1]) + 1, dtype=np.int32)
        ).astype(np.int32)
        self._run_buckets = run_buckets()
        self._hits = np.array([bits.bit_count() for bits in range(_HITS)], np.int32)

    def empty(self, place_ticks: Any, bar_ticks: Any) -> Memory:
        """Start songs.

        Args:
            place_ticks: int32[B], where in its bar the first note will start.
            bar_ticks: int32[B], the length of a bar; 0 for 4/4.
        """
        batch = tf.shape(place_ticks)[0]
        bar_ticks = _or_common_time(bar_ticks)
        none = tf.constant([-1, -1, -1, _LONG_AGO, _NO_INTERVAL])[None, :, None]
        return self._with_candidates(
            Memory(
                history=tf.tile(none, [batch, 1, HISTORY_NOTES]),
                runs=tf.zeros([batch, 2, HISTORY_NOTES], tf.int32),
                hits=tf.zeros([batch, len(BARS_BACK)], tf.int32),
                key_weights=tf.zeros([batch, KEY_WEIGHTS]),
                end_ticks=tf.fill([batch, KEYS], _LONG_AGO),
                struck_ticks=tf.fill([batch, KEYS], _LONG_AGO),
                now_ticks=tf.zeros([batch], tf.int32),
                place_ticks=place_ticks % bar_ticks,
                bar_ticks=bar_ticks,
                elapsed_ticks=tf.fill([batch], -1),
                candidates=tf.zeros([batch, CANDIDATES, 3], tf.int32),
                evidence=tf.zeros([batch, CANDIDATES], tf.int32),
            )
        )

    def read(self, memory: Memory, values: Any) -> Memory:
        """Read a note of each song, int32[B, F]; -1 for none, at a song's start."""
        shift, pitch, duration = tf.unstack(values, axis=1)
        waited = self._waited(memory, shift)
        lasts = tf.gather(self._duration_ticks, _or_last(duration, self._duration_ticks))
        now = memory.now_ticks + waited
        before = memory.history[:, _PITCH, -1]
        interval = tf.where(before >= 0, pitch - before, _NO_INTERVAL)
        note = tf.stack([shift, pitch, duration, now, interval], axis=1)
        history = tf.concat([memory.history[:, :, 1:], note[:, :, None]], axis=2)
        is_struck = tf.range(KEYS)[None] == pitch[:, None]
        return self._with_candidates(
            memory._replace(
                history=history,
                runs=self._run_on(memory.runs, history, note),
                hits=_hits_after(memory, values),
                key_weights=_key_weights_after(memory.key_weights, waited, pitch, lasts),
                end_ticks=tf.where(is_struck, (now + lasts)[:, None], memory.end_ticks),
                struck_ticks=tf.where(is_struck, now[:, None], memory.struck_ticks),
                now_ticks=now,
                place_ticks=(memory.place_ticks + waited) % memory.bar_ticks,
                elapsed_ticks=tf.where(
                    shift >= 0, tf.maximum(memory.elapsed_ticks, 0) + waited, memory.elapsed_ticks
                ),
            )
        )

    def scaled_key_weights(self, memory: Memory) -> Any:
        """Give float32[B, 24]; each half-life's sum to `KEY_WEIGHTS_SUM`, or are 0."""
        halves = tf.reshape(memory.key_weights, [-1, len(KEY_HALF_LIVES_TICKS), 12])
        # In whole numbers: a quotient of floats is rounded by where in a batch it stands.
        whole = tf.cast(tf.round(halves * _EXACT), tf.int64)
        sums = tf.maximum(tf.reduce_sum(whole, axis=2, keepdims=True), 1)
        scaled = tf.cast(whole * int(KEY_WEIGHTS_SUM * _EXACT) // sums, tf.float32) / _EXACT
        return tf.reshape(scaled, [-1, KEY_WEIGHTS])

    def ahead(self, memory: Memory, shift: Any) -> Ahead:
        """Say what is known of the next note, whose first field is int32[B]."""
        waited = self._waited(memory, shift)
        onset = (memory.now_ticks + waited)[:, None]
        sounds = (memory.end_ticks > onset) & (memory.struck_ticks < onset)
        is_struck = memory.struck_ticks == onset
        # The highest key alone may follow itself: such a doubling is no note, says the codec.
        highest = tf.minimum(memory.history[:, _PITCH, -1:], KEYS - 2)
        is_below = tf.range(KEYS)[None] <= highest
        is_forbidden = (waited == 0)[:, None] & is_below
        return Ahead(
            place=shown_ticks((memory.place_ticks + waited) % memory.bar_ticks),
            sounding=tf.cast(tf.concat([sounds, is_struck], axis=1), tf.float32),
            pitch_bias=tf.where(is_forbidden, _FORBIDDEN, 0.0),
        )

    def packed(self, memory: Memory) -> Any:
        """Write memories as float32[B, STATE_WIDTH], to travel with a request."""
        history = memory.history
        notes = (history[:, _SHIFT] + 1) * 256 + history[:, _PITCH] + 1
        notes = notes * 256 + history[:, _DURATION] + 1
        runs = memory.runs[:, 0] * _RUNS + memory.runs[:, 1]
        now = memory.now_ticks[:, None]
        sounds_on = tf.maximum(memory.end_ticks - now, 0)
        is_struck = memory.struck_ticks == now
        scalars = [memory.place_ticks, memory.bar_ticks, memory.elapsed_ticks + 1]
        whole = [notes, runs, memory.hits, sounds_on, is_struck, tf.stack(scalars, axis=1)]
        notes, runs, hits, *rest = (tf.cast(part, tf.float32) for part in whole)
        return tf.concat([notes, runs, hits, memory.key_weights, *rest], axis=1)

    def unpacked(self, state: Any) -> Memory:
        """Read memories of float32[B, STATE_WIDTH]; zeros are songs in 4/4 without a note."""
        parts = tf.split(state, _WIDTHS, axis=1)
        notes, runs, hits, sounds_on, is_struck, scalars = (
            tf.cast(parts[n], tf.int32) for n in (0, 1, 2, 4, 5, 6)
        )
        shift, pitch, duration = notes // 65536 - 1, notes // 256 % 256 - 1, notes % 256 - 1
        waited = tf.gather(self._shift_ticks, _or_last(shift, self._shift_ticks))
        since = tf.cumsum(waited, axis=1, exclusive=True, reverse=True)
        onset = tf.where(shift >= 0, -since, _LONG_AGO)
        before = tf.pad(pitch[:, :-1], [[0, 0], [1, 0]], constant_values=_NOBODY)
        interval = tf.where((pitch >= 0) & (before >= 0), pitch - before, _NO_INTERVAL)
        place, bar, begun = tf.unstack(scalars, axis=1)
        return self._with_candidates(
            Memory(
                history=tf.stack([shift, pitch, duration, onset, interval], axis=1),
                runs=tf.stack([runs // _RUNS, runs % _RUNS], axis=1),
                hits=hits,
                key_weights=parts[3],
                end_ticks=sounds_on,
                struck_ticks=tf.where(is_struck > 0, 0, _LONG_AGO),
                now_ticks=tf.zeros_like(place),
                place_ticks=place,
                bar_ticks=_or_common_time(bar),
                elapsed_ticks=begun - 1,
                candidates=tf.zeros([tf.shape(state)[0], CANDIDATES, 3], tf.int32),
                evidence=tf.zeros([tf.shape(state)[0], CANDIDATES], tf.int32),
            )
        )

    def _waited(self, memory: Memory, shift: Any) -> Any:
        """Give the ticks of a shift int32[B]; a song's first note waits for nothing."""
        ticks = tf.gather(self._shift_ticks, _or_last(shift, self._shift_ticks))
        return tf.where(memory.elapsed_ticks < 0, 0, ticks)

    def _run_on(self, runs: Any, history: Any, note: Any) -> Any:
        """Lengthen the runs that a note int32[B, 5] goes on with, and end the others."""
        same = history == note[:, :, None]
        is_note = (history[:, _PITCH] >= 0) & (tf.range(HISTORY_NOTES) < HISTORY_NOTES - 1)
        matches = same[:, _SHIFT] & same[:, _PITCH]
        # What came before the oldest note is forgotten: it has no interval.
        has_interval = (history[:, _INTERVAL] != _NO_INTERVAL) & (tf.range(HISTORY_NOTES) > 0)
        moves = same[:, _SHIFT] & same[:, _INTERVAL] & ~same[:, _PITCH] & has_interval
        goes_on = tf.stack([matches & is_note, moves & is_note], axis=1)
        return tf.where(goes_on, tf.minimum(runs + 1, LONGEST_RUN), 0)

    def _with_candidates(self, memory: Memory) -> Memory:
        matches = self._matches(memory)
        back, back_evidence = self._bars_back(memory)
        return memory._replace(
            candidates=tf.concat([matches[0][:, :1], back, matches[0][:, 1:]], axis=1),
            evidence=tf.concat([matches[1][:, :1], back_evidence, matches[1][:, 1:]], axis=1),
        )

    def _matches(self, memory: Memory) -> tuple[Any, Any]:
        """Find the match and the transposed match: int32[B, 2, F], int32[B, 2]."""
        ranked = memory.runs * HISTORY_NOTES + tf.range(HISTORY_NOTES)
        best = tf.reduce_max(ranked, axis=2)
        run, end = best // HISTORY_NOTES, best % HISTORY_NOTES
        fields = memory.history[:, : _DURATION + 1]
        following = tf.gather(
            fields, tf.minimum(end + 1, HISTORY_NOTES - 1), axis=2, batch_dims=1
        )  # [B, F, 2]
        following = tf.transpose(following, [0, 2, 1])
        there = tf.gather(memory.history[:, _PITCH], end[:, 1:], axis=1, batch_dims=1)
        semitones = memory.history[:, _PITCH, -1:] - there
        moved = following[:, :, 1] + tf.pad(semitones, [[0, 0], [1, 0]])
        following = tf.stack([following[:, :, 0], moved, following[:, :, 2]], axis=2)
        exists = (run >= np.array([1, FEWEST_TRANSPOSED_NOTES])) & (moved >= 0) & (moved < KEYS)
        return _where_it_exists(exists, following, self._match_evidence(run, end))

    def _match_evidence(self, run: Any, end: Any) -> Any:
        """Do as `candidates.match_evidence`, of equal runs that end at places int32[B, 2]."""
        period = tf.maximum(HISTORY_NOTES - 1 - end, 1)
        half_turns = tf.minimum(2 * run // period, MOST_HALF_TURNS)
        return tf.gather(self._run_buckets, run) * (MOST_HALF_TURNS + 1) + half_turns

    def _bars_back(self, memory: Memory) -> tuple[Any, Any]:
        """Find the candidates some bars back: int32[B, 4, F], int32[B, 4]."""
        back = memory.bar_ticks[:, None] * np.array(BARS_BACK, np.int32)
        there = memory.now_ticks[:, None] - back
        strikes = memory.history[:, _ONSET] * 128 + memory.history[:, _PITCH]
        here = there * 128 + memory.history[:, _PITCH, -1:]
        is_before = strikes[:, None, :] <= here[:, :, None]
        following = tf.reduce_sum(tf.cast(is_before, tf.int32), axis=2)
        exists = (
            (memory.elapsed_ticks[:, None] >= back)
            & (following > 0)
            & (following < HISTORY_NOTES)
            & (memory.elapsed_ticks[:, None] >= 0)
        )
        place = tf.clip_by_value(following, 0, HISTORY_NOTES - 1)
        found = tf.gather(
            memory.history[:, _PITCH : _ONSET + 1], place, axis=2, batch_dims=1
        )  # [B, pitch, duration and onset, 4]
        pitch, duration, onset = tf.unstack(found, axis=1)
        waited = tf.clip_by_value(onset - there, 0, len(self._nearest_shift) - 1)
        shift = tf.gather(self._nearest_shift, waited)
        evidence = 1 + tf.gather(self._hits, memory.hits)
        return _where_it_exists(exists, tf.stack([shift, pitch, duration], axis=2), evidence)


def shown_ticks(ticks: Any) -> Any:
    """Give a place in a bar, or its length, int32[B], as the network reads it, below `PLACES`."""
    return tf.minimum(ticks, PLACES - 1)


def _hits_after(memory: Memory, values: Any) -> Any:
    """Note which of the bars back predicted a note int32[B, F]: int32[B, 4]."""
    predicted = memory.candidates[:, _BARS_BACK, :2]
    is_right = tf.reduce_all(predicted == values[:, None, :2] + 1, axis=2)
    is_right &= memory.evidence[:, _BARS_BACK] > 0
    return (memory.hits * 2 + tf.cast(is_right, tf.int32)) % _HITS


def _key_weights_after(weights: Any, waited: Any, pitch: Any, lasts: Any) -> Any:
    decay = tf.repeat(tf.gather(_DECAY, waited), 12, axis=1)
    pitch_class = tf.where(pitch >= 0, (pitch + LOWEST_PITCH) % 12, _NOBODY)
    added = (
        tf.one_hot(pitch_class, 12)
        * tf.cast(tf.minimum(lasts, MOST_KEY_TICKS), tf.float32)[:, None]
    )
    return tf.round(weights * decay * _EXACT) / _EXACT + tf.tile(
        added, [1, len(KEY_HALF_LIVES_TICKS)]
    )


def _where_it_exists(exists: Any, fields: Any, evidence: Any) -> tuple[Any, Any]:
    return tf.where(exists[..., None], fields + 1, 0), tf.where(exists, evidence, 0)


def _or_common_time(bar_ticks: Any) -> Any:
    is_given = bar_ticks > 0
    return tf.where(is_given, tf.minimum(bar_ticks, _LONGEST_BAR_TICKS), COMMON_TIME.bar_ticks)


def _or_last(values: Any, table: np.ndarray) -> Any:
    """Let -1 mean a table's last row."""
    return tf.where(values >= 0, values, len(table) - 1)
