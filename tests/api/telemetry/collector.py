"""An OTLP receiver in this process, as a collector of OpenTelemetry is."""

import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)


@dataclass
class Collector:
    """What was received.

    Attributes:
        url: Where it listens.
        spans: Of all services.
        services: The names of the services that sent them.
    """

    url: str = ""
    spans: list = field(default_factory=list)
    services: set = field(default_factory=set)

    def named(self, name):
        return sorted(
            (span for span in self.spans if span.name == name),
            key=lambda span: span.start_time_unix_nano,
        )

    def one(self, name):
        (span,) = self.named(name)
        return span

    def parent(self, span):
        """Return the span that is the parent of another; None of one that has none here."""
        found = [other for other in self.spans if other.span_id == span.parent_span_id]
        return found[0] if found else None

    def parents(self, name):
        """Return the names of the parents of all spans of a name."""
        return {getattr(self.parent(span), "name", None) for span in self.named(name)}


def attributes(span):
    """Return what a span says, by name, without our prefix."""
    return {
        each.key.removeprefix("leitmotif."): getattr(each.value, each.value.WhichOneof("value"))
        for each in span.attributes
    }


@contextmanager
def collecting():
    """Listen during the block; gives the collector."""
    collector = Collector()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            request = ExportTraceServiceRequest.FromString(
                self.rfile.read(int(self.headers["Content-Length"]))
            )
            assert self.path == "/v1/traces"
            for resource in request.resource_spans:
                collector.services |= {
                    each.value.string_value
                    for each in resource.resource.attributes
                    if each.key == "service.name"
                }
                for scope in resource.scope_spans:
                    collector.spans += scope.spans
            body = ExportTraceServiceResponse().SerializeToString()
            self.send_response(200)
            self.send_header("Content-Type", "application/x-protobuf")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        collector.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield collector
        finally:
            server.shutdown()
            thread.join()
