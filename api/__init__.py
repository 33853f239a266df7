"""The HTTP API: takes requests for songs, keeps the sampling loop, hands back music."""

from typing import TYPE_CHECKING

from flask import Flask
from flask.json.provider import DefaultJSONProvider
from werkzeug.middleware.proxy_fix import ProxyFix

from api import studio
from api.access.api_keys import ApiKeys
from api.access.guard import guard
from api.access.song_slots import SongSlots
from api.composing.composer import Composer
from api.config import Config
from api.formats import registry
from api.formats.edition import digest_of_file
from api.formats.registry import Format
from api.http import docs
from api.http.problems import register_problems
from api.http.request.values import MOST_BODY_BYTES
from api.http.routes import Services, bp
from api.model_server.call_tracing import CallTracer
from api.model_server.games import Games
from api.model_server.grpc_client import GrpcModelServer
from api.model_server.metering import CallMeter
from api.telemetry.access_log import log_requests
from api.telemetry.metrics import Metrics
from api.telemetry.request_tracing import trace_requests
from api.telemetry.tracing import tracer_of
from api.web.caching import set_cache_control
from api.web.compression import compress_text
from api.web.cross_origin import share
from music.audio import fluidsynth
from music.audio.piano import Piano
from music.audio.soundfont import Soundfont

if TYPE_CHECKING:
    from api.access.rate_limiter import RateLimiter


class PlainJSON(DefaultJSONProvider):
    """JSON with its members in the order in which they are said, in any script."""

    ensure_ascii = False
    sort_keys = False


def create_app(config: Config) -> Flask:
    """Build the app. In a server that forks, build it after the fork: gRPC does not survive one."""
    metrics, tracer = Metrics(), tracer_of(config.otlp_endpoint)
    interceptors = CallTracer(tracer), CallMeter(metrics.called)
    server = GrpcModelServer(config.model_server, interceptors)
    app = Flask(__name__, static_folder=None)
    app.json = PlainJSON(app)
    app.config["MAX_CONTENT_LENGTH"] = MOST_BODY_BYTES
    app.url_map.merge_slashes = False  # answered by what is there, never by a redirect
    Services(
        games=Games(config.models_config, server),
        composer=Composer(server, metrics=metrics, tracer=tracer),
        slots=SongSlots(config.songs, metrics),
        metrics=metrics,
        tracer=tracer,
        request_seconds=config.request_seconds,
        formats=_formats(config),
    ).install(app)
    app.register_blueprint(bp)
    app.register_blueprint(docs.bp)
    app.register_blueprint(studio.bp)
    register_problems(app)
    log_requests(app, metrics)
    trace_requests(app, "api.generate", tracer)
    set_cache_control(app)
    compress_text(app)
    share(app, config.cors_origins, unshared="api.metrics")
    guard(app, "api.generate", ApiKeys(config.api_keys), _limiter(config, metrics))
    if config.trusted_proxies:
        hops = config.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=0, x_host=0)  # type: ignore[method-assign]
    return app


def _formats(config: Config) -> tuple[Format, ...]:
    if config.soundfont is None:
        return registry.formats(Piano())
    digest = f"{digest_of_file(config.soundfont)}-fluidsynth={fluidsynth.version()}"
    return registry.formats(Soundfont(config.soundfont), digest)


def _limiter(config: Config, metrics: Metrics) -> "RateLimiter | None":
    if config.rate_limit is None:
        return None
    from api.access.rate_limiter import RateLimiter  # noqa: PLC0415  only where there is a limit

    return RateLimiter(
        config.rate_limit, config.workers, config.rate_storage, metrics.rate_storage_failed
    )
