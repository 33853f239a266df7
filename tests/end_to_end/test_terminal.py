"""`make serve` in a terminal: its output, and its end."""

import fcntl
import os
import pty
import signal
import subprocess
import sys
import termios
import time

import pytest

from tests.end_to_end.conftest import PATIENCE_S, ROOT, environment, free_port

pytestmark = pytest.mark.slow


class Terminal:
    """A terminal in which `scripts/serve.sh` runs."""

    def __init__(self, models_dir):
        self.port, model_port = free_port(), free_port()
        self._master, slave = pty.openpty()
        self.process = subprocess.Popen(
            ["bash", ROOT / "scripts" / "serve.sh", sys.executable],
            cwd=ROOT,
            env=environment(
                API_PORT=self.port,
                MODEL_SERVER=f"localhost:{model_port}",
                MODEL_SERVER_PORT=model_port,
                MODELS_DIR=models_dir,
            ),
            stdin=slave,
            stdout=slave,
            stderr=slave,
            start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),  # noqa: PLW1509
        )
        os.close(slave)
        self.shown = ""

    def read_until(self, text):
        until = time.monotonic() + PATIENCE_S
        while text not in self.shown:
            assert time.monotonic() < until, self.shown
            self.shown += os.read(self._master, 4096).decode()

    def close(self):
        os.close(self._master)


@pytest.fixture
def terminal(tmp_path):
    (tmp_path / "models.config").touch()
    terminal = Terminal(tmp_path)
    terminal.read_until(f"open http://localhost:{terminal.port}")
    yield terminal
    if terminal.process.poll() is None:
        os.killpg(terminal.process.pid, signal.SIGKILL)
        terminal.process.wait()


def hang_up(terminal):
    terminal.process.send_signal(signal.SIGHUP)


@pytest.mark.parametrize("end", [Terminal.close, hang_up])
def test_with_its_terminal_both_processes_end(terminal, end):
    end(terminal)
    assert terminal.process.wait(timeout=PATIENCE_S) == 0
    with pytest.raises(ProcessLookupError):
        os.killpg(terminal.process.pid, 0)
