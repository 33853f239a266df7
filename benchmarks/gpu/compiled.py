"""`decode` compiled by XLA for one number of songs and of steps; bundles do not contain it yet."""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from benchmarks.models.song_sampling import default_sampling
from music.composing.continuation import EMPTY_PROMPT
from music.composing.model import NO_STOP
from training.export.decoder import Drawn, Network
from training.export.quantised_matmul import Float32Product
from training.export.sampling import Draw, Sampling
from training.export.song_reader import where


class FixedNetwork(Network):
    """A network whose `decode` has arrays of a fixed length, as XLA needs them."""

    def __init__(self, model: keras.Model, advance_ticks: NDArray[np.int32], steps: int) -> None:
        """Take a network, as `Network` does, and the steps of every call."""
        super().__init__(model, Float32Product, advance_ticks)
        self._steps = steps

    def _drawn_all(self, first: Any, within: Any, numbers: Any, draw: Draw) -> tuple[Any, Any, Any]:
        batch, steps = first.rows.shape[0], self._steps
        rows = tf.zeros((steps, batch, len(self._sizes)), tf.int32)
        logits = tf.zeros((steps, batch, sum(self._sizes)))
        reader = self._stack.laid_out()

        def draw_one(i: Any, last: Any, rows: Any, logits: Any) -> tuple[Any, ...]:
            decided = tf.split(numbers[i], len(self._sizes), axis=1)
            after, predicted = self._drawn_after(reader, last, within, draw, decided)
            is_drawn = last.is_going & (after.moved_ticks < within.stop_ticks)
            written = tf.where(is_drawn, after.rows, 0)
            last = last._replace(
                rows=tf.where(is_drawn, after.rows, last.rows),
                song=where(is_drawn, after.song, last.song),
                is_going=is_drawn & (i + 1 < within.steps),
                moved_ticks=after.moved_ticks,
            )
            rows = tf.tensor_scatter_nd_update(rows, [[i]], [written])
            logits = tf.tensor_scatter_nd_update(logits, [[i]], [tf.concat(predicted, axis=1)])
            return i + 1, last, rows, logits

        _, last, rows, logits = tf.while_loop(
            lambda i, *_: i < steps, draw_one, (0, first, rows, logits)
        )
        return type(first)(*last), rows, logits


def compiled_decode(
    model: keras.Model, advance_ticks: NDArray[np.int32], batch: int, steps: int
) -> Callable[[], Drawn]:
    """Return a function that samples the beginnings of songs from their empty states.

    Args:
        model: The network; its products are in float32.
        advance_ticks: As `Network` takes it.
        batch: The number of songs, with the seeds from 0 on and the default sampling.
        steps: Tokens of each.
    """
    network = FixedNetwork(model, advance_ticks, steps)
    each = default_sampling(0)
    seeds = tf.constant([default_sampling(seed).seed_words for seed in range(batch)], tf.int32)

    def filled(value: int) -> Any:
        return tf.constant(np.full(batch, value, np.int32))

    # Compiled with values that a caller would choose: no operation is left out for them.
    sampling = Sampling(
        tf.Variable(np.full(batch, each.temperature, np.float32)),
        tf.Variable(np.full(batch, each.top_k, np.int32)),
        tf.Variable(np.full(batch, each.top_p, np.float32)),
    )
    bounds = filled(steps), filled(0), filled(NO_STOP)

    def decode(token: Any, state: Any, seed: Any) -> Any:
        drawn = network.decode(token, state, filled(0), *bounds, sampling, seed)
        return drawn.tokens, drawn.log_probability, drawn.state, drawn.token

    compiled = tf.function(decode, jit_compile=True)
    prompt = EMPTY_PROMPT
    start = filled(prompt.tokens[0])[:, None], filled(1)
    state, token = network.prefill(*start, filled(prompt.bar_ticks), filled(prompt.place_ticks))

    def run() -> Drawn:
        return Drawn(*(each.numpy() for each in compiled(token, state, seeds)))

    return run
