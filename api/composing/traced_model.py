"""Spans of what composing does: its calls of a model, and its work between them."""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager

from api.telemetry.tracing import Tracer
from music.composing.model import DecodeRow, Draw, Model, Prompt, SongState
from music.composing.observer import Observer, Work


class Attempts:
    """Counts the attempts at a song's current chunk: one call of `decode` each."""

    def __init__(self) -> None:
        """Begin with the first attempt at the first chunk."""
        self._number = 0
        self._is_retry = False

    def next(self) -> int:
        """Return the number of the attempt that begins, from 1."""
        self._number = self._number + 1 if self._is_retry else 1
        self._is_retry = False
        return self._number

    def fail(self) -> None:
        """Let the next attempt be one at the same chunk."""
        self._is_retry = True


class TracedModel:
    """A `Model` whose calls are traced; a state from a cache takes no call of the model server."""

    def __init__(self, model: Model, tracer: Tracer, attempts: Attempts) -> None:
        """Trace the calls of `model`."""
        self._model = model
        self._tracer = tracer
        self._attempts = attempts

    def prefill(self, prompt: Prompt) -> SongState:
        """Read what a song continues."""
        with self._tracer.span("prefill", **{"leitmotif.tokens": len(prompt.tokens)}):
            return self._model.prefill(prompt)

    def decode(self, rows: Sequence[DecodeRow]) -> tuple[Draw, ...]:
        """Sample the next tokens of songs, of all candidates in one way."""
        attributes = {
            "leitmotif.attempt": self._attempts.next(),
            "leitmotif.candidates": len(rows),
            "leitmotif.steps": rows[0].steps,
            "leitmotif.temperature": rows[0].sampling.temperature,
        }
        with self._tracer.span("decode", **attributes):
            return self._model.decode(rows)

    def read(
        self, states: Sequence[SongState], tokens: Sequence[Sequence[int]]
    ) -> tuple[Draw, ...]:
        """Read the next tokens of songs."""
        attributes = {
            "leitmotif.candidates": len(states),
            "leitmotif.tokens": sum(map(len, tokens)),
        }
        with self._tracer.span("read", **attributes):
            return self._model.read(states, tokens)


class TracedWork:
    """An `Observer` that traces the work between calls, and counts attempts."""

    def __init__(self, observer: Observer, tracer: Tracer, attempts: Attempts) -> None:
        """Report to `observer` as well."""
        self._observer = observer
        self._tracer = tracer
        self._attempts = attempts

    def timed(self, work: Work) -> AbstractContextManager[object]:
        """Trace and time the work within."""
        return self._traced(work)

    @contextmanager
    def _traced(self, work: Work) -> Iterator[None]:
        with self._tracer.span(work), self._observer.timed(work):
            yield

    def resampled(self) -> None:
        """Count a chunk that is resampled."""
        self._attempts.fail()
        self._observer.resampled()
