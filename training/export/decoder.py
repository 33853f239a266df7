"""The network as a server runs it: state in, state out, and the sampling loop inside the graph.

B batch, T time, F fields of a token, V vocabulary, S the state's width (h and c of each LSTM layer,
side by side). Plain TensorFlow operations alone, so that it runs in a graph-mode session: nothing
of cuDNN (keras#18504), nothing that needs XLA.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import keras
import tensorflow as tf

from music.codec import BOS, PAD
from music.codec.notetuple import NoteTuple
from training.export.decoder_cells import MemoryInputs, NextOnset, Predictors, Reader, Stack, State
from training.export.prng import uniform
from training.export.quantised_matmul import Float32Product, ProductOf
from training.export.sampling import Draw, Sampling
from training.export.token_ids import TokenIds
from training.memory.recall import STATE_WIDTH, Recall, shown_ticks

MOST_STEPS = 256  # of one call, whatever is asked
# A turn of a loop costs a session as much as a third of a token; so a turn draws several.
TOKENS_PER_TURN = 4
_PITCH = 1  # the field that is filtered, and that memory forbids some values of


@dataclass(frozen=True)
class Drawn:
    """What `decode` and `read` give back.

    Attributes:
        tokens: int32[B, N], PAD where a row rested.
        log_probability: float32[B, N], of each token, its fields' together, before temperature and
            filters; 0 where a row rested.
        state: float32[B, S].
        token: int32[B], the last one, which the state has not read yet.
    """

    tokens: Any
    log_probability: Any
    state: Any
    token: Any


class _Song(NamedTuple):
    """Where B songs stand.

    Attributes:
        layers: h and c of every LSTM layer, the lowest first, float32[B, U] each.
        memory: What they remember; empty without memory.
    """

    layers: State
    memory: Any


class Network(tf.Module):
    """What a server is asked for, on a stack of LSTM layers."""

    def __init__(self, model: keras.Model, product_of: ProductOf = Float32Product) -> None:
        """Take a Keras model's weights.

        Args:
            model: As `training.network` builds it.
            product_of: As a `Stack` takes it.
        """
        super().__init__()
        self._stack = Stack(model, product_of)
        self._sizes = self._stack.field_sizes
        self._numbering = TokenIds(self._sizes)
        self._recall = Recall(NoteTuple.over()) if self._stack.has_memory else None

    @property
    def state_width(self) -> int:
        """S: twice the sum of the layers' units, and what songs remember."""
        return 2 * sum(self._stack.units) + (STATE_WIDTH if self._recall else 0)

    @property
    def vocabulary_size(self) -> int:
        """V."""
        return self._numbering.vocabulary_size

    def initial_state(self, batch: Any) -> Any:
        """Give float32[B, S] of a network that has read nothing; with memory, in 4/4."""
        return tf.zeros((batch, self.state_width))

    def probabilities(self, tokens: Any, lengths: Any, bar_ticks: Any, place_ticks: Any) -> Any:
        """Give the distribution of the token after each window, read from an empty state.

        Args:
            tokens: int32[B, T].
            lengths: int32[B], 0 to T: how many of a row's tokens count, as `prefill` takes them.
            bar_ticks: int32[B], as `prefill` takes it.
            place_ticks: int32[B], likewise.

        Returns:
            float32[B, V], summing to 1; special tokens have probability 0.
        """
        state, last = self.prefill(tokens, lengths, bar_ticks, place_ticks)
        reader, song = self._stack.laid_out(), self._unpacked(state)
        song, predictors = self._read(reader, self._numbering.rows(last), song)
        recall, memory = self._recall, song.memory
        if recall is None:
            return self._numbering.padded(reader.distribution(predictors, None))

        def next_onset(shift: Any) -> NextOnset:
            each = tf.shape(shift)[0] // tf.shape(last)[0]
            repeated = tf.nest.map_structure(lambda part: tf.repeat(part, each, axis=0), memory)
            ahead = recall.ahead(repeated, shift)
            return NextOnset(ahead.place, ahead.sounding)

        return self._numbering.padded(reader.distribution(predictors, next_onset))

    def nats(self, tokens: Any, bar_ticks: Any, place_ticks: Any) -> Any:
        """Compute what every token costs after those before it, read from an empty state.

        Args:
            tokens: int32[B, T], the first of them BOS; what stands behind PAD means nothing.
            bar_ticks: int32[B], as `prefill` takes it.
            place_ticks: int32[B], likewise.

        Returns:
            float32[B, T - 1].
        """
        batch, steps = tf.shape(tokens)[0], tf.shape(tokens)[1] - 1
        begun = self._packed(self._begun(batch, bar_ticks, place_ticks))
        read = self.read(tokens[:, 0], begun, tokens[:, 1:], tf.fill([batch], steps))
        return -read.log_probability

    def read(self, token: Any, state: Any, tokens: Any, lengths: Any) -> Drawn:
        """Read the next tokens of every row's song, which others have chosen.

        Args:
            token: int32[B], the last token, not yet read.
            state: float32[B, S].
            tokens: int32[B, N], N 1 or more.
            lengths: int32[B], 0 to N, how many of a row's tokens count.

        Returns:
            As `decode` gives it after sampling the same tokens.
        """
        lengths = tf.clip_by_value(lengths, 0, tf.shape(tokens)[1])
        all_tokens = tf.concat([token[:, None], tokens], axis=1)
        rows = tf.transpose(self._numbering.rows(all_tokens), [1, 0, 2])
        values = tf.maximum(rows - self._numbering.first_rows, 0)
        steps = tf.shape(rows)[0] - 1
        costs = tf.TensorArray(tf.float32, steps, element_shape=[None])

        def step(i: Any, songs: _Song, costs: Any) -> tuple[Any, _Song, Any]:
            reader = self._stack.laid_out()
            after, predictors = self._read(reader, rows[i], songs)
            came = tf.split(values[i + 1], len(self._sizes), axis=1)
            next_onset: list[Any] = []
            if self._recall is not None:
                ahead = self._recall.ahead(after.memory, came[0])
                next_onset = reader.next_onset(NextOnset(ahead.place, ahead.sounding))
            logits = [predictors.first] + [
                reader.field_logits(f, predictors, came[:f], next_onset)
                for f in range(1, len(came))
            ]
            targets = [tf.squeeze(value, axis=1) for value in came]
            is_read = i < lengths
            cost = tf.where(is_read, _cross_entropy(logits, targets), 0.0)
            return i + 1, _where(is_read, after, songs), costs.write(i, cost)

        _, songs, costs = tf.while_loop(
            lambda i, *_: i < steps, step, (0, self._unpacked(state), costs)
        )
        return Drawn(
            tokens=tf.where(tf.range(steps)[None, :] < lengths[:, None], tokens, PAD),
            log_probability=-tf.transpose(costs.stack()),
            state=self._packed(_Song(*songs)),
            token=tf.gather(all_tokens, lengths, axis=1, batch_dims=1),
        )

    def prefill(
        self, tokens: Any, lengths: Any, bar_ticks: Any, place_ticks: Any
    ) -> tuple[Any, Any]:
        """Read the start of a song, all but its last token.

        Args:
            tokens: int32[B, T].
            lengths: int32[B], 0 to T, how many of a row's tokens count; 0 begins a song, as BOS.
            bar_ticks: int32[B], the length of the song's bars; 0 for 4/4. Read by a network with
                memory.
            place_ticks: int32[B], where in its bar the first note starts; likewise.

        Returns:
            State float32[B, S] and the last token int32[B], as `decode` takes them.
        """
        batch, width = tf.shape(tokens)[0], tf.shape(tokens)[1]
        lengths = tf.clip_by_value(lengths, 0, width)
        padded = tf.concat([tf.fill([batch, 1], BOS), tokens], axis=1)
        last = tf.gather(padded, lengths, axis=1, batch_dims=1)
        song = self._begun(batch, bar_ticks, place_ticks)
        return self._packed(self._after(tokens, lengths - 1, song)), last

    def _begun(self, batch: Any, bar_ticks: Any, place_ticks: Any) -> _Song:
        """Begin songs."""
        songs = self._unpacked(self.initial_state(batch))
        if self._recall is None:
            return songs
        return songs._replace(memory=self._recall.empty(place_ticks, bar_ticks))

    def _after(self, tokens: Any, lengths: Any, song: _Song) -> _Song:
        """Read as many of int32[B, T] as int32[B] says."""
        rows = tf.transpose(self._numbering.rows(tokens), [1, 0, 2])

        def read(i: Any, song: _Song) -> tuple[Any, _Song]:
            after, _ = self._read(self._stack.laid_out(), tf.gather(rows, i), song)
            return i + 1, _where(i < lengths, after, song)

        _, after = tf.while_loop(lambda i, _: i < tf.reduce_max(lengths), read, (0, song))
        return _Song(*after)

    def _read(self, reader: Reader, rows: Any, song: _Song) -> tuple[_Song, Predictors]:
        """Read one token of each song, int32[B, F] rows."""
        memory, known = song.memory, None
        if self._recall is not None:
            memory = self._recall.read(memory, rows - self._numbering.first_rows)
            known = MemoryInputs(
                place=shown_ticks(memory.place_ticks),
                bar=shown_ticks(memory.bar_ticks),
                candidates=memory.candidates,
                evidence=memory.evidence,
                key_weights=self._recall.scaled_key_weights(memory),
            )
        layers, predictors = reader.read(rows, known, song.layers)
        return _Song(layers, memory), predictors

    def decode(
        self, token: Any, state: Any, position: Any, steps: Any, sampling: Sampling, seed: Any
    ) -> Drawn:
        """Draw the next tokens of every row's song.

        What a row draws depends on nothing but its own arguments: not on how many steps a call
        takes, nor on the other rows. A row whose steps are done rests.

        Args:
            token: int32[B], the last token, not yet read.
            state: float32[B, S].
            position: int32[B], how many tokens the song has drawn before.
            steps: int32[B], 0 to `MOST_STEPS`.
            sampling: Of B rows; of each field of a token likewise.
            seed: int32[B, 2].
        """
        steps = tf.clip_by_value(steps, 0, MOST_STEPS)
        most = tf.maximum(tf.reduce_max(steps), 0)
        turns = tf.maximum(most, 1)  # a session stacks no empty list of tensors
        counters = position[:, None] + tf.range(turns)[None, :]
        draw = Draw(sampling)
        numbers = draw.numbers(uniform(seed, counters, len(self._sizes)))
        first = self._numbering.rows(token)
        rows, logits, songs = self._songs(first, self._unpacked(state), steps, numbers, draw)
        tokens = self._numbering.tokens(rows)
        is_drawn = tf.range(most)[:, None] < steps[None, :]
        log = self._log_probability(logits, rows)
        last = tf.concat([token[None, :], tokens], axis=0)
        return Drawn(
            tokens=tf.transpose(tf.where(is_drawn, tokens[:most], PAD)),
            log_probability=tf.transpose(tf.where(is_drawn, log[:most], 0.0)),
            state=self._packed(songs),
            token=tf.gather(tf.transpose(last), steps, axis=1, batch_dims=1),
        )

    def _songs(
        self, rows: Any, songs: _Song, steps: Any, numbers: Any, draw: Draw
    ) -> tuple[Any, Any, _Song]:
        """Draw with float32[N, B, F]; gives rows int32[N, B, F], logits float32[N, B, L], songs.

        While no row rests, a turn draws several tokens, and no state has to be held back.
        """
        turns = tf.shape(numbers)[0]
        drawn_rows = tf.TensorArray(tf.int32, turns, element_shape=[None, len(self._sizes)])
        logits = tf.TensorArray(tf.float32, turns, element_shape=[None, sum(self._sizes)])
        drawn = (0, rows, songs, drawn_rows, logits)

        def step(reader: Reader, i: Any, rows: Any, songs: _Song) -> tuple[Any, Any, _Song]:
            after, predictors = self._read(reader, rows, songs)
            drawn, logits = self._drawn(reader, after, predictors, tf.gather(numbers, i), draw)
            return drawn, logits, after

        def draw_some(i: Any, rows: Any, songs: _Song, *arrays: Any) -> tuple[Any, ...]:
            reader, (drawn_rows, logits) = self._stack.laid_out(), arrays
            for n in range(TOKENS_PER_TURN):
                rows, predicted, songs = step(reader, i + n, rows, songs)
                drawn_rows, logits = drawn_rows.write(i + n, rows), logits.write(i + n, predicted)
            return i + TOKENS_PER_TURN, rows, songs, drawn_rows, logits

        def draw_one(i: Any, rows: Any, songs: _Song, *arrays: Any) -> tuple[Any, ...]:
            rows, predicted, after = step(self._stack.laid_out(), i, rows, songs)
            songs = _where(i < steps, after, songs)
            drawn_rows, logits = arrays
            return i + 1, rows, songs, drawn_rows.write(i, rows), logits.write(i, predicted)

        fewest = tf.minimum(tf.reduce_min(steps), turns)  # of no rows, the least is the largest
        drawn = tf.while_loop(lambda i, *_: i <= fewest - TOKENS_PER_TURN, draw_some, drawn)
        _, _, songs, drawn_rows, logits = tf.while_loop(lambda i, *_: i < turns, draw_one, drawn)
        return drawn_rows.stack(), logits.stack(), songs

    def _drawn(
        self, reader: Reader, songs: _Song, predictors: Predictors, numbers: Any, draw: Draw
    ) -> tuple[Any, Any]:
        """Draw a token's fields one after the other, with float32[B, F].

        Returns:
            Rows int32[B, F], and logits float32[B, L], of all fields side by side.
        """
        draws = self._draws(draw)
        logits, values = [predictors.first], [draws[0](predictors.first, numbers[:, :1])]
        next_onset: list[Any] = []
        bias: dict[int, Any] = {}
        if self._recall is not None:
            ahead = self._recall.ahead(songs.memory, values[0])
            next_onset = reader.next_onset(NextOnset(ahead.place, ahead.sounding))
            bias[_PITCH] = ahead.pitch_bias
        for f in range(1, len(self._sizes)):
            logits.append(reader.field_logits(f, predictors, values, next_onset))
            values.append(draws[f](logits[-1] + bias.get(f, 0.0), numbers[:, f : f + 1]))
        rows = tf.concat(values, axis=1) + self._numbering.first_rows
        return rows, tf.concat(logits, axis=1)

    def _draws(self, draw: Draw) -> list[Callable[[Any, Any], Any]]:
        """Give each field its way of being drawn: pitches are filtered, and an only field."""
        fields = len(self._sizes)
        filtered = _PITCH if fields > 1 else 0
        return [draw.filtered if f == filtered else draw.unfiltered for f in range(fields)]

    def _log_probability(self, logits: Any, rows: Any) -> Any:
        """Give float32[N, B] of logits float32[N, B, L] and the rows int32[N, B, F] drawn."""
        values = rows - self._numbering.first_rows
        parts = tf.split(logits, self._sizes, axis=2)
        return tf.add_n(
            [
                tf.gather(tf.nn.log_softmax(part), values[:, :, f], axis=2, batch_dims=2)
                for f, part in enumerate(parts)
            ]
        )

    def _unpacked(self, state: Any) -> _Song:
        """Split float32[B, S]."""
        widths = [units for units in self._stack.units for _ in range(2)]
        layers = tf.split(state[:, : sum(widths)], widths, axis=1)
        memory = self._recall and self._recall.unpacked(state[:, sum(widths) :])
        return _Song(tuple(layers), memory or ())

    def _packed(self, songs: _Song) -> Any:
        """Join what `_unpacked` has split."""
        memory = [self._recall.packed(songs.memory)] if self._recall else []
        return tf.concat([*songs.layers, *memory], axis=1)


def _where(is_new: Any, new: _Song, old: _Song) -> _Song:
    """Take the new songs of the rows for which bool[B] holds, and the old ones of the others."""

    def chosen(after: Any, before: Any) -> Any:
        shape = [-1] + [1] * (len(after.shape) - 1)
        return tf.where(tf.reshape(is_new, shape), after, before)

    songs: _Song = tf.nest.map_structure(chosen, new, old)
    return songs


def _cross_entropy(logits: Sequence[Any], values: Sequence[Any]) -> Any:
    """Sum over fields: float32[B] of float32[B, n] and int32[B] each."""
    return tf.add_n(
        [
            tf.nn.sparse_softmax_cross_entropy_with_logits(labels=value, logits=each)
            for value, each in zip(values, logits, strict=True)
        ]
    )
