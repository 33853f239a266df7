"""Real processes on loopback ports: a game is trained once, and served to every test."""

import fcntl
import os
import pickle
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from music.midi import to_midi
from music.piece import constant_tempo
from tests.training.conftest import scale
from training.publishing import write_lists

ROOT = Path(__file__).parents[2]
GAME = "majoras_mask"
DEFAULT_TRAINING = ("-m", "training")
SMALL_TRAINING = (Path(__file__).with_name("small_training.py"),)
PATIENCE_S = 240  # how long a test waits for what must come


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True)
class Service:
    """`make serve`, running."""

    url: str
    process: subprocess.Popen

    def ask(self, path: str, method: str = "POST") -> Answer:
        request = urllib.request.Request(self.url + path, method=method)  # noqa: S310
        try:
            with urllib.request.urlopen(request, timeout=60) as response:  # noqa: S310
                return Answer(response.status, dict(response.headers), response.read())
        except urllib.error.HTTPError as error:
            with error:
                return Answer(error.code, dict(error.headers), error.read())


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()[1]


def wait_for(condition, what: str, pause_s: float = 0.2):
    """Wait until a condition is true and return its value, or fail with a message."""
    until = time.monotonic() + PATIENCE_S
    while time.monotonic() < until:
        if found := condition():
            return found
        time.sleep(pause_s)
    pytest.fail(f"waited {PATIENCE_S} s in vain for {what}")


def environment(**variables: object) -> dict[str, str]:
    """Return what programs run with: what is set for all of them, but nothing else for training."""
    not_inherited = ("GAME", "EPOCHS", "RECIPE", "XLA_FLAGS")
    inherited = {k: v for k, v in os.environ.items() if k not in not_inherited}
    return inherited | {name: str(value) for name, value in variables.items()}


def train(
    work_dir: Path, program: Sequence[object] = DEFAULT_TRAINING, **variables: object
) -> subprocess.CompletedProcess:
    """Train in a folder of its own."""
    folders = {"DATA_DIR": work_dir / "midi", "MODELS_DIR": work_dir / "models"}
    return subprocess.run(
        [sys.executable, *program],
        capture_output=True,
        check=False,
        cwd=work_dir,
        env=environment(**{"EPOCHS": 1, "FETCH": 0, **folders, **variables}, PYTHONPATH=ROOT),
        text=True,
        timeout=3600,
    )


def write_pieces(folder: Path, count: int = 4) -> None:
    folder.mkdir(parents=True)
    for n in range(count):
        piece = scale(f"scale {n}", 55 + n)
        midi = to_midi(piece.notes, tempos=constant_tempo(90 + n), name=piece.name, text="")
        (folder / f"Link's {piece.name}.mid").write_bytes(midi)


@pytest.fixture(scope="session")
def work_dir(tmp_path_factory) -> Path:
    """A folder with a game's pieces and its published model."""
    folder = tmp_path_factory.mktemp("work")
    write_pieces(folder / "midi" / GAME)
    (folder / "midi" / GAME / "broken.mid").write_bytes(b"not music")
    cut = folder / "midi" / GAME / "Link's scale 0.mid"
    cut.write_bytes(cut.read_bytes()[:-4])  # the event that ends the track
    return folder


@pytest.fixture(scope="session")
def trained(work_dir, tmp_path_factory) -> subprocess.CompletedProcess:
    """The game, trained; the processes of one test run share the training."""
    if "PYTEST_XDIST_TESTRUNUID" not in os.environ:
        return train_game(work_dir)
    shared = tmp_path_factory.getbasetemp().parent / "trained"
    with shared.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not shared.exists():
            finished = train_game(work_dir)
            shutil.copytree(work_dir / "models", shared)
            shared.with_suffix(".pickle").write_bytes(pickle.dumps(finished))
            return finished
    shutil.copytree(shared, work_dir / "models")
    write_lists(work_dir / "models")
    return pickle.loads(shared.with_suffix(".pickle").read_bytes())  # noqa: S301  just written


def train_game(work_dir: Path) -> subprocess.CompletedProcess:
    finished = train(work_dir, GAME=GAME)
    assert finished.returncode == 0, finished.stderr
    return finished


@pytest.fixture(scope="session")
def service(work_dir, trained):  # noqa: ARG001  it must be there
    """The model server and the API, started as `make serve` starts them."""
    with serving(work_dir / "models") as running:
        yield running


@contextmanager
def serving(models_dir: Path):
    """Run `make serve` for a models folder; yields it when it is ready."""
    port = free_port()
    server_port = free_port()
    process = subprocess.Popen(
        ["bash", ROOT / "scripts" / "serve.sh", sys.executable],
        cwd=ROOT,
        env=environment(
            API_PORT=port,
            MODELS_DIR=models_dir,
            MODEL_SERVER=f"localhost:{server_port}",
            MODEL_SERVER_PORT=server_port,
            RATE_LIMIT="off",
        ),
        start_new_session=True,
    )
    running = Service(f"http://127.0.0.1:{port}", process)
    try:
        wait_for(lambda: is_ready(running), "the service to be ready")
        yield running
    finally:
        os.killpg(process.pid, signal.SIGINT)  # as Ctrl-C does: to both processes at once
        process.wait(timeout=PATIENCE_S)


def is_ready(service: Service) -> bool:
    assert service.process.poll() is None, "the service has ended"
    try:
        return service.ask("/readyz", "GET").status == 200
    except OSError:
        return False
