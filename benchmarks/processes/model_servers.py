"""A model server in this process, and a clock for its calls and for those of a channel."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import grpc
import numpy as np

from api.deadline import Deadline
from api.model_server.metering import sampled_tokens
from api.model_server.port import Model, State, VersionStatus
from benchmarks.models.graph_model import Drawn, GraphModel, SamplingRows, SongStates
from music.codec import PAD
from music.composing.model import Draw, Prompt, Sampling, SongState
from music.description import Description
from proto.model_server_pb2 import GetModelStatusRequest, PredictRequest


@dataclass
class Clock:
    """What the calls of a model server cost.

    Attributes:
        seconds: Spent in calls so far.
        tokens: Sampled so far.
    """

    seconds: float = 0.0
    tokens: int = 0

    @contextmanager
    def running(self) -> Iterator[None]:
        """Add the time spent within."""
        began = time.perf_counter()
        try:
            yield
        finally:
            self.seconds += time.perf_counter() - began


class InProcess:
    """A `ModelServer` of one model, in a session of this process."""

    def __init__(self, graph: GraphModel, model: Model, clock: Clock | None = None) -> None:
        """Answer for `model` out of `graph`, timed by `clock`."""
        self._graph = graph
        self._model = model
        self._clock = clock or Clock()

    def versions(self, game: str, deadline: Deadline) -> tuple[VersionStatus, ...]:
        """Say that the one version is ready."""
        del game, deadline
        return (VersionStatus(self._model.version, State.AVAILABLE),)

    def describe(self, model: Model, deadline: Deadline) -> Description:
        """Let the model say what it is."""
        del model, deadline
        with self._clock.running():
            return Description.from_json(self._graph.describe())

    def prefill(self, model: Model, prompt: Prompt, deadline: Deadline) -> SongState:
        """Read what a song continues."""
        del model, deadline
        with self._clock.running():
            return _only(self._graph.prefill([prompt]))

    def decode(
        self,
        model: Model,
        states: Sequence[SongState],
        *,
        positions: Sequence[int],
        steps: int,
        sampling: Sampling,
        deadline: Deadline,
    ) -> tuple[Draw, ...]:
        """Sample the next `steps` tokens of songs."""
        del model, deadline
        rows = SamplingRows.of([sampling] * len(states))
        self._clock.tokens += steps * len(states)
        with self._clock.running():
            return _draws(self._graph.decode(_joined(states), positions, steps, rows))

    def read(
        self,
        model: Model,
        states: Sequence[SongState],
        tokens: Sequence[Sequence[int]],
        deadline: Deadline,
    ) -> tuple[Draw, ...]:
        """Read the next tokens of songs."""
        del model, deadline
        lengths = [len(row) for row in tokens]
        padded = [[*row, *[PAD] * (max(lengths) - len(row))] for row in tokens]
        with self._clock.running():
            return _draws(self._graph.read(_joined(states), padded, lengths))


class CallClock(grpc.UnaryUnaryClientInterceptor):  # type: ignore[misc]  # gRPC has no types
    """Times the calls of a channel."""

    def __init__(self, clock: Clock) -> None:
        """Measure with `clock`."""
        self._clock = clock

    def intercept_unary_unary(
        self,
        continuation: Callable[..., Any],
        client_call_details: grpc.ClientCallDetails,
        request: PredictRequest | GetModelStatusRequest,
    ) -> Any:
        """Make the call and time it."""
        self._clock.tokens += sampled_tokens(request)
        with self._clock.running():
            return continuation(client_call_details, request)


def _joined(states: Sequence[SongState]) -> SongStates:
    token = np.array([state.token for state in states], np.int32)
    return SongStates(np.stack([state.hidden for state in states]), token)


def _draws(drawn: Drawn) -> tuple[Draw, ...]:
    columns = (drawn.tokens, drawn.log_probability, drawn.states.hidden, drawn.states.token)
    return tuple(
        Draw(tokens, log_probability, SongState(hidden, int(token)))
        for tokens, log_probability, hidden, token in zip(*columns, strict=True)
    )


def _only(states: SongStates) -> SongState:
    return SongState(states.hidden[0], int(states.token[0]))
