"""Serves the API with gunicorn: python -m api. With compose, asks one for a song."""

# ruff: noqa: E402

import gc

# Nothing that is imported here is ever let go of: looking for it would take an eighth of the start,
# and in workers write to memory that they share. The documentation of gc.freeze() advises this.
gc.disable()

import os
import shutil
import signal
import socket
import sys
import tempfile
from typing import Any

from flask import Flask
from gunicorn.app.base import BaseApplication

from api import create_app
from api.composing.warm_up import WarmUp
from api.config import Config, ConfigError
from api.http.listening import listening_socket
from api.http.routes import services_of
from api.telemetry.json_log import LOGGING
from api.telemetry.metrics import FOLDER_VARIABLE

# Beyond the time of a request: a worker is not taken for dead, and may finish, before that is up.
SPARE_SECONDS = 5

USAGE = """\
usage: python -m api             serve, as the environment says (README, Settings)
       python -m api compose     ask a running one for a song; --help says how"""


class Server(BaseApplication):  # type: ignore[misc]  # gunicorn has no types
    """gunicorn, set up by our configuration alone."""

    def __init__(self, config: Config, listener: socket.socket) -> None:
        """Prepare to serve on a socket, which listens already and belongs to this from here on."""
        self._config = config
        self._listener_fd = listener.detach()
        self._outlives_terminal = signal.getsignal(signal.SIGHUP) is signal.SIG_IGN  # nohup
        super().__init__()

    def load_config(self) -> None:
        """Tell gunicorn how to serve."""
        config = self._config
        longest = int(config.request_seconds) + SPARE_SECONDS
        settings = {
            "bind": f"fd://{self._listener_fd}",
            "worker_class": "api.http.worker.Worker",  # threads: requests wait for model servers
            "workers": config.workers,
            "threads": config.threads,
            "timeout": longest,
            "graceful_timeout": longest,
            "preload_app": False,  # a gRPC channel does not survive a fork
            "control_socket_disable": True,
            "logconfig_dict": LOGGING,
            "when_ready": self._prepare,
            "child_exit": _forget_worker,
            "on_exit": _remove_folder,
            "proc_name": "leitmotif-api",
        }
        for name, value in settings.items():
            self.cfg.set(name, value)

    def load(self) -> Flask:
        """Build the app, in a worker."""
        gc.enable()
        app = create_app(self._config)
        services = services_of(app)
        WarmUp(services.games, services.composer).start()
        return app

    def _prepare(self, arbiter: Any) -> None:
        """Make ready what gunicorn's workers share, once it listens and before there are any."""
        os.environ[FOLDER_VARIABLE] = tempfile.mkdtemp(prefix="leitmotif-metrics-")
        # gunicorn would read its configuration again; ours is the environment, which stays.
        if self._outlives_terminal:
            signal.signal(signal.SIGHUP, signal.SIG_IGN)
        else:
            arbiter.handle_hup = arbiter.handle_term


# gunicorn's hooks in the parent of the workers, who add up in a folder what they count.


def _forget_worker(_arbiter: Any, worker: Any) -> None:
    """Take a worker's songs in flight out of the sum; what it has counted stays."""
    from prometheus_client.multiprocess import mark_process_dead  # noqa: PLC0415  rarely needed

    mark_process_dead(worker.pid)  # type: ignore[no-untyped-call]


def _remove_folder(_arbiter: Any) -> None:
    if folder := os.environ.get(FOLDER_VARIABLE):
        shutil.rmtree(folder, ignore_errors=True)


def serve() -> None:
    """Serve until a signal ends it."""
    try:
        config = Config.from_environment(os.environ)
        listener = listening_socket(config)
    except ConfigError as error:
        sys.exit(f"api: {error}")
    gc.freeze()
    Server(config, listener).run()


def main() -> None:
    """Do what the command line says."""
    match sys.argv[1:]:
        case []:
            serve()
        case ["compose", *options]:
            from api.client.command_line import main as compose  # noqa: PLC0415  not for who serves

            sys.exit(compose(options))
        case ["-h" | "--help"]:
            print(USAGE)
        case _:
            sys.exit(USAGE)


if __name__ == "__main__":
    main()
