"""The paths that are answered: each decodes, calls and encodes, and nothing else."""

import math
from dataclasses import asdict, dataclass
from http import HTTPStatus

from flask import Blueprint, Flask, Response, current_app, g, jsonify, request

from api.composer import Composer, Drawing
from api.deadline import Deadline
from api.formats import Format, Stream, chosen_format
from api.games import Games
from api.model_server import State
from api.parameters import song_request
from api.problems import Problem, problem_response
from api.requests import said_in
from api.song import Song, SongRequest
from api.song_headers import NO_SNIFFING, drawing_headers, entity_tag, song_headers
from api.streaming import song_events

LISTING_SECONDS = 10.0
PROBE_SECONDS = 2.0  # a probe that waits longer has failed
NOT_READY = Problem(HTTPStatus.SERVICE_UNAVAILABLE, "not-ready", "Not ready", retry_after_s=5)

bp = Blueprint("api", __name__)


@dataclass(frozen=True)
class Services:
    """What the routes call.

    Attributes:
        games: The games of the model server.
        composer: Composes.
        request_seconds: The time that a song may take.
        formats: The forms in which a song can be handed back.
    """

    games: Games
    composer: Composer
    request_seconds: float
    formats: tuple[Format, ...]

    def install(self, app: Flask) -> None:
        """Let an app's routes call these."""
        app.extensions["leitmotif"] = self

    def deadline(self, at_most_s: float = math.inf) -> Deadline:
        """Start the time that an answer may take."""
        return Deadline.after(min(at_most_s, self.request_seconds))


def _services() -> Services:
    services: Services = current_app.extensions["leitmotif"]
    return services


@bp.post("/generate")
def generate() -> Response:
    """Compose a song; 200, 304, or 400, 404, 406, 413, 415, 422, 502, 503, 504."""
    services, asked = _services(), song_request(said_in(request))
    form = chosen_format(asked.media_format, request.accept_mimetypes, services.formats)
    deadline = services.deadline()
    if isinstance(form, Stream):
        return _stream_response(
            services.composer.newest_drawing(asked, services.games, deadline), form
        )
    if (unchanged := _unchanged(services, asked, form, deadline)) is not None:
        return unchanged
    song = services.composer.newest_song(asked, services.games, deadline)
    g.answered = song.provenance
    return _song_response(song, form)


@bp.get("/games")
def games() -> Response:
    """List the games; 200."""
    services = _services()
    entries = services.games.entries(services.deadline(LISTING_SECONDS))
    return jsonify(games=[asdict(entry) for entry in entries])


@bp.get("/healthz")
def healthz() -> Response:
    """Say that the process lives; 200."""
    return jsonify(status="alive")


@bp.get("/readyz")
def readyz() -> Response:
    """Say whether a song can be had; 200 or 503."""
    services = _services()
    states = services.games.states(services.deadline(PROBE_SECONDS))
    shown = [asdict(state) for state in states]
    if any(state.state == State.AVAILABLE for state in states):
        return jsonify(status="ready", games=shown)
    return problem_response(NOT_READY, "The model server has no game ready.", games=shown)


def _unchanged(
    services: Services, asked: SongRequest, form: Format, deadline: Deadline
) -> Response | None:
    """Answer a caller who has the song already, without composing it again."""
    if asked.is_seed_drawn or not request.if_none_match:
        return None
    version = services.games.bundle(asked.game, deadline, asked.label).model.version
    tag = entity_tag(asked, version, form)
    if not request.if_none_match.contains_weak(tag):
        return None
    response = Response(status=HTTPStatus.NOT_MODIFIED)
    response.headers.update({"ETag": f'"{tag}"', **NO_SNIFFING})
    return response


def _stream_response(drawing: Drawing, form: Stream) -> Response:
    """Answer with a song's events, of which each is drawn when the one before it is sent."""
    events = (form.encode(event) for event in song_events(drawing))
    response = Response(events, content_type=form.media_type)
    response.headers.update(drawing_headers(drawing))
    return response


def _song_response(song: Song, form: Format) -> Response:
    response = Response(form.encode(song), content_type=form.media_type)
    response.headers.update(song_headers(song, form))
    return response
