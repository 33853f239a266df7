"""gunicorn's worker, of whose threads a slow caller holds none for ever."""

import signal
import socket
import time
from contextlib import suppress
from typing import Any

from gunicorn.workers.gthread import TConn, ThreadWorker

from api import request_id

# For a caller to send a request and to take its answer, beside the time of composing: 116 MB, which
# the longest WAV file is, at 8 Mbit/s.
TRANSFER_SECONDS = 120


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

    def handle(self, conn: TConn) -> Any:
        """Answer a request, in a thread."""
        self._held_until_s[conn] = time.monotonic() + self.cfg.timeout + TRANSFER_SECONDS
        try:
            return super().handle(conn)
        finally:
            del self._held_until_s[conn]
            request_id.end()

    def notify(self) -> None:
        """Cut what holds a thread for too long; the main loop comes by here every second."""
        super().notify()
        now_s = time.monotonic()
        for conn, until_s in tuple(self._held_until_s.items()):
            if until_s < now_s:
                with suppress(OSError):  # it has gone by itself
                    conn.sock.shutdown(socket.SHUT_RDWR)  # ends whatever the thread waits for
