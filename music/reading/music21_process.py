"""Runs music21 in a separate process, so that a malicious score cannot exhaust ours.

A time signature of 999999999/1 takes all available memory, and some short texts take minutes.
"""

import atexit
import os
import resource
import subprocess
import sys
from multiprocessing.connection import Connection, Pipe
from threading import Lock, Timer

from music.errors import UnreadablePieceError
from music.reading.measures import Measure

MOST_SECONDS = 60  # of CPU time per score; the longest in music21's corpus take ten
# For a process that stops without using CPU time, as after an allocation that failed in a library.
MOST_WAITING_S = 180
_MOST_BYTES = 2**30
_START = "import sys; from music.reading.music21_process import serve; serve(int(sys.argv[1]))"


class ScoreTooHardError(UnreadablePieceError):
    """music21 took too much time or memory for a score."""


class Music21Process:
    """A process that reads scores; it starts on first use, and restarts after it has ended."""

    def __init__(self) -> None:
        """Prepare without starting the process."""
        self._lock = Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._connection: Connection[object, object] | None = None

    def read_measures(self, text: str, music21_format: str) -> list[Measure]:
        """Read a score as `music21_scores.read_measures` does, in bounded time and memory.

        Raises:
            UnreadablePieceError: music21 cannot read it.
            ScoreTooHardError: It took too much time or memory.
        """
        with self._lock:
            process, connection = self._process_and_connection()
            limit = Timer(MOST_WAITING_S, process.kill)  # which ends the connection
            limit.daemon = True
            limit.start()
            try:
                connection.send((text, music21_format))
                found = connection.recv()
            except (EOFError, OSError) as error:
                self.close()
                raise ScoreTooHardError(
                    f"music21 takes more than {MOST_SECONDS} s or {_MOST_BYTES // 2**20} MB for it"
                ) from error
            except BaseException:  # a late response must not be taken for that to the next score
                self.close()
                raise
            finally:
                limit.cancel()
        if isinstance(found, list):
            return found
        raise UnreadablePieceError(str(found))

    def close(self) -> None:
        """End the process, if there is one."""
        if self._connection and self._process:
            self._connection.close()
            self._process.kill()
            self._process.wait()
        self._connection = self._process = None

    def _process_and_connection(
        self,
    ) -> "tuple[subprocess.Popen[bytes], Connection[object, object]]":
        if self._process is None or self._connection is None:
            self._process, self._connection = self._started()
        return self._process, self._connection

    @staticmethod
    def _started() -> "tuple[subprocess.Popen[bytes], Connection[object, object]]":
        ours, theirs = Pipe()
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
        process = subprocess.Popen(  # noqa: S603  this very program
            [sys.executable, "-c", _START, str(theirs.fileno())],
            pass_fds=(theirs.fileno(),),
            env={**environment, "OPENBLAS_NUM_THREADS": "1"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,  # music21 prints pages about a malformed score
            start_new_session=True,  # Ctrl-C is ours to handle
        )
        theirs.close()
        return process, ours


MUSIC21 = Music21Process()
atexit.register(MUSIC21.close)


def serve(descriptor: int) -> None:
    """Read the scores that come over a connection until it ends.

    Args:
        descriptor: The file descriptor of the connection.
    """
    from music.reading import music21_scores  # noqa: PLC0415  imports music21

    _, hardest = resource.getrlimit(resource.RLIMIT_DATA)
    resource.setrlimit(resource.RLIMIT_DATA, (_MOST_BYTES, hardest))
    connection: Connection[object, tuple[str, str]] = Connection(descriptor)
    while True:
        try:
            text, music21_format = connection.recv()
        except EOFError:
            return
        _allow_seconds(MOST_SECONDS)
        try:
            connection.send(music21_scores.read_measures(text, music21_format))
        except UnreadablePieceError as error:
            connection.send(str(error))


def _allow_seconds(seconds: int) -> None:
    """Let the system end this process after it has used this CPU time from now on."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    _, hardest = resource.getrlimit(resource.RLIMIT_CPU)
    until = int(usage.ru_utime + usage.ru_stime) + seconds + 1
    resource.setrlimit(resource.RLIMIT_CPU, (until, hardest))
