"""The memory of songs inside a graph, equal to `training.memory.context`, note by note.

B is the batch size, F the number of fields of a note, C of candidates, R of roles, H of notes in
the history, the newest last. A field's value is -1 for no note. The state of the model holds
integers as floats, which are exact up to 2**24.

A step of a song consists of a few hundred small operations, and its time is proportional to their
number. So one number represents a whole note, and the numbers of a row are columns [B, 1], which
broadcast with rows without a further dimension.
"""

from typing import Any, NamedTuple, Self

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from music.bars import COMMON_TIME
from music.codec.notetuple import NoteTuple
from music.notes import LOWEST_PITCH
from music.players.roles import DRUMS
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

_BYTE_BITS = 8  # the bits of a note's number for its pitch and its duration, below the others
_BYTE = (1 << _BYTE_BITS) - 1
_NO_NOTE = -((1 << 2 * _BYTE_BITS) + (1 << _BYTE_BITS) + 1)  # the number for no note of a piano
_STEP_BITS = 9  # the bits of a step's number for its interval, below its shift and role
_NO_STEP = -(1 << 20)  # the step for no note
_NO_PITCH = 1 << 24  # before the first note, so that its step equals no other
_KEY_BITS = 7  # the bits of a pitch among the keys of a role
_PITCH = (1 << _KEY_BITS) - 1
_INTEGER_BITS = 31  # of an int32 without its sign
_LONGEST_BAR_TICKS = 1 << 16  # so that products of ticks fit into an int32
_LONG_AGO_BITS = 20  # the ticks for no note, if as many fit beside a key
_HITS = 1 << RECENT_PREDICTIONS
_HISTORY_BITS = HISTORY_NOTES.bit_length() - 1  # H is a power of 2
_RUNS = LONGEST_RUN + 1
FORBIDDEN = -1e9  # a logit
_ALL_KEYS = np.arange(KEYS, dtype=np.int32)[None]

# Runs are multiplied by H, so that one sum ranks them, the latest of equally long ones first.
_PLACES_IN_HISTORY = np.tile(np.arange(HISTORY_NOTES, dtype=np.int32), (2, 1))
_LONGEST_RANK = LONGEST_RUN << _HISTORY_BITS
# What a note adds to a run that it continues: nothing at the note itself, and nothing to a
# transposed run that ends at the oldest note, since the interval before it is not stored.
_ONE_NOTE_MORE = np.full((2, HISTORY_NOTES), HISTORY_NOTES, np.int32)
_ONE_NOTE_MORE[:, -1] = _ONE_NOTE_MORE[1, 0] = 0

# For each candidate: which of the two runs it follows, its bars back, and the least evidence. What
# is of one kind alone is chosen by masks, of all bits or none: faster than a selection.
_RUN_OF = np.array([0] * TRANSPOSED + [1], np.int32)
_IS_TRANSPOSED = _RUN_OF[None]
_BACK = np.array([[0, *BARS_BACK, 0]], np.int32)
_IS_BACK = _BACK > 0
_OF_BACK, _OF_RUN = -_IS_BACK.astype(np.int32), -(~_IS_BACK).astype(np.int32)
_FEWEST_LATER = np.where(_IS_BACK, 0, HISTORY_NOTES).astype(np.int32)
_FEWEST_NOTES = np.full((1, CANDIDATES), HISTORY_NOTES, np.int32)
_FEWEST_NOTES[:, [MATCH, TRANSPOSED]] = 1, FEWEST_TRANSPOSED_NOTES

_EXACT = 1 << 12  # key weights are multiplied by this and rounded, so that sums are exact
_HALF_LIVES = len(KEY_HALF_LIVES_TICKS)
# By ticks. A table, since the rounding of powers depends on the position in a batch.
_DECAY = np.exp2(-np.arange(1 << 10)[:, None] / np.array(KEY_HALF_LIVES_TICKS))
_DECAY = np.repeat(_DECAY, 12, axis=1).astype(np.float32)
_PITCH_CLASS = np.eye(12, dtype=np.float32)[(np.arange(KEYS) + LOWEST_PITCH) % 12]
_PITCH_CLASS = np.tile(_PITCH_CLASS * _EXACT, (1, _HALF_LIVES))

