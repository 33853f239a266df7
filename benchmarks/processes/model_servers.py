"""What stands in for the API's own model client: none but a session, or one with a clock."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

from api.deadline import Deadline
from api.model_server.port import (
    Draw,
    Model,
    ModelServer,
    Prompt,
    Sampling,
    SongState,
    State,
    VersionStatus,
)
from benchmarks.models.graph_model import GraphModel, SamplingRows, SongStates
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
        state: SongState,
        *,
        position: int,
        steps: int,
        sampling: Sampling,
        deadline: Deadline,
    ) -> Draw:
        """Draw the next `steps` tokens of a song that has drawn `position` so far."""
        del model, deadline
        states = SongStates(state.hidden[None], np.array([state.token], np.int32))
        drawn = self._graph.decode(states, position, steps, SamplingRows.of([sampling]))
        return Draw(drawn.tokens[0], drawn.log_probability[0], _only(drawn.states))


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
        state: SongState,
        *,
        position: int,
        steps: int,
        sampling: Sampling,
        deadline: Deadline,
    ) -> Draw:
        """Pass it on."""
        self.tokens += steps
        with self._counted():
            return self._server.decode(
                model,
                state,
                position=position,
                steps=steps,
                sampling=sampling,
                deadline=deadline,
            )

    @contextmanager
    def _counted(self) -> Iterator[None]:
        began = time.perf_counter()
        try:
            yield
        finally:
            self.seconds += time.perf_counter() - began


def _only(states: SongStates) -> SongState:
    return SongState(states.hidden[0], int(states.token[0]))
