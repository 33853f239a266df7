"""Serves the API with gunicorn: python -m api. With compose, asks one for a song."""

import logging
import os
import sys

from flask import Flask
from gunicorn.app.base import BaseApplication

from api import create_app
from api.config import Config, ConfigError

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
            "worker_class": "gthread",  # a request waits for the model server nearly all its time
            "workers": config.workers,
            "threads": config.threads,
            "timeout": longest,
            "graceful_timeout": longest,
            "preload_app": False,  # a gRPC channel does not survive a fork
            "control_socket_disable": True,
            "proc_name": "leitmotif-api",
        }
        for name, value in settings.items():
            self.cfg.set(name, value)

    def load(self) -> Flask:
        """Build the app, in a worker."""
        logging.basicConfig(
            stream=sys.stderr, level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s"
        )
        return create_app(self._config)


def serve() -> None:
    """Serve until a signal ends it."""
    try:
        config = Config.from_environment(os.environ)
    except ConfigError as error:
        sys.exit(f"api: {error}")
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
