"""What stands in for the API's own model client: none but a session, or one with a clock."""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import numpy as np

from api.deadline import Deadline
from api.model_server.port import Model, ModelServer, State, VersionStatus
from benchmarks.models.graph_model import Drawn, GraphModel, SamplingRows, SongStates
from music.codec import PAD
from music.composing.model import Draw, Prompt, Sampling, SongState
from music.description import Description


class InProcess:
    """A `ModelServer` of one model, in a session of this process."""

    def __init__(self, graph: GraphModel, model: Model) -> None:
        """Answer for `model` out of `graph`."""
        self._graph = graph
        self._model = model

    def versions(self, game: str, deadline: Deadline) -> tuple[VersionStatus, ...]:
        """Say that the one version is ready."""
        del game, deadline
        return (VersionStatus(self._model.version, State.AVAILABLE),)

    def describe(self, model: Model, deadline: Deadline) -> Description:
        """Let the model say what it is."""
        del model, deadline
        return Description.from_json(self._graph.describe())

    def prefill(self, model: Model, prompt: Prompt, deadline: Deadline) -> SongState:
        """Read what a song continues."""
        del model, deadline
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
        return _draws(self._graph.read(_joined(states), padded, lengths))


class Clocked:
    """A `ModelServer` that counts what another one does.

    Attributes:
        seconds: Spent in calls so far.
        tokens: Drawn so far.
    """

    def __init__(self, server: ModelServer) -> None:
        """Pass every call on to `server`."""
        self._server = server
        self.seconds = 0.0
        self.tokens = 0

    def versions(self, game: str, deadline: Deadline) -> tuple[VersionStatus, ...]:
        """Pass it on."""
        with self._counted():
            return self._server.versions(game, deadline)

    def describe(self, model: Model, deadline: Deadline) -> Description:
        """Pass it on."""
        with self._counted():
            return self._server.describe(model, deadline)

    def prefill(self, model: Model, prompt: Prompt, deadline: Deadline) -> SongState:
        """Pass it on."""
        with self._counted():
            return self._server.prefill(model, prompt, deadline)

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
        """Pass it on."""
        self.tokens += steps * len(states)
        with self._counted():
            return self._server.decode(
                model,
                states,
                positions=positions,
                steps=steps,
                sampling=sampling,
                deadline=deadline,
            )

    def read(
        self,
        model: Model,
        states: Sequence[SongState],
        tokens: Sequence[Sequence[int]],
        deadline: Deadline,
    ) -> tuple[Draw, ...]:
        """Pass it on."""
        with self._counted():
            return self._server.read(model, states, tokens, deadline)

    @contextmanager
    def _counted(self) -> Iterator[None]:
        began = time.perf_counter()
        try:
            yield
        finally:
            self.seconds += time.perf_counter() - began


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