_WIDTHS = (HISTORY_NOTES, HISTORY_NOTES, CANDIDATES, KEY_WEIGHTS, KEYS, KEYS, 3)


class Memory(NamedTuple):
    """The memory of B songs, and the inputs that follow from it.

    Attributes:
        history: int32[B, 3, H]: each note's shift, pitch and duration as one number; its onset, on
            the clock of the history, and its key as one number; and its shift and the interval from
            the previous note as one number. For bands int32[B, 4, H]: the first three also have the
            role, intervals are those between melodic notes, and the fourth row has the pitch of the
            last melodic note; `_NO_PITCH` before the first.
        ranks: int32[B, 2, H], the length of the run ending at each note of the history that equals
            the current run, and of the one that equals it in another key; times H.
        hits: int32[B, C], a bit for each of a candidate's last eight predictions.
        predicted: int32[B, C], a candidate's shift and pitch as one number; -1 for no candidate.
        key_weights: float32[B, 24], integers, not yet scaled.
        end_ticks: int32[B, 88], when each key's last note ends.
        struck_ticks: int32[B, 88], when it was struck.
        clock: int32[B, 7], a `Clock` side by side.
        role_pitch: int32[B, R], the key that each role struck last, counted from 1; 0 for none;
            () for a piano.
        line_up: float32[B, R], 1 for every role of the band; () for a piano.
    """

    history: Any
    ranks: Any
    hits: Any
    predicted: Any
    key_weights: Any
    end_ticks: Any
    struck_ticks: Any
    clock: Any
    role_pitch: Any
    line_up: Any


class Clock(NamedTuple):
    """The position of B songs, int32[B, 1] each.

    Attributes:
        now_ticks: The last onset, on the clock of the history.
        key: The pitch of the last note, above it the role; -1 before the first.
        interval_from: The pitch of the last melodic note; `_NO_PITCH` before the first.
        place_ticks: The last onset's position in the bar.
        bar_ticks: The length of the bar.
        elapsed_ticks: From the song's first note to the last onset.
        has_begun: 1 from the first note on, 0 before it.
    """

    now_ticks: Any
    key: Any
    interval_from: Any
    place_ticks: Any
    bar_ticks: Any
    elapsed_ticks: Any
    has_begun: Any

    @classmethod
    def of(cls, memory: Memory) -> Self:
        """Split the clock of a memory."""
        return cls(*tf.split(memory.clock, len(cls._fields), axis=1))


class Candidates(NamedTuple):
    """The candidates for the next note.

    Attributes:
        values: int32[B, F, C], the values of their fields; -1 for no candidate.
        evidence: int32[B, C].
    """

    values: Any
    evidence: Any


class Ahead(NamedTuple):
    """The inputs for a note whose onset is known.

    Attributes:
        place: int32[B, 1], its position in the bar.
        sounding: float32[B, 176], as from `training.memory.context.sounding`.
        pitch_bias: float32[B, 88], added to the pitch's logits before sampling, as a filter:
            pitches rise within an onset, for bands those of a role.
        waited: int32[B, 1], the ticks from the last onset to it; 0 for a song's first note.
        role_bias: float32[B, R], added to the role's logits likewise: only roles of the line-up
            play, and roles rise within an onset; () for a piano.
    """

    place: Any
    sounding: Any
    pitch_bias: Any
    waited: Any
    role_bias: Any


