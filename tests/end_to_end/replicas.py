"""Model servers behind one list of addresses, an API in front of them, and callers."""

import itertools
import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import grpc

from tests.end_to_end.conftest import (
    GAME,
    PATIENCE_S,
    ROOT,
    Answer,
    Service,
    environment,
    free_port,
    is_ready,
    wait_for,
)
from training.publishing import publish

SEEDS = range(4)
NOTES = 300


@dataclass
class Replica:
    """An embedded model server, which can be killed, stopped and started again on its port."""

    models_dir: Path
    port: int = field(default_factory=free_port)
    process: subprocess.Popen | None = None

    def start(self) -> "Replica":
        """Start it as `make serve` does; it answers when its models are loaded."""
        self.process = subprocess.Popen(
            [
                *(sys.executable, "-m", "serving", f"--port={self.port}"),
                f"--model_config_file={self.models_dir / 'models.config'}",
                "--model_config_file_poll_wait_seconds=2",
                "--num_load_threads=2",
                "--enable_batching",
                "--batching_parameters_file=serving/batching_parameters.txt",
                *(ROOT / "serving" / "thread_flags.txt").read_text().split(),
                # Connections end all the time, as in production now and then.
                "--grpc_channel_arguments=grpc.max_connection_age_ms=3000",
            ],
            cwd=ROOT,
            env=environment(),
            stderr=subprocess.DEVNULL,
        )
        return self

    def send(self, number: signal.Signals) -> None:
        os.kill(self.process.pid, number)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def kill_and_start(self) -> None:
        self.kill()
        self.start()

    def revive(self) -> None:
        """Continue it where it is suspended, and start it again where it is dead."""
        if self.process.poll() is None:
            self.send(signal.SIGCONT)
        else:
            self.start()
        self.wait()

    def is_open(self) -> bool:
        assert self.process.poll() is None, "a model server has ended"
        with grpc.insecure_channel(f"127.0.0.1:{self.port}") as channel:
            try:
                grpc.channel_ready_future(channel).result(timeout=1)
            except grpc.FutureTimeoutError:
                return False
        return True

    def wait(self) -> "Replica":
        """Wait until it answers."""
        wait_for(self.is_open, "a model server to answer")
        return self


@contextmanager
def replicas(models_dir: Path, count: int):
    servers = [Replica(models_dir).start() for _ in range(count)]
    try:
        yield [server.wait() for server in servers]
    finally:
        for server in servers:
            server.kill()


@contextmanager
def api(models_dir: Path, servers: list[Replica], **settings: object):
    """Run the API in front of model servers; yields it when it is ready."""
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "api"],
        cwd=ROOT,
        env=environment(
            API_PORT=port,
            API_THREADS=64,  # more than there are callers, whichever process they come to
            MODELS_DIR=models_dir,
            MODEL_SERVER=",".join(f"127.0.0.1:{server.port}" for server in servers),
            RATE_LIMIT="off",
            **settings,
        ),
    )
    service = Service(f"http://127.0.0.1:{port}", process)
    try:
        wait_for(lambda: is_ready(service), "the API to be ready")
        yield service
    finally:
        process.terminate()
        process.wait(timeout=PATIENCE_S)


def publish_copy(models_dir: Path, bundle: Path) -> int:
    return publish(models_dir, GAME, lambda folder: shutil.copytree(bundle, folder))


def publish_broken(models_dir: Path) -> int:
    def write(folder: Path) -> None:
        folder.mkdir()
        (folder / "saved_model.pb").write_bytes(b"no SavedModel")

    return publish(models_dir, GAME, write)


def song_path(seed: int, notes: int = NOTES) -> str:
    return f"/generate?game={GAME}&seed={seed}&notes={notes}"


def planned_song_path(seed: int) -> str:
    return f"/generate?game={GAME}&seed={seed}&form=AABA&bars=32&loop=true"


@dataclass
class Callers:
    """Callers who ask for one song after the other, and keep what they got."""

    service: Service
    count: int
    path: Callable[[int], str] = song_path
    answers: list[tuple[int, Answer]] = field(default_factory=list)
    errors: list[Exception] = field(default_factory=list)
    done: threading.Event = field(default_factory=threading.Event)

    @contextmanager
    def calling(self):
        threads = [threading.Thread(target=self._call, args=(n,)) for n in range(self.count)]
        for thread in threads:
            thread.start()
        try:
            yield self
        finally:
            self.done.set()
            for thread in threads:
                thread.join()

    def _call(self, first: int) -> None:
        for seed in itertools.islice(itertools.cycle(SEEDS), first, None):
            if self.done.is_set():
                return
            try:
                self.answers.append((seed, self.service.ask(self.path(seed))))
            except OSError as error:
                self.errors.append(error)
