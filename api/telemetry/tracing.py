"""Traces: the parts of a request as spans, each with its parent.

Nothing here imports OpenTelemetry; `otlp.py` does, and only a process that exports traces imports
it.
"""

from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import Protocol

TRACE_HEADERS = ("traceparent", "tracestate")  # W3C Trace Context
Value = str | int | float | bool


class RequestSpan(Protocol):
    """The span of a request, which ends with its response."""

    def end(self, attributes: Mapping[str, Value], status: int) -> None:
        """End it.

        Args:
            attributes: What is known by then.
            status: The HTTP status; 500 and above is an error.
        """
        ...


class Tracer(Protocol):
    """Makes spans; safe among threads."""

    def request(self, name: str, headers: Mapping[str, str]) -> RequestSpan:
        """Begin the span of a request, in which this thread works until it ends.

        Args:
            name: The method and the route.
            headers: Those of `TRACE_HEADERS` that the request has; they name the caller's span.
        """
        ...

    def span(self, name: str, **attributes: Value) -> AbstractContextManager[object]:
        """Trace the work within, if it is part of a request."""
        ...

    def call(self, name: str, **attributes: Value) -> AbstractContextManager["CallSpan"]:
        """Trace a call of another process, if it is part of a request."""
        ...


class CallSpan(Protocol):
    """The span of a call of another process."""

    def metadata(self) -> tuple[tuple[str, str], ...]:
        """Return what tells the other process which span called it."""
        ...

    def respond(self, code: str) -> None:
        """Record the name of the status code of the response; OK is none of an error."""
        ...


class _NoSpan:
    def end(self, attributes: Mapping[str, Value], status: int) -> None:
        """Do nothing."""

    def metadata(self) -> tuple[tuple[str, str], ...]:
        return ()

    def respond(self, code: str) -> None:
        """Do nothing."""


class Untraced:
    """A `Tracer` that makes none."""

    def request(self, name: str, headers: Mapping[str, str]) -> RequestSpan:
        """Do nothing."""
        del name, headers
        return _NO_SPAN

    def span(self, name: str, **attributes: Value) -> AbstractContextManager[object]:
        """Do nothing."""
        del name, attributes
        return nullcontext()

    def call(self, name: str, **attributes: Value) -> AbstractContextManager[CallSpan]:
        """Do nothing."""
        del name, attributes
        return nullcontext(_NO_SPAN)


_NO_SPAN = _NoSpan()
UNTRACED = Untraced()


def tracer_of(endpoint: str | None) -> Tracer:
    """Return a tracer that exports to an OTLP endpoint; one that makes no spans without it.

    Make it in the process that uses it, never before a fork: it exports in a thread.
    """
    if endpoint is None:
        return UNTRACED
    from api.telemetry.otlp import OtlpTracer  # noqa: PLC0415  only where traces are exported

    return OtlpTracer(endpoint)
