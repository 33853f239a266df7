"""The network as a server runs it: state in, state out, and the sampling loop inside the graph.

B batch, T time, F fields of a token, V vocabulary, S the state's width (h and c of each LSTM layer,
side by side). Plain TensorFlow operations alone, so that it runs in a graph-mode session: nothing
of cuDNN (keras#18504), nothing that needs XLA.
"""

from dataclasses import dataclass
from typing import Any

import keras
import tensorflow as tf

from music.codec import BOS, PAD
from training.numbering import Numbering
from training.products import Float32Product, ProductOf
from training.randomness import uniform
from training.sampling import Draw, Sampling
from training.stack import Reader, Stack, State

MOST_STEPS = 256  # of one call, whatever is asked
# A turn of a loop costs a session as much as a third of a token; so a turn draws several.
TOKENS_PER_TURN = 4


@dataclass(frozen=True)
class Drawn:
    """What `decode` gives back.

    Attributes:
        tokens: int32[B, N], PAD where a row rested.
        log_probability: float32[B, N], of each token, its fields' together, before temperature and
            filters; 0 where a row rested.
        state: float32[B, S].
        token: int32[B], the last one drawn, which the state has not read yet.
    """

    tokens: Any
    log_probability: Any
    state: Any
    token: Any


class Network(tf.Module):
    """What a server is asked for, on a stack of LSTM layers."""

    def __init__(self, model: keras.Model, lstm_product: ProductOf = Float32Product) -> None:
        """Take a Keras model's weights.

        Args:
            model: As `training.network` builds it.
            lstm_product: As a `Stack` takes it.
        """
        super().__init__()
        self._stack = Stack(model, lstm_product)
        self._sizes = self._stack.field_sizes
        self._numbering = Numbering(self._sizes)

    @property
    def state_width(self) -> int:
        """S: twice the sum of the layers' units."""
        return 2 * sum(self._stack.units)

    @property
    def vocabulary_size(self) -> int:
        """V."""
        return self._numbering.vocabulary_size

    def initial_state(self, batch: Any) -> Any:
        """Give float32[B, S] of a network that has read nothing."""
        return tf.zeros((batch, self.state_width))

    def probabilities(self, tokens: Any, lengths: Any) -> Any:
        """Give the distribution of the token after each window, read from an empty state.

        Args:
            tokens: int32[B, T].
            lengths: int32[B], 0 to T: how many of a row's tokens count, as `prefill` takes them.

        Returns:
            float32[B, V], summing to 1; special tokens have probability 0.
        """
        reader = self._stack.laid_out()
        state, last = self.prefill(tokens, lengths)
        after = reader.read(self._numbering.rows(last), self._parts(state))
        return self._numbering.padded(reader.distribution(after))

    def prefill(self, tokens: Any, lengths: Any) -> tuple[Any, Any]:
        """Read the start of a song, all but its last token.

        Args:
            tokens: int32[B, T].
            lengths: int32[B], 0 to T, how many of a row's tokens count; 0 begins a song, as BOS.

        Returns:
            State float32[B, S] and the last token int32[B], as `decode` takes them.
        """
        batch, width = tf.shape(tokens)[0], tf.shape(tokens)[1]
        lengths = tf.clip_by_value(lengths, 0, width)
        padded = tf.concat([tf.fill([batch, 1], BOS), tokens], axis=1)
        last = tf.gather(padded, lengths, axis=1, batch_dims=1)
        return self._after(tokens, lengths - 1), last

    def _after(self, tokens: Any, lengths: Any) -> Any:
        """Read as many of int32[B, T] as int32[B] says; gives float32[B, S]."""
        rows = tf.transpose(self._numbering.rows(tokens), [1, 0, 2])

        def read(i: Any, state: Any) -> tuple[Any, Any]:
            after = self._stack.laid_out().read(tf.gather(rows, i), self._parts(state))
            return i + 1, tf.where((i < lengths)[:, None], tf.concat(after, axis=1), state)

        longest, nothing = tf.reduce_max(lengths), self.initial_state(tf.shape(tokens)[0])
        return tf.while_loop(lambda i, _: i < longest, read, (0, nothing))[1]

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
        rows, logits, parts = self._songs(first, self._parts(state), steps, numbers, draw)
        tokens = self._numbering.tokens(rows)
        is_drawn = tf.range(most)[:, None] < steps[None, :]
        log = self._log_probability(logits, rows)
        last = tf.concat([token[None, :], tokens], axis=0)
        return Drawn(
            tokens=tf.transpose(tf.where(is_drawn, tokens[:most], PAD)),
            log_probability=tf.transpose(tf.where(is_drawn, log[:most], 0.0)),
            state=tf.concat(parts, axis=1),
            token=tf.gather(tf.transpose(last), steps, axis=1, batch_dims=1),
        )

    def _songs(
        self, rows: Any, state: State, steps: Any, numbers: Any, draw: Draw
    ) -> tuple[Any, Any, State]:
        """Draw with float32[N, B, F]; gives rows int32[N, B, F], logits float32[N, B, L], states.

        While no row rests, a turn draws several tokens, and no state has to be held back.
        """
        turns = tf.shape(numbers)[0]
        drawn_rows = tf.TensorArray(tf.int32, turns, element_shape=[None, len(self._sizes)])
        logits = tf.TensorArray(tf.float32, turns, element_shape=[None, sum(self._sizes)])
        drawn = (0, rows, state, drawn_rows, logits)

        def step(reader: Reader, i: Any, rows: Any, state: State) -> tuple[Any, Any, State]:
            after = reader.read(rows, state)
            drawn, logits = self._drawn(reader, after, tf.gather(numbers, i), draw)
            return drawn, logits, after

        def draw_some(i: Any, rows: Any, state: State, *arrays: Any) -> tuple[Any, ...]:
            reader, (drawn_rows, logits) = self._stack.laid_out(), arrays
            for n in range(TOKENS_PER_TURN):
                rows, foretold, state = step(reader, i + n, rows, state)
                drawn_rows, logits = drawn_rows.write(i + n, rows), logits.write(i + n, foretold)
            return i + TOKENS_PER_TURN, rows, state, drawn_rows, logits

        def draw_one(i: Any, rows: Any, state: State, *arrays: Any) -> tuple[Any, ...]:
            rows, foretold, after = step(self._stack.laid_out(), i, rows, state)
            state = tuple(
                tf.where((i < steps)[:, None], new, old)
                for new, old in zip(after, state, strict=True)
            )
            drawn_rows, logits = arrays
            return i + 1, rows, state, drawn_rows.write(i, rows), logits.write(i, foretold)

        fewest = tf.minimum(tf.reduce_min(steps), turns)  # of no rows, the least is the largest
        drawn = tf.while_loop(lambda i, *_: i <= fewest - TOKENS_PER_TURN, draw_some, drawn)
        _, _, state, drawn_rows, logits = tf.while_loop(lambda i, *_: i < turns, draw_one, drawn)
        return drawn_rows.stack(), logits.stack(), state

    def _drawn(self, reader: Reader, state: State, numbers: Any, draw: Draw) -> tuple[Any, Any]:
        """Draw a token's fields one after the other, with float32[B, F].

        Returns:
            Rows int32[B, F], and logits float32[B, L], of all fields side by side.
        """
        field_logits, *hidden = reader.foretold(state)
        logits, values = [field_logits], [draw(field_logits, numbers[:, :1])]
        for f, below in enumerate(hidden, start=1):
            given = [value[:, 0] for value in values]
            logits.append(reader.field_logits(f, below, given))
            values.append(draw(logits[-1], numbers[:, f : f + 1]))
        rows = tf.concat(values, axis=1) + self._numbering.first_rows
        return rows, tf.concat(logits, axis=1)

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

    def _parts(self, state: Any) -> State:
        """Part float32[B, S]."""
        parts = tf.split(state, [units for units in self._stack.units for _ in range(2)], axis=1)
        return tuple(parts)
