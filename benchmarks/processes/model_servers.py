"""A model server in this process, and a clock for the calls of any model server."""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np

from api.deadline import Deadline
from api.model_server.port import Model, State, VersionStatus
from api.telemetry.call_record import CallRecord
from benchmarks.models.graph_model import GraphModel, Sampled, SamplingRows, SongStates
from music.codec import padded
from music.composing.model import DecodeRow, Draw, Prompt, SongState, drawn_lengths, draws_of
from music.description import Description


@dataclass
class Clock:
    """The cost of the calls of a model server.

    Attributes:
        seconds: The time in calls so far.
        tokens: The tokens sampled so far.
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

    def called(self, call: CallRecord) -> None:
        """Add a call of a channel."""
        self.seconds += call.duration_s
        self.tokens += call.tokens


class InProcess:
    """A `ModelServer` of one model, in a session of this process."""

    def __init__(self, graph: GraphModel, model: Model, clock: Clock | None = None) -> None:
        """Serve `model` from `graph`, timed by `clock`."""
        self._graph = graph
        self._model = model
        self._clock = clock or Clock()

    def versions(self, game: str, deadline: Deadline) -> tuple[VersionStatus, ...]:
        """Return the one version, which is ready."""
        del game, deadline
        return (VersionStatus(self._model.version, State.AVAILABLE),)

    def describe(self, model: Model, deadline: Deadline) -> Description:
        """Return the model's description."""
        del model, deadline
        with self._clock.running():
            return Description.from_json(self._graph.describe())

    def prefill(self, model: Model, prompt: Prompt, deadline: Deadline) -> SongState:
        """Read a song's prompt."""
        del model, deadline
        with self._clock.running():
            return _only(self._graph.prefill([prompt]))

    def decode(
        self, model: Model, rows: Sequence[DecodeRow], deadline: Deadline
    ) -> tuple[Draw, ...]:
        """Sample the next tokens of songs, of all songs as many at most."""
        del model, deadline
        (most_steps,) = {row.steps for row in rows}
        with self._clock.running():
            sampled = self._graph.decode(
                _joined([row.state for row in rows]),
                [row.position for row in rows],
                most_steps,
                SamplingRows.of([row.sampling for row in rows]),
                ([row.start_ticks for row in rows], [row.stop_ticks for row in rows]),
            )
        lengths = drawn_lengths(sampled.tokens)
        self._clock.tokens += sum(lengths)
        return _draws(sampled, lengths)

    def read(
        self,
        model: Model,
        states: Sequence[SongState],
        tokens: Sequence[Sequence[int]],
        deadline: Deadline,
    ) -> tuple[Draw, ...]:
        """Read the next tokens of songs."""
        del model, deadline
        rows, lengths = padded(tokens)
        with self._clock.running():
            sampled = self._graph.read(_joined(states), rows, lengths)
        return _draws(sampled, lengths)


def _joined(states: Sequence[SongState]) -> SongStates:
    token = np.array([state.token for state in states], np.int32)
    return SongStates(np.stack([state.hidden for state in states]), token)


def _draws(sampled: Sampled, lengths: Sequence[int]) -> tuple[Draw, ...]:
    states = zip(sampled.states.hidden, sampled.states.token, strict=True)
    return draws_of(
        sampled.tokens,
        sampled.log_probability,
        [SongState(hidden, int(token)) for hidden, token in states],
        lengths,
    )


def _only(states: SongStates) -> SongState:
    return SongState(states.hidden[0], int(states.token[0]))
