"""Processes that a benchmark starts, waits for and always ends."""

import http.client
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.errors import ProcessError

ROOT = Path(__file__).parents[2]
PATIENCE_S = 120.0
_POLL_S = 0.1
_LAST_LINES = 15


@dataclass(frozen=True)
class Running:
    """A process of ours.

    Attributes:
        name: The name in messages.
        process: The process.
        log: The file with its output.
    """

    name: str
    process: "subprocess.Popen[bytes]"
    log: Path

    def wait_until(self, is_ready: Callable[[], bool], patience_s: float = PATIENCE_S) -> None:
        """Wait until the process is ready.

        Raises:
            ProcessError: It has ended, or `patience_s` seconds are over.
        """
        until = time.monotonic() + patience_s
        while not is_ready():
            self.check_alive()
            if time.monotonic() > until:
                raise ProcessError(
                    f"{self.name} was not ready after {patience_s:.0f} s; {self._last_lines()}"
                )
            time.sleep(_POLL_S)

    def check_alive(self) -> None:
        """Check that the process is running.

        Raises:
            ProcessError: It has ended.
        """
        status = self.process.poll()
        if status is not None:
            raise ProcessError(f"{self.name} ended with status {status}; {self._last_lines()}")

    def _last_lines(self) -> str:
        lines = self.log.read_text(encoding="utf-8", errors="replace").splitlines()
        return "\n  ".join(("its last lines:", *lines[-_LAST_LINES:]))


@contextmanager
def running(
    name: str, arguments: Sequence[str], variables: Mapping[str, str], log: Path
) -> Iterator[Running]:
    """Run Python with these arguments until the block ends.

    Args:
        name: The name in messages.
        arguments: The arguments of the interpreter.
        variables: Additional environment variables.
        log: The file for its output.

    Raises:
        ProcessError: The block failed because the process had ended.
    """
    with log.open("wb") as output:
        process = subprocess.Popen(  # noqa: S603  our own programs
            [sys.executable, *arguments],
            cwd=ROOT,
            env={**os.environ, **variables},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # only this process gets Ctrl-C, and ends the other
        )
    ours = Running(name, process, log)
    try:
        yield ours
    except Exception:
        ours.check_alive()  # if it has ended, that is the cause
        raise
    finally:
        _end(process)


def free_port() -> int:
    """Find a free TCP port of this machine."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def responds_ok(port: int, path: str) -> bool:
    """Return whether the response to a GET of `path` on this machine's `port` is a 200."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == http.client.OK
    except OSError:
        return False
    finally:
        connection.close()


def _end(process: "subprocess.Popen[bytes]") -> None:
    process.terminate()
    try:
        process.wait(timeout=20)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
