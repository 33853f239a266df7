"""A real Redis, on a free port of this machine."""

import shutil
import signal
import socket
import subprocess
import time
from contextlib import contextmanager

import pytest

from tests.api.processes import free_port

PASSWORD = "a-password-of-redis"  # noqa: S105  of the test's own


@contextmanager
def redis_server(folder, port=None):
    """Run redis-server, which keeps nothing on disk; gives its port."""
    program = shutil.which("redis-server")
    if program is None:
        pytest.skip("redis-server is not installed (apt-get install redis-server)")
    port = port or free_port()
    options = ("--bind", "127.0.0.1", "--port", str(port), "--requirepass", PASSWORD, "--save", "")
    with subprocess.Popen(
        [program, *options], cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        try:
            _wait_for_port(port, process)
            yield port
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(timeout=30)


def url_of(port):
    return f"redis://:{PASSWORD}@127.0.0.1:{port}/0"


def _wait_for_port(port, process):
    for _ in range(600):
        assert process.poll() is None, "redis-server has ended"
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError("redis-server does not listen")
