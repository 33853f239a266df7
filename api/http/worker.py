"""gunicorn's worker, of whose threads a slow caller holds none for ever."""

import json
import os
import signal
import socket
import time
from contextlib import suppress
from http import HTTPStatus
from typing import Any

from gunicorn import util
from gunicorn.http.errors import (
    ExpectationFailed,
    InvalidResponseHeader,
    InvalidResponseHeaderName,
    LimitRequestHeaders,
    LimitRequestLine,
    ParseException,
    UnsupportedTransferCoding,
)
from gunicorn.workers.gthread import TConn, ThreadWorker

from api.http.problems import MEDIA_TYPE, PLAIN_DETAILS, as_members, plain_problem
from api.telemetry import request_id

# For a caller to send a request and to take its answer, beside the time of composing: 116 MB, which
# the longest WAV file is, at 8 Mbit/s.
TRANSFER_SECONDS = 120
_OURS = InvalidResponseHeader, InvalidResponseHeaderName
# What gunicorn refuses before the app sees it; everything else of its parser is a 400.
_REFUSALS: dict[type[ParseException], tuple[HTTPStatus, str]] = {
    LimitRequestLine: (
        HTTPStatus.REQUEST_URI_TOO_LONG,
        "The request line is too long; send the parameters in the body.",
    ),
    LimitRequestHeaders: (
        HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
        "A header is too long, or there are too many.",
    ),
    ExpectationFailed: (
        HTTPStatus.EXPECTATION_FAILED,
        "The only expectation that is met is 100-continue.",
    ),
    UnsupportedTransferCoding: (
        HTTPStatus.NOT_IMPLEMENTED,
        "The only transfer coding that is read is chunked.",
    ),
}
_MALFORMED = HTTPStatus.BAD_REQUEST, "This is not a request of HTTP/1.1."


class Worker(ThreadWorker):  # type: ignore[misc]  # gunicorn has no types
    """A worker with threads, which cuts connections that hold one for too long.

    gunicorn's own timeout is for workers that hang; a caller who stalls while sending a request or
    taking an answer would hold a thread as long as they like.
    """

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._held_until_s: dict[TConn, float] = {}

    def init_signals(self) -> None:
        """Leave it to the parent what a closed terminal means; this may finish its songs."""
        super().init_signals()
        signal.signal(signal.SIGHUP, signal.SIG_IGN)

    def handle_quit(self, _sig: int, _frame: Any) -> None:
        """End at once, songs in flight included.

        Python would wait for their threads, which wait for a model server that Ctrl-C has ended,
        too. gunicorn's own handler takes the lock of its thread pool, and hangs if a second signal
        arrives meanwhile.
        """
        os._exit(0)

    def handle(self, conn: TConn) -> Any:
        """Answer a request, in a thread."""
        self._held_until_s[conn] = time.monotonic() + self.cfg.timeout + TRANSFER_SECONDS
        try:
            return super().handle(conn)
        finally:
            del self._held_until_s[conn]
            request_id.end()

    def handle_error(self, _req: Any, client: socket.socket, addr: Any, exc: Exception) -> None:
        """Answer what never reaches the app, with problem details as the app does."""
        if not isinstance(exc, ParseException) or isinstance(exc, _OURS):
            self.log.error("a bug", exc_info=exc)
            status = HTTPStatus.INTERNAL_SERVER_ERROR
            _refuse(client, status, PLAIN_DETAILS[status])
            return
        self.log.warning("Invalid request from ip=%s: %s", addr[0] if addr else "", exc)
        _refuse(client, *_REFUSALS.get(type(exc), _MALFORMED))

    def notify(self) -> None:
        """Cut what holds a thread for too long; the main loop comes by here every second."""
        super().notify()
        now_s = time.monotonic()
        for conn, until_s in tuple(self._held_until_s.items()):
            if until_s < now_s:
                with suppress(OSError):  # it is gone already
                    conn.sock.shutdown(socket.SHUT_RDWR)  # ends whatever the thread waits for


def _refuse(client: socket.socket, status: HTTPStatus, detail: str) -> None:
    content = json.dumps(as_members(plain_problem(status), detail, {}))
    head = (
        f"HTTP/1.1 {status.value} {status.phrase}\r\nConnection: close\r\n"
        f"Content-Type: {MEDIA_TYPE}\r\nContent-Length: {len(content)}\r\n\r\n"
    )
    with suppress(OSError):  # the caller has disconnected
        util.write_nonblock(client, (head + content).encode("ascii"))
