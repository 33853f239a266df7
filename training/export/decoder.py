"""The network as a server runs it: state in, state out, and the sampling loop inside the graph.

B batch, T time, F fields of a token, V vocabulary, S the state's width (h and c of each LSTM layer,
side by side). Plain TensorFlow operations alone, so that it runs in a graph-mode session: nothing
of cuDNN (keras#18504), nothing that needs XLA.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from music.codec import BOS, PAD
from music.codec.notetuple import ROLE_FIELD
from training.export.decoder_cells import NextOnset, Reader, Stack
from training.export.prng import uniform
from training.export.quantised_matmul import Float32Product, ProductOf
from training.export.sampling import Draw, Sampling
from training.export.song_reader import Song, SongReader, where
from training.memory.recall import FORBIDDEN

MOST_STEPS = 256  # of one call, whatever is asked
# A turn of a loop costs a session as much as a third of a token; so a turn draws several.
TOKENS_PER_TURN = 4


@dataclass(frozen=True)
class Drawn:
    """What `decode` and `read` give back.

    Attributes:
        tokens: int32[B, N], N 1 or more, PAD where a row rested.
        log_probability: float32[B, N], of each token, its fields' together, before temperature and
            filters; 0 where a row rested.
        state: float32[B, S].
        token: int32[B], the last one, which the state has not read yet.
    """

    tokens: Any
    log_probability: Any
    state: Any
    token: Any


class _Drawing(NamedTuple):
    """B songs between two tokens.

    Attributes:
        rows: int32[B, F], the last token, which the song has not read yet.
        song: Before it.
        is_going: bool[B, 1], whether it does not rest.
        moved_ticks: int32[B, 1], how far the call has moved it ahead; of no use where it rests.
    """

    rows: Any
    song: Song
    is_going: Any
    moved_ticks: Any


class _Bounds(NamedTuple):
    """What bounds the tokens of each row, int32[B, 1] each; as `Network.decode` takes them."""

    steps: Any
    start_ticks: Any
    stop_ticks: Any


class Network(tf.Module):
    """What a server is asked for, on a stack of LSTM layers."""

    def __init__(
        self,
        model: keras.Model,
        product_of: ProductOf = Float32Product,
        advance_ticks: NDArray[np.int32] | None = None,
    ) -> None:
        """Take a Keras model's weights.

        Args:
            model: As `training.network` builds it.
            product_of: As a `Stack` takes it.
            advance_ticks: int32[n], how many ticks each value of a token's first field moves a
                song ahead; None for a network that never has to stop early.
        """
        super().__init__()
        self._stack = Stack(model, product_of)
        self._sizes = self._stack.field_sizes
        self._songs = SongReader(self._stack)
        self._numbering = self._songs.numbering
        self._recall = self._songs.recall
        self._advance_ticks = np.zeros(self._sizes[0], np.int32)
        if advance_ticks is not None:
            self._advance_ticks = advance_ticks

    @property
    def state_width(self) -> int:
        """S: twice the sum of the layers' units, and what songs remember."""
        return self._songs.state_width

    @property
    def vocabulary_size(self) -> int:
        """V."""
        return self._numbering.vocabulary_size

    def initial_state(self, batch: Any) -> Any:
        """Give float32[B, S] of a network that has read nothing; with memory, in 4/4."""
        return tf.zeros((batch, self.state_width))

    @property
    def roles(self) -> int:
        """R: how many roles there are; 0 for a piano."""
        return self._recall.roles if self._recall is not None else 0

    def probabilities(
        self, tokens: Any, lengths: Any, bar_ticks: Any, place_ticks: Any, line_up: Any = ()
    ) -> Any:
        """Give the distribution of the token after each window, read from an empty state.

        Args:
            tokens: int32[B, T].
            lengths: int32[B], 0 to T: how many of a row's tokens count, as `prefill` takes them.
            bar_ticks: int32[B], as `prefill` takes it.
            place_ticks: int32[B], likewise.
            line_up: int32[B, R], likewise.

        Returns:
            float32[B, V], summing to 1; special tokens have probability 0. If there are too many
            tokens, without their last fields (`Reader.distribution`).
        """
        state, last = self.prefill(tokens, lengths, bar_ticks, place_ticks, line_up)
        reader, song = self._stack.laid_out(), self._songs.unpacked(state)
        song, predictors = self._songs.read(reader, self._numbering.rows(last), song)
        memory = song.memory
        if self._recall is None:
            return self._numbering.padded(reader.distribution(predictors, None))

        def next_onset(shift: Any, role: Any = None) -> NextOnset:
            each = tf.shape(shift)[0] // tf.shape(last)[0]
            repeated = tf.nest.map_structure(lambda part: tf.repeat(part, each, axis=0), memory)
            return self._songs.next_onset(repeated, shift, role)

        def role_pitch(shift: Any, role: Any) -> Any:
            return next_onset(shift, role).role_pitch

        of_role = role_pitch if self.roles else None
        return self._numbering.padded(reader.distribution(predictors, next_onset, of_role))

    def nats(self, tokens: Any, bar_ticks: Any, place_ticks: Any, line_up: Any = ()) -> Any:
        """Compute what every token costs after those before it, read from an empty state.

        Args:
            tokens: int32[B, T], the first of them BOS; what stands behind PAD means nothing.
            bar_ticks: int32[B], as `prefill` takes it.
            place_ticks: int32[B], likewise.
            line_up: int32[B, R], likewise.

        Returns:
            float32[B, T - 1].
        """
        batch, steps = tf.shape(tokens)[0], tf.shape(tokens)[1] - 1
        begun = self._songs.packed(self._songs.begun(batch, bar_ticks, place_ticks, line_up))
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
        song = self._songs.unpacked(state)
        song, costs = self._songs.read_and_judge(rows, lengths, song)
        steps = tf.shape(tokens)[1]
        return Drawn(
            tokens=tf.where(tf.range(steps)[None, :] < lengths[:, None], tokens, PAD),
            log_probability=-tf.transpose(costs),
            state=self._songs.packed(song),
            token=tf.gather(all_tokens, lengths, axis=1, batch_dims=1),
        )

    def prefill(
        self, tokens: Any, lengths: Any, bar_ticks: Any, place_ticks: Any, line_up: Any = ()
    ) -> tuple[Any, Any]:
        """Read the start of a song, all but its last token.

        Args:
            tokens: int32[B, T].
            lengths: int32[B], 0 to T, how many of a row's tokens count; 0 begins a song, as BOS.
            bar_ticks: int32[B], the length of the song's bars; 0 for 4/4. Read by a network with
                memory.
            place_ticks: int32[B], where in its bar the first note starts; likewise.
            line_up: int32[B, R], 1 for every role that plays in a band's song; () for a piano.

        Returns:
            State float32[B, S] and the last token int32[B], as `decode` takes them.
        """
        batch, width = tf.shape(tokens)[0], tf.shape(tokens)[1]
        lengths = tf.clip_by_value(lengths, 0, width)
        padded = tf.concat([tf.fill([batch, 1], BOS), tokens], axis=1)
        last = tf.gather(padded, lengths, axis=1, batch_dims=1)
        rows = tf.transpose(self._numbering.rows(tokens), [1, 0, 2])
        song = self._songs.begun(batch, bar_ticks, place_ticks, line_up)
        return self._songs.packed(self._songs.read_known(rows, lengths - 1, song)), last

    def decode(
        self,
        token: Any,
        state: Any,
        position: Any,
        steps: Any,
        start_ticks: Any,
        stop_ticks: Any,
        sampling: Sampling,
        seed: Any,
    ) -> Drawn:
        """Draw the next tokens of every row's song.

        What a row draws depends on nothing but its own arguments: not on how many steps a call
        takes, nor on the other rows. A row rests when its steps are done, and before the first
        token that would move its song too far.

        Args:
            token: int32[B], the last token, not yet read.
            state: float32[B, S].
            position: int32[B], how many tokens the song has drawn before.
            steps: int32[B], 0 to `MOST_STEPS`.
            start_ticks: int32[B]: a row's first token moves its song ahead by these ticks or more.
                At most as many as a token can.
            stop_ticks: int32[B]: all its tokens move it ahead by fewer ticks than these. What moves
                it is a token's first field, but not that of the song's first token.
            sampling: Of B rows; of each field of a token likewise.
            seed: int32[B, 2].
        """
        steps = tf.clip_by_value(steps, 0, MOST_STEPS)
        most = tf.maximum(tf.reduce_max(steps), 1)  # of no rows, the most is the least
        turns = -(-most // TOKENS_PER_TURN) * TOKENS_PER_TURN
        counters = position[:, None] + tf.range(turns)[None, :]
        draw = Draw(sampling)
        numbers = draw.numbers(uniform(seed, counters, len(self._sizes)))
        first = _Drawing(
            rows=self._numbering.rows(token),
            song=self._songs.unpacked(state),
            is_going=(steps > 0)[:, None] & (stop_ticks > 0)[:, None],
            moved_ticks=tf.zeros_like(token)[:, None],
        )
        within = _Bounds(*(each[:, None] for each in (steps, start_ticks, stop_ticks)))
        last, rows, logits = self._drawn_all(first, within, numbers, draw)
        is_drawn = rows[:, :, 0] > 0
        return Drawn(
            tokens=tf.transpose(tf.where(is_drawn, self._numbering.tokens(rows), PAD)),
            log_probability=tf.transpose(
                tf.where(is_drawn, self._log_probability(logits, rows), 0.0)
            ),
            state=self._songs.packed(last.song),
            token=tf.where(
                tf.reduce_any(is_drawn, axis=0), self._numbering.tokens(last.rows), token
            ),
        )

    def _drawn_all(
        self, first: _Drawing, within: _Bounds, numbers: Any, draw: Draw
    ) -> tuple[_Drawing, Any, Any]:
        """Draw until every row rests.

        Args:
            first: Before the first token.
            within: The bounds of each row.
            numbers: float32[N, B, F].
            draw: Draws.

        Returns:
            What is drawn last; rows int32[N', B, F], 0 where a row rested; and logits
            float32[N', B, L], of all fields side by side. N' is the most tokens of a row, or 1.
        """
        tokens, batch = tf.shape(numbers)[0], tf.shape(numbers)[1]
        # The loop takes and gives what belongs to an iteration at once: that is fewer operations.
        numbers = _by_iteration(tf.transpose(numbers, [0, 2, 1]), len(self._sizes))
        more = _by_iteration(tf.range(1, tokens + 1)[:, None] < within.steps[None, :, 0], 1)
        of_iteration = (
            (tf.int32, [TOKENS_PER_TURN, None, len(self._sizes)]),
            (tf.bool, [TOKENS_PER_TURN, None, 1]),
            (tf.float32, [None, TOKENS_PER_TURN * sum(self._sizes)]),
        )
        arrays = [
            tf.TensorArray(dtype, tf.shape(more)[0], element_shape=shape)
            for dtype, shape in of_iteration
        ]

        def goes_on(i: Any, last: _Drawing, *_: Any) -> Any:
            # Once in any case: a session stacks no empty list of tensors.
            return (i < 1) | tf.reduce_any(last.is_going)

        def draw_some(i: Any, last: _Drawing, *arrays: Any) -> tuple[Any, ...]:
            # Weights are read here: what a loop takes from outside costs it four operations.
            reader = self._stack.laid_out()
            deciding, has_next = tf.unstack(tf.gather(numbers, i)), tf.unstack(tf.gather(more, i))
            rows: list[Any] = []
            drawn: list[Any] = []
            logits: list[Any] = []
            for n in range(TOKENS_PER_TURN):
                decided = deciding[n * len(self._sizes) : (n + 1) * len(self._sizes)]
                after, predicted = self._drawn_after(reader, last, within, draw, decided)
                is_drawn = last.is_going & (after.moved_ticks < within.stop_ticks)
                kept = where(is_drawn, (after.rows, after.song), (last.rows, last.song))
                last = _Drawing(*kept, is_drawn & has_next[n], after.moved_ticks)
                rows.append(last.rows)
                drawn.append(is_drawn)
                logits += predicted
            written = tf.stack(rows), tf.stack(drawn), tf.concat(logits, axis=1)
            return i + 1, last, *(a.write(i, x) for a, x in zip(arrays, written, strict=True))

        i, last, *arrays = tf.while_loop(goes_on, draw_some, (0, first, *arrays))
        all_rows, is_drawn, logits = (array.gather(tf.range(i)) for array in arrays)
        tokens = i * TOKENS_PER_TURN
        rows = tf.reshape(tf.where(is_drawn, all_rows, 0), [tokens, batch, len(self._sizes)])
        logits = tf.reshape(logits, [i, batch, TOKENS_PER_TURN, sum(self._sizes)])
        logits = tf.reshape(tf.transpose(logits, [0, 2, 1, 3]), [tokens, batch, sum(self._sizes)])
        lengths = tf.math.count_nonzero(rows[:, :, 0], axis=0, dtype=tf.int32)
        most = tf.maximum(tf.reduce_max(lengths), 1)
        return _Drawing(*last), rows[:most], logits[:most]

    def _drawn_after(
        self, reader: Reader, last: _Drawing, within: _Bounds, draw: Draw, numbers: Sequence[Any]
    ) -> tuple[_Drawing, list[Any]]:
        """Draw a token's fields one after the other, with float32[B, 1] each.

        Returns:
            The next drawing, as if no row rested, and the logits of each field, float32[B, n].
        """
        song, predictors = self._songs.read(reader, last.rows, last.song)
        draws = self._draws(draw)
        is_early = self._advance_ticks + last.moved_ticks < within.start_ticks
        late = predictors.first + tf.cast(is_early, tf.float32) * FORBIDDEN
        logits, values = [predictors.first], [draws[0](late, numbers[0])]
        next_onset: list[Any] = []
        bias: dict[int, Any] = {}
        if self._recall is not None:
            ahead = self._recall.ahead(song.memory, values[0])
            next_onset = reader.next_onset(NextOnset(ahead.place, ahead.sounding))
            bias = {ROLE_FIELD: ahead.role_bias} if self.roles else {self._pitch: ahead.pitch_bias}
            waited = ahead.waited
        else:
            is_first = last.rows[:, :1] < self._numbering.first_rows[0]
            waited = tf.where(is_first, 0, tf.gather(self._advance_ticks, values[0]))
        for f in range(1, len(self._sizes)):
            logits.append(reader.field_logits(f, predictors, values, next_onset))
            values.append(draws[f](logits[-1] + bias.get(f, 0.0), numbers[f]))
            if self._recall is not None and self.roles and f == ROLE_FIELD:
                struck, bias[self._pitch] = self._recall.of_role(song.memory, ahead, values[f])
                next_onset = reader.of_role(next_onset, struck)
        rows = tf.concat(values, axis=1) + self._numbering.first_rows
        drawing = _Drawing(rows, song, last.is_going, last.moved_ticks + waited)
        return drawing, logits

    def _draws(self, draw: Draw) -> list[Callable[[Any, Any], Any]]:
        """Give each field its way of being drawn: pitch, role and an only field are filtered."""
        filtered = {self._pitch, ROLE_FIELD} if self.roles else {self._pitch}
        fields = range(len(self._sizes))
        return [draw.filtered if f in filtered else draw.unfiltered for f in fields]

    @property
    def _pitch(self) -> int:
        """The field that is filtered: the pitch, which the duration follows, or the only one."""
        return max(0, len(self._sizes) - 2)

    def _log_probability(self, logits: Any, rows: Any) -> Any:
        """Give float32[N, B] of logits float32[N, B, L] and the rows int32[N, B, F] drawn."""
        values = tf.maximum(rows - self._numbering.first_rows, 0)
        parts = tf.split(logits, self._sizes, axis=2)
        return tf.add_n(
            [
                tf.gather(tf.nn.log_softmax(part), values[:, :, f], axis=2, batch_dims=2)
                for f, part in enumerate(parts)
            ]
        )


def _by_iteration(values: Any, of_token: int) -> Any:
    """Group values [N, ..., B] of N tokens: [iterations, those of an iteration, B, 1].

    Args:
        values: Any type.
        of_token: How many values a token has for each row.
    """
    iterations = tf.shape(values)[0] // TOKENS_PER_TURN
    batch = tf.shape(values)[-1]
    return tf.reshape(values, [iterations, TOKENS_PER_TURN * of_token, batch, 1])
