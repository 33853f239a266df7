"""The spans of requests for songs, from the request to the end of its response."""

from flask import Flask, Response, g, request

from api.telemetry.request_record import RequestRecord, record
from api.telemetry.tracing import TRACE_HEADERS, RequestSpan, Tracer, Value


def trace_requests(app: Flask, endpoint: str, tracer: Tracer) -> None:
    """Trace the requests of an endpoint of an app. Call it after `log_requests`."""

    def begin() -> None:
        if request.endpoint == endpoint:
            about = record()
            caller = {
                name: request.headers[name] for name in TRACE_HEADERS if name in request.headers
            }
            g.span = tracer.request(f"{about.method} {about.route}", caller)

    def respond(response: Response) -> Response:
        if "span" in g:
            span: RequestSpan = g.span
            about = record()
            status = response.status_code
            response.call_on_close(lambda: span.end(_attributes(about, status), status))
        return response

    app.before_request(begin)
    app.after_request(respond)


def _attributes(about: RequestRecord, status: int) -> dict[str, Value]:
    known: dict[str, Value | None] = {
        "http.request.method": about.method,
        "http.route": about.route,
        "http.response.status_code": status,
        "leitmotif.request_id": about.request_id,
        "leitmotif.game": about.game or None,
        "leitmotif.format": about.form or None,
        "leitmotif.seed": about.seed,
        "leitmotif.version": about.version,
        "leitmotif.notes": about.notes,
        "leitmotif.ended": about.ended,
    }
    return {name: value for name, value in known.items() if value is not None}
