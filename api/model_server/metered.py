"""A model server that counts and times its calls."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from api.deadline import Deadline
from api.errors import ModelServerError
from api.model_server.port import Model, ModelServer, VersionStatus
from api.telemetry.metrics import Metrics, Stage
from music.composing.model import Draw, Prompt, Sampling, SongState
from music.description import Description


class MeasuredModelServer:
    """Forwards to another `ModelServer` and records metrics; raises as that does."""

    def __init__(self, asked: ModelServer, metrics: Metrics) -> None:
        """Forward all calls to `asked`."""
        self._asked = asked
        self._metrics = metrics

    def versions(self, game: str, deadline: Deadline) -> tuple[VersionStatus, ...]:
        """Say what versions of a game's model there are."""
        with self._counted("versions"):
            return self._asked.versions(game, deadline)

    def describe(self, model: Model, deadline: Deadline) -> Description:
        """Let a model say what it is."""
        with self._counted("describe"):
            return self._asked.describe(model, deadline)

    def prefill(self, model: Model, prompt: Prompt, deadline: Deadline) -> SongState:
        """Read what a song continues."""
        with self._counted("prefill"), self._metrics.timed(Stage.PREFILL):
            return self._asked.prefill(model, prompt, deadline)

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
        """Sample the next tokens of songs."""
        with self._counted("decode"), self._metrics.timed(Stage.DECODE):
            draws = self._asked.decode(
                model,
                states,
                positions=positions,
                steps=steps,
                sampling=sampling,
                deadline=deadline,
            )
        self._metrics.drew(model.game, steps * len(states))
        return draws

    def read(
        self,
        model: Model,
        states: Sequence[SongState],
        tokens: Sequence[Sequence[int]],
        deadline: Deadline,
    ) -> tuple[Draw, ...]:
        """Read the next tokens of songs."""
        with self._counted("read"), self._metrics.timed(Stage.PREFILL):
            return self._asked.read(model, states, tokens, deadline)

    @contextmanager
    def _counted(self, call: str) -> Iterator[None]:
        code = "OK"
        try:
            yield
        except ModelServerError as error:
            code = error.code
            raise
        finally:
            self._metrics.called(call, code)
