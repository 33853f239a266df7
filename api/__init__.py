"""The HTTP API: takes requests for songs, keeps the sampling loop, hands back music."""

from flask import Flask
from flask.json.provider import DefaultJSONProvider

from api.composer import Composer
from api.config import Config
from api.docs import bp as docs
from api.formats import Format, formats
from api.games import Games
from api.model_client import GrpcModelServer
from api.model_server import ModelServer
from api.problems import register_problems
from api.request_log import log_requests
from api.requests import MOST_BODY_BYTES
from api.routes import Services, bp
from music.piano import Piano
from music.soundfont import Soundfont


class PlainJSON(DefaultJSONProvider):
    """JSON with its members in the order in which they are said, in any script."""

    ensure_ascii = False
    sort_keys = False


def create_app(config: Config, model_server: ModelServer | None = None) -> Flask:
    """Build the app.

    Args:
        config: The settings.
        model_server: Whom to ask; by default the one at `config.model_server`, over gRPC. In a
            server that forks, build the app after the fork.
    """
    server = GrpcModelServer(config.model_server) if model_server is None else model_server
    app = Flask(__name__, static_folder=None)
    app.json = PlainJSON(app)
    app.config["MAX_CONTENT_LENGTH"] = MOST_BODY_BYTES
    app.url_map.merge_slashes = False  # answered by what is there, never by a redirect
    games = Games(config.models_config, server)
    Services(games, Composer(server), config.request_seconds, _formats(config)).install(app)
    app.register_blueprint(bp)
    app.register_blueprint(docs)
    register_problems(app)
    log_requests(app)
    return app


def _formats(config: Config) -> tuple[Format, ...]:
    if config.soundfont is None:
        return formats(Piano())
    stamp = config.soundfont.stat()
    edition = f"{stamp.st_size}-{stamp.st_mtime_ns}"
    return formats(Soundfont(config.soundfont), edition)
