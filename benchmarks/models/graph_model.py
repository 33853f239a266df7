"""A bundle in this process, in a graph-mode session, as TensorFlow Serving runs it.

B batch, T time, S the state's width.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray
from tensorflow.core.protobuf import config_pb2

from music.composing.model import NO_STOP, Prompt, Sampling


@dataclass(frozen=True, eq=False)
class SamplingRows:
    """The sampling settings of B songs.

    Attributes:
        temperature: float32[B].
        top_k: int32[B].
        top_p: float32[B].
        seed: int32[B, 2].
    """

    temperature: NDArray[np.float32]
    top_k: NDArray[np.int32]
    top_p: NDArray[np.float32]
    seed: NDArray[np.int32]

    @classmethod
    def of(cls, samplings: Sequence[Sampling]) -> Self:
        """Create them from the settings of each song."""
        return cls(
            np.array([each.temperature for each in samplings], np.float32),
            np.array([each.top_k for each in samplings], np.int32),
            np.array([each.top_p for each in samplings], np.float32),
            np.array([each.seed_words for each in samplings], np.int32),
        )


@dataclass(frozen=True, eq=False)
class SongStates:
    """The states of B songs.

    Attributes:
        hidden: float32[B, S].
        token: int32[B], the last tokens, which the network has not read yet.
    """

    hidden: NDArray[np.float32]
    token: NDArray[np.int32]


@dataclass(frozen=True, eq=False)
class Sampled:
    """The sampled continuations of B songs.

    Attributes:
        tokens: int32[B, steps].
        log_probability: float32[B, steps].
        states: The states after these tokens.
    """

    tokens: NDArray[np.int32]
    log_probability: NDArray[np.float32]
    states: SongStates


class GraphModel:
    """A bundle's signatures, called without a server, with the threads of `make serve`."""

    def __init__(self, folder: Path, *, on_cpu: bool = False) -> None:
        """Load a bundle, onto the GPU if there is one and `on_cpu` does not forbid it."""
        config = tf.compat.v1.ConfigProto(
            intra_op_parallelism_threads=1,
            inter_op_parallelism_threads=-1,
            device_count={"GPU": 0} if on_cpu else None,
        )
        self._session = tf.compat.v1.Session(graph=tf.Graph(), config=config)
        with self._session.graph.as_default():
            loaded = tf.compat.v1.saved_model.load(self._session, ["serve"], str(folder))
        signatures = loaded.signature_def
        self._describe = self._call(signatures["describe"], ("probe",), ("bundle",))
        start = ("tokens", "lengths", "bar_ticks", "place_ticks")
        self._predict = self._call(signatures["serving_default"], start, ("probabilities",))
        self._prefill = self._call(signatures["prefill"], start, ("state", "token"))
        self._decode = self._call(
            signatures["decode"],
            (
                *("token", "state", "position", "steps", "start_ticks", "stop_ticks"),
                *("temperature", "top_k", "top_p", "seed"),
            ),
            ("tokens", "log_probability", "state", "token"),
        )
        self._read = self._call(
            signatures["read"],
            ("token", "state", "tokens", "lengths"),
            ("log_probability", "state", "token"),
        )

    def close(self) -> None:
        """Free the weights."""
        self._session.close()

    def describe(self) -> bytes:
        """Return the bundle's description, JSON."""
        (texts,) = self._describe(np.zeros(1, np.int32))
        return bytes(texts[0])

    def distribution(self, prompt: Prompt) -> NDArray[np.float32]:
        """Return the probabilities float32[V] of the token after a prompt."""
        (probabilities,) = self._predict(*_start_of([prompt]))
        distribution: NDArray[np.float32] = probabilities[0]
        return distribution

    def prefill(self, prompts: Sequence[Prompt]) -> SongStates:
        """Read the prompts of B songs, of equal length."""
        return SongStates(*self._prefill(*_start_of(prompts)))

    def decode(
        self,
        states: SongStates,
        positions: Sequence[int],
        steps: int,
        sampling: SamplingRows,
        bounds: tuple[Sequence[int], Sequence[int]] | None = None,
    ) -> Sampled:
        """Sample the next tokens of songs: `steps` of them, unless `bounds` end a song earlier.

        Args:
            states: Of B songs.
            positions: For each song, the number of its next token.
            steps: How many at most.
            sampling: How.
            bounds: The start ticks and the stop ticks of each song, as `Model.decode` takes them.
        """
        batch = len(states.token)
        start_ticks, stop_ticks = bounds or ([0] * batch, [NO_STOP] * batch)
        tokens, log_probability, hidden, token = self._decode(
            states.token,
            states.hidden,
            np.array(positions, np.int32),
            np.full(batch, steps, np.int32),
            np.array(start_ticks, np.int32),
            np.array(stop_ticks, np.int32),
            sampling.temperature,
            sampling.top_k,
            sampling.top_p,
            sampling.seed,
        )
        return Sampled(tokens, log_probability, SongStates(hidden, token))

    def read(
        self, states: SongStates, tokens: NDArray[np.int32], lengths: Sequence[int]
    ) -> Sampled:
        """Read the next tokens of songs; each row has its own length."""
        log_probability, hidden, token = self._read(
            states.token, states.hidden, tokens, np.array(lengths, np.int32)
        )
        return Sampled(tokens, log_probability, SongStates(hidden, token))

    def _call(
        self, signature: Any, inputs: Sequence[str], outputs: Sequence[str]
    ) -> Callable[..., list[Any]]:
        # As in the embedded model server: Session.run() would look up every tensor each time.
        options = config_pb2.CallableOptions(
            feed=[signature.inputs[name].name for name in inputs],
            fetch=[signature.outputs[name].name for name in outputs],
        )
        call: Callable[..., list[Any]] = self._session._make_callable_from_options(options)  # noqa: SLF001
        return call


def _start_of(prompts: Sequence[Prompt]) -> list[NDArray[np.int32]]:
    """Return the inputs of `prefill` and `serving_default` for prompts of equal length."""
    inputs = (
        [prompt.tokens for prompt in prompts],
        [len(prompt.tokens) for prompt in prompts],
        [prompt.bar_ticks for prompt in prompts],
        [prompt.place_ticks for prompt in prompts],
    )
    return [np.array(values, np.int32) for values in inputs]
