"""``python -m serving``: runs the embedded model server as its own process."""

from __future__ import annotations

import contextlib
import logging
import os
import queue
import signal
import sys

# TensorFlow reads this once, at import. At level 2 it would still log an error on machines without
# a GPU.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
# The 8-bit products of bundles need oneDNN. By default, TensorFlow enables it only on newer
# processors.
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")

from serving import flags
from serving.errors import FlagError, ServingError
from serving.native_log import silence_native_log
from serving.server import LOOPBACK, Server

START_FAILED = 255
"""The exit status of a server that cannot start: TensorFlow Serving returns -1."""


def main() -> int:
    """Serves until SIGTERM, SIGINT or SIGHUP; returns the exit status."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # while models load, Ctrl-C ends it at once
    logging.basicConfig(format="%(asctime)s %(levelname).1s %(message)s", level=logging.INFO)
    logging.getLogger("tensorflow").setLevel(logging.ERROR)
    silence_native_log()
    # An environment variable, since TensorFlow Serving has no flag for the address to listen on.
    host = os.environ.get("MODEL_SERVER_HOST", "").strip() or LOOPBACK
    try:
        server = Server(flags.parse(sys.argv[1:]), host)
        server.load()
    except FlagError as error:
        print(f"serving: {error}", file=sys.stderr)
        return 2
    except ServingError as error:
        print(f"Failed to start server. Error: {error.status}", flush=True)
        return START_FAILED
    stop: queue.SimpleQueue[int] = queue.SimpleQueue()  # an Event deadlocks on a second signal
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:  # as nohup has it
            signal.signal(number, lambda number, _: stop.put(number))
    server.start()
    _wait_for(stop)
    server.stop()
    return 0


def _wait_for(stop: queue.SimpleQueue[int]) -> None:
    # A signal that arrives just before get() blocks does not wake it.
    while True:
        with contextlib.suppress(queue.Empty):
            stop.get(timeout=1)
            return


sys.exit(main())
