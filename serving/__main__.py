"""``python -m serving``: the embedded model server as a process of its own."""

from __future__ import annotations

import contextlib
import logging
import os
import queue
import signal
import sys

# Before anything imports TensorFlow, which reads it once. At level 2 it would still report, as an
# error, that a machine without a GPU has none.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
# Bundles multiply in 8 bits where they can, which needs oneDNN. By default, TensorFlow enables it
# on newer processors alone.
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")

from serving import flags
from serving.errors import FlagError, ServingError
from serving.native_log import silence_native_log
from serving.server import LOOPBACK, Server

START_FAILED = 255
"""The exit status of a server that cannot start: TensorFlow Serving returns -1."""


def main() -> int:
    """Serves until SIGTERM, SIGINT or a closed terminal; returns the exit status."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # while models load, Ctrl-C ends it at once
    logging.basicConfig(format="%(asctime)s %(levelname).1s %(message)s", level=logging.INFO)
    logging.getLogger("tensorflow").setLevel(logging.ERROR)
    silence_native_log()
    # No flag of TensorFlow Serving's says where to listen, and its command line stays as it is.
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
    # A signal that comes just before Python goes to sleep in get() does not wake it.
    while True:
        with contextlib.suppress(queue.Empty):
            stop.get(timeout=1)
            return


sys.exit(main())
