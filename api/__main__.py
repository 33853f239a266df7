"""Serves the API with gunicorn: python -m api. With compose, asks one for a song."""

# ruff: noqa: E402

import gc

# Nothing that is imported here is ever let go of: looking for it would take an eighth of the start,
# and in workers write to memory that they share. The documentation of gc.freeze() advises this.
gc.disable()

import os
import shutil
import sys
import tempfile
from typing import Any

from flask import Flask
from gunicorn.app.base import BaseApplication

from api import create_app
from api.config import Config, ConfigError
from api.json_log import LOGGING
from api.metrics import FOLDER_VARIABLE
from api.routes import services_of
from api.warm_up import WarmUp

# Beyond the time of a request: a worker is not taken for dead, and may finish, before that is up.
SPARE_SECONDS = 5

USAGE = """\
usage: python -m api             serve, as the environment says (README, Settings)
       python -m api compose     ask a running one for a song; --help says how"""


class Server(BaseApplication):  # type: ignore[misc]  # gunicorn has no types
    """gunicorn, set up by our configuration alone."""

    def __init__(self, config: Config) -> None:
        """Prepare to serve; nothing listens before `run`."""
        self._config = config
        super().__init__()

    def load_config(self) -> None:
        """Tell gunicorn how to serve."""
        config = self._config
        host = f"[{config.host}]" if ":" in config.host else config.host
        longest = int(config.request_seconds) + SPARE_SECONDS
        settings = {
            "bind": f"{host}:{config.port}",
            "worker_class": "api.worker.Worker",  # threads: a request waits for the model server
            "workers": config.workers,
            "threads": config.threads,
            "timeout": longest,
            "graceful_timeout": longest,
            "preload_app": False,  # a gRPC channel does not survive a fork
            "control_socket_disable": True,
            "logconfig_dict": LOGGING,
            "when_ready": _make_folder,
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


# gunicorn's hooks in the parent of the workers, who add up in a folder what they count.


def _make_folder(_arbiter: Any) -> None:
    os.environ[FOLDER_VARIABLE] = tempfile.mkdtemp(prefix="leitmotif-metrics-")


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
    except ConfigError as error:
        sys.exit(f"api: {error}")
    gc.freeze()
    Server(config).run()


def main() -> None:
    """Do what the command line says."""
    match sys.argv[1:]:
        case []:
            serve()
        case ["compose", *options]:
            from api.compose import main as compose  # noqa: PLC0415  not for who serves

            sys.exit(compose(options))
        case ["-h" | "--help"]:
            print(USAGE)
        case _:
            sys.exit(USAGE)


if __name__ == "__main__":
    main()
