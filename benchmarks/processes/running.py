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
        name: As messages call it.
        process: The process.
        log: What it says.
    """

    name: str
    process: "subprocess.Popen[bytes]"
    log: Path

    def wait_until(self, is_ready: Callable[[], bool], patience_s: float = PATIENCE_S) -> None:
        """Wait for what the process should bring about.

        Raises:
            ProcessError: It has ended, or `patience_s` seconds are over.
        """
        until = time.monotonic() + patience_s
        while not is_ready():
            self.check_alive()
            if time.monotonic() > until:
                raise ProcessError(
                    f"{self.name} was not ready after {patience_s:.0f} s; {self._last_words()}"
                )
            time.sleep(_POLL_S)

    def check_alive(self) -> None:
        """Make sure that the process goes on.

        Raises:
            ProcessError: It has ended.
        """
        status = self.process.poll()
        if status is not None:
            raise ProcessError(f"{self.name} ended with status {status}; {self._last_words()}")

    def _last_words(self) -> str:
        lines = self.log.read_text(encoding="utf-8", errors="replace").splitlines()
        return "\n  ".join(("its last words:", *lines[-_LAST_LINES:]))


@contextmanager
def running(
    name: str, arguments: Sequence[str], variables: Mapping[str, str], log: Path
) -> Iterator[Running]:
    """Run Python with these arguments until the block ends.

    Args:
        name: As messages call it.
        arguments: Of the interpreter.
        variables: Of the environment, besides those there are.
        log: Where its output goes.

    Raises:
        ProcessError: The block failed, and the process had ended before it.
    """
    with log.open("wb") as output:
        process = subprocess.Popen(  # noqa: S603  our own programs
            [sys.executable, *arguments],
            cwd=ROOT,
            env={**os.environ, **variables},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # Ctrl-C is ours to hear: it ends when the block does
        )
    ours = Running(name, process, log)
    try:
        yield ours
    except Exception:
        ours.check_alive()  # where it has ended, that is what went wrong
        raise
    finally:
        _end(process)


def free_port() -> int:
    """Find a free TCP port of this machine."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def answers_ok(port: int, path: str) -> bool:
    """Return whether a GET of `path` from this machine's `port` is answered with 200."""
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
