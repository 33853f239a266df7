"""Songs inside a graph: their state, and how tokens are read: one by one, or many that are known.

B batch, T time, F fields of a token, S the state's width, U an LSTM layer's units, E the width of
the memory's inputs, N of a field's values.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeVar

import tensorflow as tf

from music.codec.notetuple import BandTuple, NoteTuple
from training.export.decoder_cells import (
    MemoryInputs,
    NextOnset,
    Predictors,
    Reader,
    Stack,
    State,
)
from training.export.token_ids import TokenIds
from training.memory.recall import (
    Candidates,
    Clock,
    Memory,
    Recall,
    shown_ticks,
)
from training.network.network import has_roles

BLOCK_TOKENS = 64  # known tokens are read in blocks, which bounds the memory that a call takes

_Parts = TypeVar("_Parts")


class Song(NamedTuple):
    """The state of B songs.

    Attributes:
        layers: h and c of every LSTM layer, the lowest first, float32[B, U] each.
        memory: What they remember; empty without memory.
    """

    layers: State
    memory: Any


@dataclass(frozen=True)
class _Block:
    """Tokens that are read together.

    Attributes:
        rows: int32[T, B, F].
        following: int32[T, B, F], the token after each; None where nobody asks what it costs.
        lengths: int32[B], how many of them are read; below 0 and above T for none and all.
        count: T, 1 or more.
    """

    rows: Any
    following: Any
    lengths: Any
    count: Any

    def is_read(self, i: Any) -> Any:
        """Return for each song whether its token i is read: bool[B, 1]."""
        return tf.expand_dims(i < self.lengths, axis=1)

    def flat(self, rows: Any) -> Any:
        """Join the axes of time and batch."""
        return tf.reshape(rows, [-1, *rows.shape[2:]])


class SongReader:
    """Reads tokens into the states of songs."""

    def __init__(self, stack: Stack) -> None:
        """Take the layers that read."""
        self.stack = stack
        self.numbering = TokenIds(stack.field_sizes)
        codec = BandTuple if has_roles(stack.field_sizes) else NoteTuple
        self.recall = Recall(codec.over()) if stack.has_memory else None

    @property
    def state_width(self) -> int:
        """S: twice the sum of the layers' units, and what songs remember."""
        return 2 * sum(self.stack.units) + (self.recall.state_width if self.recall else 0)

    def begun(self, batch: Any, bar_ticks: Any, place_ticks: Any, line_up: Any = ()) -> Song:
        """Begin songs.

        Args:
            batch: B.
            bar_ticks: int32[B], the length of a bar; 0 for 4/4. Read by a network with memory.
            place_ticks: int32[B], where in its bar the first note starts; likewise.
            line_up: int32[B, R], 1 for every role of a band; () for a piano.
        """
        song = self.unpacked(tf.zeros((batch, self.state_width)))
        if self.recall is None:
            return song
        return song._replace(memory=self.recall.empty(place_ticks, bar_ticks, line_up))

    def unpacked(self, state: Any) -> Song:
        """Split float32[B, S]."""
        widths = [units for units in self.stack.units for _ in range(2)]
        layers = tf.split(state[:, : sum(widths)], widths, axis=1)
        memory = self.recall and self.recall.unpacked(state[:, sum(widths) :])
        return Song(tuple(layers), memory or ())

    def packed(self, song: Song) -> Any:
        """Join what `unpacked` has split."""
        memory = [self.recall.packed(song.memory)] if self.recall else []
        return tf.concat([*song.layers, *memory], axis=1)

    def read(self, reader: Reader, rows: Any, song: Song) -> tuple[Song, Predictors]:
        """Read one token of each song, int32[B, F] rows."""
        memory, known = song.memory, None
        if self.recall is not None:
            memory, candidates = self.recall.read(memory, rows)
            known = self._inputs_of(memory, candidates)
        layers, predictors = reader.read(rows, known, song.layers)
        return Song(layers, memory), predictors

    def read_known(self, rows: Any, lengths: Any, song: Song) -> Song:
        """Read as many of int32[T, B, F] rows as int32[B] says."""
        most = tf.reduce_max(lengths)
        reader = self.stack.laid_out()

        def read_block(start: Any, song: Song) -> tuple[Any, Song]:
            end = tf.minimum(start + BLOCK_TOKENS, most)
            block = _Block(rows[start:end], None, lengths - start, end - start)
            return end, self._read_block(reader, block, song)[0]

        _, song = tf.while_loop(lambda start, _: start < most, read_block, (0, song))
        return Song(*song)

    def read_and_judge(self, rows: Any, lengths: Any, song: Song) -> tuple[Song, Any]:
        """Read tokens, and compute what the token after each costs.

        Args:
            rows: int32[T + 1, B, F], of which the last ones are not read.
            lengths: int32[B], 0 to T, how many are read.
            song: Before them.

        Returns:
            The songs, and the cross-entropies float32[T, B]; 0 after tokens that are not read.
        """
        most = tf.shape(rows)[0] - 1
        batch = tf.shape(rows)[1]
        reader = self.stack.laid_out()

        def read_block(start: Any, song: Song, costs: Any) -> tuple[Any, Song, Any]:
            end = tf.minimum(start + BLOCK_TOKENS, most)
            following = rows[start + 1 : end + 1]
            block = _Block(rows[start:end], following, lengths - start, end - start)
            song, those = self._read_block(reader, block, song)
            return end, song, tf.concat([costs, those], axis=0)

        shapes = tf.nest.map_structure(lambda part: part.shape, song)
        _, song, costs = tf.while_loop(
            lambda start, *_: start < most,
            read_block,
            (0, song, tf.zeros([0, batch])),
            shape_invariants=(tf.TensorShape([]), shapes, tf.TensorShape([None, None])),
        )
        return Song(*song), costs

    def _read_block(self, reader: Reader, block: _Block, song: Song) -> tuple[Song, Any]:
        """Read a block; gives the costs float32[T, B] of its following tokens, if there are any.

        What does not depend on the layers' state is computed for all tokens at once.
        """
        memory, known, next_onset = self._remembered(block, song.memory)
        inputs, memory_features = reader.inputs_of(block.flat(block.rows), known)
        inputs = tf.reshape(inputs, [block.count, -1, inputs.shape[1]])
        top = tf.TensorArray(tf.float32, block.count, element_shape=[None, self.stack.units[-1]])

        def step(i: Any, layers: State, top: Any) -> tuple[Any, State, Any]:
            after = reader.step(tf.gather(inputs, i), layers)
            return i + 1, where(block.is_read(i), after, layers), top.write(i, after[-2])

        _, layers, top = tf.while_loop(lambda i, *_: i < block.count, step, (0, song.layers, top))
        song = Song(tuple(layers), memory)
        if block.following is None:
            return song, None
        predictors = reader.predictors(block.flat(top.stack()), memory_features, known)
        values = block.flat(tf.maximum(block.following - self.numbering.first_rows, 0))
        costs = _costs(reader, predictors, tf.split(values, values.shape[1], axis=1), next_onset)
        costs = tf.reshape(costs, [block.count, -1])
        return song, tf.where(tf.range(block.count)[:, None] < block.lengths, costs, 0.0)

    def _remembered(
        self, block: _Block, memory: Any
    ) -> tuple[Any, MemoryInputs | None, NextOnset | None]:
        """Remember a block's tokens, one after the other.

        Returns:
            The memory after them; the inputs after each token, of T * B rows; and those for the
            onset of the token that follows each, likewise.
        """
        recall = self.recall
        if recall is None:
            return memory, None, None

        def inputs_after(
            i: Any, memory: Memory, candidates: Candidates
        ) -> tuple[MemoryInputs, NextOnset | tuple[()]]:
            inputs = self._inputs_of(memory, candidates)
            if block.following is None:
                return inputs, ()
            values = tf.maximum(tf.gather(block.following, i) - self.numbering.first_rows, 0)
            return inputs, self.next_onset(memory, values[:, :1], values[:, 1:2])

        def step(i: Any, memory: Memory, arrays: Sequence[Any]) -> tuple[Any, Memory, list[Any]]:
            after, candidates = recall.read(memory, tf.gather(block.rows, i))
            inputs = tf.nest.flatten(inputs_after(i, after, candidates))
            memory = where(block.is_read(i), after, memory)
            return i + 1, memory, [a.write(i, x) for a, x in zip(arrays, inputs, strict=True)]

        examples = inputs_after(0, *recall.read(memory, tf.gather(block.rows, 0)))
        arrays = [
            tf.TensorArray(example.dtype, block.count, element_shape=[None, *example.shape[1:]])
            for example in tf.nest.flatten(examples)
        ]
        _, memory, arrays = tf.while_loop(lambda i, *_: i < block.count, step, (0, memory, arrays))
        inputs = [block.flat(array.stack()) for array in arrays]
        known, next_onset = tf.nest.pack_sequence_as(examples, inputs)
        return Memory(*memory), known, next_onset or None

    def _inputs_of(self, memory: Memory, candidates: Candidates) -> MemoryInputs:
        assert self.recall is not None
        clock = Clock.of(memory)
        return MemoryInputs(
            place=shown_ticks(clock.place_ticks),
            bar=shown_ticks(clock.bar_ticks),
            candidates=candidates.values,
            evidence=candidates.evidence,
            key_weights=self.recall.scaled_key_weights(memory),
            line_up=memory.line_up,
        )

    def next_onset(self, memory: Memory, shift: Any, second: Any = None) -> NextOnset:
        """Return the inputs for the next note.

        Args:
            memory: Before it.
            shift: int32[B, 1], its first field.
            second: int32[B, 1], its second one, which is the role for bands; None if not known.
        """
        assert self.recall is not None
        ahead = self.recall.ahead(memory, shift)
        if second is None or not self.recall.has_roles:
            return NextOnset(ahead.place, ahead.sounding)
        role_pitch, _ = self.recall.of_role(memory, ahead, second)
        return NextOnset(ahead.place, ahead.sounding, role_pitch)


def where(is_new: Any, new: _Parts, old: _Parts) -> _Parts:
    """Take new values for the rows for which bool[B, 1] holds, and old ones for the others."""
    rows = tf.squeeze(is_new, axis=1)

    def chosen(after: Any, before: Any) -> Any:
        # The older operation copies whole rows; the newer one compares shapes value by value.
        return tf.raw_ops.Select(condition=rows, x=after, y=before)

    parts: _Parts = tf.nest.map_structure(chosen, new, old)
    return parts


def _costs(
    reader: Reader, predictors: Predictors, values: Sequence[Any], next_onset: NextOnset | None
) -> Any:
    """Return the cross-entropy float32[B] of tokens, of each field int32[B, 1]."""
    onset = [] if next_onset is None else reader.next_onset(next_onset)
    logits = [predictors.first] + [
        reader.field_logits(f, predictors, values[:f], onset) for f in range(1, len(values))
    ]
    return tf.add_n(
        [
            tf.nn.sparse_softmax_cross_entropy_with_logits(
                labels=tf.squeeze(value, axis=1), logits=each
            )
            for value, each in zip(values, logits, strict=True)
        ]
    )
