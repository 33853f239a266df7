"""Traces by OpenTelemetry, exported as OTLP over HTTP.

OpenTelemetry's own variables hold, such as OTEL_SERVICE_NAME, OTEL_RESOURCE_ATTRIBUTES,
OTEL_TRACES_SAMPLER and OTEL_EXPORTER_OTLP_HEADERS.
"""

import os
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager

from opentelemetry import context, trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import Span, SpanKind, Status, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from api.telemetry.tracing import UNTRACED, CallSpan, RequestSpan, Value

SERVICE = "leitmotif-api"
_PROPAGATOR = TraceContextTextMapPropagator()


class OtlpTracer:
    """A `Tracer` that exports its spans in a thread, and the last ones when the process ends."""

    def __init__(self, endpoint: str) -> None:
        """Prepare to export to `endpoint`, such as http://localhost:4318."""
        named = {} if "OTEL_SERVICE_NAME" in os.environ else {"service.name": SERVICE}
        self._provider = TracerProvider(resource=Resource.create(named))
        exporter = OTLPSpanExporter(endpoint=f"{endpoint.rstrip('/')}/v1/traces")
        self._provider.add_span_processor(BatchSpanProcessor(exporter))
        self._tracer = self._provider.get_tracer("leitmotif")

    def flush(self) -> None:
        """Export all spans that have ended."""
        self._provider.force_flush()

    def request(self, name: str, headers: Mapping[str, str]) -> RequestSpan:
        """Begin the span of a request."""
        caller = _PROPAGATOR.extract(headers, context.Context())
        span = self._tracer.start_span(name, caller, SpanKind.SERVER)
        context.attach(trace.set_span_in_context(span, context.Context()))
        return _Request(span)

    def span(self, name: str, **attributes: Value) -> AbstractContextManager[object]:
        """Trace the work within."""
        if not trace.get_current_span().get_span_context().is_valid:
            return UNTRACED.span(name)
        return self._tracer.start_as_current_span(name, attributes=attributes)

    def call(self, name: str, **attributes: Value) -> AbstractContextManager[CallSpan]:
        """Trace a call of another process."""
        if not trace.get_current_span().get_span_context().is_valid:
            return UNTRACED.call(name)
        return self._call(name, attributes)

    @contextmanager
    def _call(self, name: str, attributes: Mapping[str, Value]) -> Iterator[CallSpan]:
        with self._tracer.start_as_current_span(
            name, kind=SpanKind.CLIENT, attributes=attributes
        ) as span:
            yield _Call(span)


class _Request:
    def __init__(self, span: Span) -> None:
        self._span = span

    def end(self, attributes: Mapping[str, Value], status: int) -> None:
        self._span.set_attributes(attributes)
        if status >= 500:
            self._span.set_status(StatusCode.ERROR)
        self._span.end()
        # Not detached by its token: a response may end in another context than it began in.
        context.attach(context.Context())


class _Call:
    def __init__(self, span: Span) -> None:
        self._span = span

    def metadata(self) -> tuple[tuple[str, str], ...]:
        carrier: dict[str, str] = {}
        _PROPAGATOR.inject(carrier)
        return tuple(carrier.items())

    def respond(self, code: str) -> None:
        self._span.set_attribute("rpc.response.status_code", code)
        if code != "OK":
            self._span.set_status(Status(StatusCode.ERROR, code))