class Recall:
    """Reads notes into memories, and finds candidates in them."""

    def __init__(self, codec: NoteTuple) -> None:
        """Build the tables of the fields' values.

        Args:
            codec: The codec of the notes.
        """
        self._roles = len(codec.role) if codec.has_roles else 0
        self._role_bits = (self._roles - 1).bit_length() if codec.has_roles else 0
        self._all_roles = np.arange(self._roles, dtype=np.int32)[None]
        # No role is above the drums, so that they are told apart by one comparison.
        self._drum_keys = int(np.searchsorted(codec.role, DRUMS)) << _KEY_BITS
        self._shift_bits = 2 * _BYTE_BITS + self._role_bits
        self._strike_bits = _KEY_BITS + self._role_bits
        self._long_ago = -(1 << min(_LONG_AGO_BITS, _INTEGER_BITS - self._strike_bits))
        of_band = (HISTORY_NOTES, self._roles, self._roles) if self._roles else ()
        self._widths = (*_WIDTHS, *of_band)
        self._shift_ticks = codec.shift_ticks.astype(np.int32)
        self._nearest_shift = codec.nearest_shift(
            np.arange(int(codec.shift_ticks[-1]) + 1, dtype=np.int32)
        ).astype(np.int32)
        self._run_evidence = run_buckets() * (MOST_HALF_TURNS + 1)
        self._hit_evidence = np.array([1 + bits.bit_count() for bits in range(_HITS)], np.int32)
        self._numbers = _Numbers.table(codec)
        sizes = [1 + size for size in codec.field_sizes]
        before, after = sum(sizes[: codec.pitch_field]), sum(sizes[codec.pitch_field + 1 :])
        self._pitch_classes = np.pad(_PITCH_CLASS, [(before + 1, after), (0, 0)])
        self._pitch_field = codec.pitch_field

    @property
    def has_roles(self) -> bool:
        """Whether notes have roles."""
        return self._roles > 0

    @property
    def roles(self) -> int:
        """R; 0 for a piano."""
        return self._roles

    @property
    def state_width(self) -> int:
        """The width of a packed memory."""
        return sum(self._widths)

    def empty(self, place_ticks: Any, bar_ticks: Any, line_up: Any = ()) -> Memory:
        """Start songs.

        Args:
            place_ticks: int32[B], the position in its bar at which the first note will start.
            bar_ticks: int32[B], the length of a bar; 0 for 4/4.
            line_up: int32[B, R], 1 for every role that plays; () for a piano.
        """
        batch = tf.shape(place_ticks)[0]
        bar_ticks = _or_common_time(bar_ticks[:, None])
        history = [batch, HISTORY_NOTES]
        clock = Clock(
            now_ticks=tf.zeros([batch, 1], tf.int32),
            key=tf.fill([batch, 1], -1),
            interval_from=tf.fill([batch, 1], _NO_PITCH),
            place_ticks=place_ticks[:, None] % bar_ticks,
            bar_ticks=bar_ticks,
            elapsed_ticks=tf.zeros([batch, 1], tf.int32),
            has_begun=tf.zeros([batch, 1], tf.int32),
        )
        no_strike = self._long_ago << self._strike_bits
        nothing = (_NO_NOTE, no_strike, _NO_STEP, _NO_PITCH)[: 4 if self._roles else 3]
        none = [tf.fill(history, number) for number in nothing]
        return Memory(
            history=tf.stack(none, axis=1),
            ranks=tf.zeros([batch, 2, HISTORY_NOTES], tf.int32),
            hits=tf.zeros([batch, CANDIDATES], tf.int32),
            predicted=tf.fill([batch, CANDIDATES], -1),
            key_weights=tf.zeros([batch, KEY_WEIGHTS]),
            end_ticks=tf.fill([batch, KEYS], self._long_ago),
            struck_ticks=tf.fill([batch, KEYS], self._long_ago),
            clock=tf.concat(clock, axis=1),
            role_pitch=tf.zeros([batch, self._roles], tf.int32) if self._roles else (),
            line_up=tf.cast(line_up, tf.float32) if self._roles else (),
        )

    def read(self, memory: Memory, rows: Any) -> tuple[Memory, Candidates]:
        """Read a note of each song.

        Args:
            memory: Before it.
            rows: int32[B, F], the rows of its values in a table that has of each field a row for no
                value, then one for each value, field behind field.
        """
        note = _Numbers.of(tf.reduce_sum(tf.gather(self._numbers, rows), axis=1))
        before = Clock.of(memory)
        waited = note.shift_ticks * before.has_begun
        now = before.now_ticks + waited
        newest, note = self._newest(note, now, before)
        history = tf.concat([memory.history[:, :, 1:], newest], axis=2)
        notes, _, steps, *heights = tf.unstack(history, axis=1)
        is_same = tf.equal(_above(_BYTE_BITS, notes), note.key)
        is_moved = tf.equal(steps, newest[:, 2])
        if self._roles:
            is_moved &= tf.not_equal(heights[0], note.interval_from)
        else:
            is_moved &= ~is_same
        longer = tf.minimum(memory.ranks + _ONE_NOTE_MORE, _LONGEST_RANK)
        goes_on = tf.cast(tf.stack([is_same, is_moved], axis=1), tf.int32)
        is_right = tf.cast(tf.equal(memory.predicted, note.key), tf.int32)
        is_struck = tf.equal(_ALL_KEYS, note.sounding)
        decay = tf.gather(_DECAY, tf.squeeze(waited, axis=1))
        pitch_class = tf.gather(self._pitch_classes, rows[:, self._pitch_field])
        clock = Clock(
            now_ticks=now,
            key=note.struck,
            interval_from=note.interval_from,
            place_ticks=(before.place_ticks + waited) % before.bar_ticks,
            bar_ticks=before.bar_ticks,
            elapsed_ticks=before.elapsed_ticks + waited,
            has_begun=tf.maximum(before.has_begun, note.is_note),
        )
        after = Memory(
            history=history,
            ranks=longer * goes_on,
            hits=(2 * memory.hits + is_right) & (_HITS - 1),
            predicted=memory.predicted,
            key_weights=tf.round(memory.key_weights * decay)
            + pitch_class * tf.cast(note.key_weight, tf.float32),
            end_ticks=tf.where(is_struck, now + note.duration_ticks, memory.end_ticks),
            struck_ticks=tf.where(is_struck, now, memory.struck_ticks),
            clock=tf.concat(clock, axis=1),
            role_pitch=self._role_pitch(memory, note),
            line_up=memory.line_up,
        )
        return self._with_candidates(after, clock, history)

    def _newest(self, note: "_Numbers", now: Any, before: Clock) -> tuple[Any, "_Numbers"]:
        """Return a note as the newest of the history: int32[B, 3 or 4, 1], and its numbers.

        Drums leave the pitch from which intervals are counted as it was, and no key sounds.
        """
        from_height = before.interval_from
        if self._roles:
            is_drum = note.struck >= self._drum_keys
            note = note._replace(
                interval_from=tf.where(is_drum, before.interval_from, note.interval_from),
                sounding=tf.where(is_drum, -1, note.sounding),
                key_weight=tf.where(is_drum, 0, note.key_weight),
            )
            from_height = tf.where(is_drum, 0, from_height)
        strike = now * (1 << self._strike_bits) + note.struck
        newest = [note.note, strike, note.step - from_height]
        heights = [note.interval_from] if self._roles else []
        return tf.stack([*newest, *heights], axis=1), note

    def _role_pitch(self, memory: Memory, note: "_Numbers") -> Any:
        """Return the keys that the roles struck last, after a note."""
        if not self._roles:
            return ()
        is_own = tf.equal(self._all_roles, _above(_KEY_BITS, note.struck))
        return tf.where(is_own, note.pitch + 1, memory.role_pitch)

    def scaled_key_weights(self, memory: Memory) -> Any:
        """Return float32[B, 24]; the sum for each half-life is `KEY_WEIGHTS_SUM`, or 0."""
        # In integers: the rounding of a quotient of floats depends on the position in a batch.
        whole = tf.cast(tf.reshape(memory.key_weights, [-1, _HALF_LIVES, 12]), tf.int64)
        sums = tf.maximum(tf.reduce_sum(whole, axis=2, keepdims=True), 1)
        scaled = whole * int(KEY_WEIGHTS_SUM * KEY_WEIGHTS_EXACT) // sums
        return tf.reshape(tf.cast(scaled, tf.float32) / KEY_WEIGHTS_EXACT, [-1, KEY_WEIGHTS])

    def ahead(self, memory: Memory, shift: Any) -> Ahead:
        """Return the inputs for the next note, whose first field is int32[B, 1]."""
        clock = Clock.of(memory)
        waited = tf.gather(self._shift_ticks, shift) * clock.has_begun
        onset = clock.now_ticks + waited
        sounds = (memory.end_ticks > onset) & (memory.struck_ticks < onset)
        is_struck = tf.equal(memory.struck_ticks, onset)
        # Only the highest key may follow itself: the codec drops such a doubling.
        pitch = clock.key & _PITCH if self._roles else clock.key
        highest = tf.minimum(pitch, KEYS - 2)
        # After a wait of a tick or more, every key is free.
        is_forbidden = highest - waited * KEYS >= _ALL_KEYS
        return Ahead(
            place=shown_ticks((clock.place_ticks + waited) % clock.bar_ticks),
            sounding=tf.cast(tf.concat([sounds, is_struck], axis=1), tf.float32),
            pitch_bias=tf.cast(is_forbidden, tf.float32) * FORBIDDEN,
            waited=waited,
            role_bias=self._role_bias(memory, clock, waited),
        )

    def _role_bias(self, memory: Memory, clock: Clock, waited: Any) -> Any:
        if not self._roles:
            return ()
        is_missing = (memory.line_up < 1) & tf.reduce_any(memory.line_up > 0, axis=1, keepdims=True)
        is_earlier = _above(_KEY_BITS, clock.key) - waited * self._roles > self._all_roles
        return tf.cast(is_missing | is_earlier, tf.float32) * FORBIDDEN

    def of_role(self, memory: Memory, ahead: Ahead, role: Any) -> tuple[Any, Any]:
        """Return the inputs for the next note of a band whose role is known.

        Args:
            memory: Before the note.
            ahead: The inputs for its onset.
            role: int32[B, 1].

        Returns:
            The key that the role struck last, counted from 1, int32[B, 1]; and the pitch's bias as
            in `Ahead`, now only where the last note has the same role.
        """
        struck = tf.gather(memory.role_pitch, role, axis=1, batch_dims=1)
        is_same = tf.equal(_above(_KEY_BITS, Clock.of(memory).key), role)
        return struck, ahead.pitch_bias * tf.cast(is_same, tf.float32)

    def packed(self, memory: Memory) -> Any:
        """Encode memories as float32[B, `state_width`], to travel with a request."""
        clock = Clock.of(memory)
        notes, of_band = memory.history[:, 0], []
        if self._roles:
            notes, who = self._without_roles(notes, memory.history[:, 3])
            of_band = [who, memory.role_pitch, memory.line_up]
        notes -= _NO_NOTE
        runs = _above(_HISTORY_BITS, memory.ranks)
        runs = runs[:, 0] * _RUNS + runs[:, 1]
        sounds_on = tf.maximum(memory.end_ticks - clock.now_ticks, 0)
        is_struck = tf.equal(memory.struck_ticks, clock.now_ticks)
        begun = clock.elapsed_ticks + clock.has_begun
        scalars = tf.concat([clock.place_ticks, clock.bar_ticks, begun], axis=1)
        whole = [notes, runs, memory.hits, sounds_on, is_struck, scalars, *of_band]
        notes, runs, hits, *rest = (tf.cast(part, tf.float32) for part in whole)
        return tf.concat([notes, runs, hits, memory.key_weights, *rest], axis=1)

    def unpacked(self, state: Any) -> Memory:
        """Decode memories from float32[B, `state_width`]; zeros are songs in 4/4 without a note."""
        parts = tf.split(state, self._widths, axis=1)
        notes, runs, hits, sounds_on, is_struck, scalars = (
            tf.cast(parts[n], tf.int32) for n in (0, 1, 2, 4, 5, 6)
        )
        notes += _NO_NOTE
        is_note = notes >= 0
        written = _Written.of_piano(notes)
        if self._roles:
            written = self._with_roles(notes, tf.cast(parts[7], tf.int32))
        waited = tf.where(is_note, tf.gather(self._shift_ticks, tf.maximum(written.shift, 0)), 0)
        since = tf.cumsum(waited, axis=1, exclusive=True, reverse=True)
        strikes = -since * (1 << self._strike_bits) + written.key
        strikes = tf.where(is_note, strikes, self._long_ago << self._strike_bits)
        is_second = tf.pad(is_note[:, :-1], [[0, 0], [1, 0]])
        before = tf.pad(written.height[:, :-1], [[0, 0], [1, 0]])
        has_step = is_note & (is_second | written.is_drum)
        steps = tf.where(has_step, written.step - tf.where(written.is_drum, 0, before), _NO_STEP)
        rows = [tf.where(is_note, written.note, _NO_NOTE), strikes, steps]
        if self._roles:
            rows.append(written.height)
        place, bar, begun = tf.split(scalars, 3, axis=1)
        clock = Clock(
            now_ticks=tf.zeros_like(place),
            key=tf.where(is_note, written.key, -1)[:, -1:],
            interval_from=tf.where(is_note, written.height, _NO_PITCH)[:, -1:],
            place_ticks=place,
            bar_ticks=_or_common_time(bar),
            elapsed_ticks=tf.maximum(begun - 1, 0),
            has_begun=tf.minimum(begun, 1),
        )
        memory = Memory(
            history=tf.stack(rows, axis=1),
            ranks=tf.stack([runs // _RUNS, runs % _RUNS], axis=1) * HISTORY_NOTES,
            hits=hits,
            predicted=tf.zeros_like(hits),
            key_weights=parts[3],
            end_ticks=sounds_on,
            struck_ticks=tf.where(is_struck > 0, 0, self._long_ago),
            clock=tf.concat(clock, axis=1),
            role_pitch=tf.cast(parts[8], tf.int32) if self._roles else (),
            line_up=parts[9] if self._roles else (),
        )
        return self._with_candidates(memory, clock, memory.history)[0]

    def _without_roles(self, notes: Any, heights: Any) -> tuple[Any, Any]:
        """Split the numbers of notes int32[B, H], which are too large for a float.

        Returns:
            The numbers as a piano's; and role and height, which is 0 for none, as one number.
        """
        is_note = notes >= 0
        low = notes & ((1 << 2 * _BYTE_BITS) - 1)
        plain = _above(self._shift_bits, notes) * (1 << 2 * _BYTE_BITS) + low
        role = _above(2 * _BYTE_BITS, notes) & ((1 << self._role_bits) - 1)
        who = role * (1 << _BYTE_BITS) + tf.where(heights < KEYS, heights + 1, 0)
        return tf.where(is_note, plain, _NO_NOTE), tf.where(is_note, who, 0)

    def _with_roles(self, plain: Any, who: Any) -> "_Written":
        """Join what `_without_roles` has split."""
        piano = _Written.of_piano(plain)
        role, height = _above(_BYTE_BITS, who), (who & _BYTE) - 1
        shift_and_role = piano.shift * (1 << self._role_bits) + role
        low = plain & ((1 << 2 * _BYTE_BITS) - 1)
        key = role * (1 << _KEY_BITS) + piano.key
        return _Written(
            note=shift_and_role * (1 << 2 * _BYTE_BITS) + low,
            shift=piano.shift,
            key=key,
            step=shift_and_role * (1 << _STEP_BITS) + piano.key,
            height=tf.where(height < 0, _NO_PITCH, height),
            is_drum=key >= self._drum_keys,
        )

    def _with_candidates(
        self, memory: Memory, clock: Clock, history: Any
    ) -> tuple[Memory, Candidates]:
        """Find all candidates side by side; what concerns none of a kind is left out by constants.

        A match is what followed the end of the longest run; a candidate some bars back is the first
        note after the same place there.

        Args:
            memory: Without what is predicted.
            clock: Its clock.
            history: Its history.
        """
        notes, strikes, _, *heights = tf.unstack(history, axis=1)
        best = tf.reduce_max(memory.ranks + _PLACES_IN_HISTORY, axis=2)
        best = tf.gather(best, _RUN_OF, axis=1)
        runs, ends = _above(_HISTORY_BITS, best), best & (HISTORY_NOTES - 1)
        back_ticks = clock.bar_ticks * _BACK
        there = clock.now_ticks - back_ticks
        same = there * (1 << self._strike_bits) + clock.key
        later = tf.raw_ops.UpperBound(sorted_inputs=strikes, values=same)
        places = tf.minimum((later & _OF_BACK) | (ends + 1 & _OF_RUN), HISTORY_NOTES - 1)
        looked_up = tf.concat([places, ends[:, TRANSPOSED:]], axis=1)
        found = tf.gather(notes, looked_up, axis=1, batch_dims=1)
        found, end = tf.split(found, [CANDIDATES, 1], axis=1)
        if self._roles:
            end_height = tf.gather(heights[0], ends[:, TRANSPOSED:], axis=1, batch_dims=1)
            moved_by = clock.interval_from - end_height
        else:
            moved_by = clock.key - (_above(_BYTE_BITS, end) & _BYTE)
        role = _above(2 * _BYTE_BITS, found) & ((1 << self._role_bits) - 1)
        is_moved = _IS_TRANSPOSED
        if self._roles:
            is_moved = tf.where(role * (1 << _KEY_BITS) < self._drum_keys, is_moved, 0)
        pitch = (_above(_BYTE_BITS, found) & _BYTE) + moved_by * is_moved
        shift = (self._shift_from(there, places, strikes) & _OF_BACK) | (
            _above(self._shift_bits, found) & _OF_RUN
        )
        is_back = (clock.elapsed_ticks >= back_ticks) & (later > _FEWEST_LATER)
        exists = is_back | (runs >= _FEWEST_NOTES)
        exists = tf.cast(exists & (pitch >= 0) & (pitch < KEYS), tf.int32)
        is_none = exists - 1  # -1, all bits set, for no candidate
        hits = tf.gather(self._hit_evidence, memory.hits)
        evidence = (hits & _OF_BACK) | (self._match_evidence(runs, ends) & _OF_RUN)
        roles = [role] if self._roles else []
        values = tf.stack([shift, *roles, pitch, found & _BYTE], axis=1)
        before_pitch = shift * (1 << self._role_bits) + role if self._roles else shift
        predicted = (before_pitch * (1 << _BYTE_BITS) + pitch) | is_none
        candidates = Candidates(values | is_none[:, None], evidence * exists)
        return memory._replace(predicted=predicted), candidates

    def _shift_from(self, there: Any, places: Any, strikes: Any) -> Any:
        """Return the shifts from onsets int32[B, C] to the notes at indices int32[B, C]."""
        found = tf.gather(strikes, places, axis=1, batch_dims=1)
        waited = _above(self._strike_bits, found) - there
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


class _Written(NamedTuple):
    """What the numbers of the notes of a history say, int32[B, H] each.

    Attributes:
        note: The number itself.
        shift: Its shift.
        key: Its pitch, above it the role.
        step: Its shift, role and pitch, from which the pitch before it is subtracted.
        height: The pitch of the last melodic note.
        is_drum: bool[B, H].
    """

    note: Any
    shift: Any
    key: Any
    step: Any
    height: Any
    is_drum: Any

    @classmethod
    def of_piano(cls, notes: Any) -> Self:
        """Read the numbers of a piano's notes."""
        shift, pitch = _above(2 * _BYTE_BITS, notes), _above(_BYTE_BITS, notes) & _BYTE
        step = shift * (1 << _STEP_BITS) + pitch
        return cls(notes, shift, pitch, step, pitch, tf.zeros_like(notes, tf.bool))


class _Numbers(NamedTuple):
    """What the memory reads of a note: numbers that are sums over its fields, int32[B, 1] each.

    Attributes:
        note: Its shift, role, pitch and duration as one number.
        key: Its shift, role and pitch as one number.
        step: Its shift, role and pitch, from which the pitch before it is subtracted.
        pitch: Its pitch; -1 for no note.
        struck: Its pitch, above it the role; below 0 for no note.
        sounding: The same as `pitch`; -1 for drums, once they are known.
        interval_from: The same; `_NO_PITCH` for no note.
        is_note: 1; 0 for no note.
        shift_ticks: How long it waits.
        duration_ticks: How long it lasts.
        key_weight: How much it adds to the weight of its pitch class.
    """

    note: Any
    key: Any
    step: Any
    pitch: Any
    struck: Any
    sounding: Any
    interval_from: Any
    is_note: Any
    shift_ticks: Any
    duration_ticks: Any
    key_weight: Any

    @classmethod
    def of(cls, sums: Any) -> Self:
        """Split int32[B, 11]."""
        return cls(*tf.split(sums, len(cls._fields), axis=1))

    @classmethod
    def table(cls, codec: NoteTuple) -> NDArray[np.int32]:
        """Compute what each value adds: int32[rows, 11], the rows as `Recall.read` takes them."""
        role_bits = (len(codec.role) - 1).bit_length()
        values = dict(
            zip(codec.fields, (np.arange(-1, size) for size in codec.field_sizes), strict=True)
        )
        shift, pitch, duration = (values[kind] for kind in NoteTuple.fields)
        added = {
            "TimeShift": cls._nothing(shift)._replace(
                note=shift << 2 * _BYTE_BITS + role_bits,
                key=shift << _BYTE_BITS + role_bits,
                step=shift << _STEP_BITS + role_bits,
                shift_ticks=np.append(0, codec.shift_ticks),
            ),
            "Pitch": cls._nothing(pitch)._replace(
                note=pitch << _BYTE_BITS,
                key=pitch,
                step=pitch,
                pitch=pitch,
                struck=pitch,
                sounding=pitch,
                interval_from=np.where(pitch < 0, _NO_PITCH, pitch),
                is_note=(pitch >= 0).astype(np.int32),
            ),
            "Duration": cls._of_duration(duration, np.append(0, codec.duration_ticks)),
        }
        if codec.has_roles:
            role = values["Role"]
            added["Role"] = cls._nothing(role)._replace(
                note=role << 2 * _BYTE_BITS,
                key=role << _BYTE_BITS,
                step=role << _STEP_BITS,
                struck=role << _KEY_BITS,
            )
        rows = [np.stack(added[kind], axis=1) for kind in codec.fields]
        return np.concatenate(rows).astype(np.int32)

    @classmethod
    def _of_duration(cls, duration: NDArray[np.int_], ticks: NDArray[np.int32]) -> Self:
        return cls._nothing(duration)._replace(
            note=duration, duration_ticks=ticks, key_weight=np.minimum(ticks, MOST_KEY_TICKS)
        )

    @classmethod
    def _nothing(cls, values: NDArray[np.int_]) -> Self:
        return cls(*[0 * values] * len(cls._fields))


def _or_common_time(bar_ticks: Any) -> Any:
    is_given = bar_ticks > 0
    return tf.where(is_given, tf.minimum(bar_ticks, _LONGEST_BAR_TICKS), COMMON_TIME.bar_ticks)


def _within(values: Any, table: np.ndarray) -> Any:
    """Clip values to the indices of a table."""
    return tf.minimum(tf.maximum(values, 0), len(table) - 1)
