"""The access log: one line per request, without text from the caller; and its metrics."""

import logging
from typing import Any

from flask import Flask, Response, g, request

from api.telemetry import request_id
from api.telemetry.metrics import Metrics
from api.telemetry.request_record import RequestRecord, record
from api.version import HEADER as VERSION_HEADER
from api.version import VERSION

_LOG = logging.getLogger(__name__)


def log_requests(app: Flask, metrics: Metrics) -> None:
    """Log and count every request of an app after its response, a stream after its end.

    Requests for pages and their files are counted, not logged: a page takes twenty of them.
    """

    def finish(finished: RequestRecord) -> None:
        level = logging.DEBUG if finished.is_static else logging.INFO
        _LOG.log(level, "request", extra={"members": _members(finished)})
        metrics.answered(finished)

    def begin() -> None:
        g.record = RequestRecord.begin(request)

    def answered(response: Response) -> Response:
        about = record()
        about.status = response.status_code
        response.headers[request_id.HEADER] = about.request_id
        response.headers[VERSION_HEADER] = VERSION
        if about.ended is None:
            finish(about)
        else:
            response.call_on_close(lambda: finish(about))
        return response

    app.before_request(begin)
    app.after_request(answered)


def _members(finished: RequestRecord) -> dict[str, Any]:
    said = {
        "request_id": finished.request_id,
        "method": finished.method,
        "route": finished.route,
        "client": finished.client,
        "status": finished.status,
        "duration_ms": round(1000 * finished.duration_s, 1),
        "game": finished.game,
        "format": finished.form,
        "seed": finished.seed,
        "version": finished.version,
        "notes": finished.notes,
        "ended": finished.ended,
    }
    return {name: value for name, value in said.items() if value not in (None, "")}
