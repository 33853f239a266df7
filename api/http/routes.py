"""The paths that are answered: each decodes, calls and encodes, and nothing else."""

import math
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, suppress
from dataclasses import asdict, dataclass, replace
from http import HTTPStatus

from flask import Blueprint, Flask, Response, current_app, jsonify, request
from werkzeug.exceptions import RequestedRangeNotSatisfiable

from api.access.cost import song_cost
from api.access.guard import charge
from api.access.song_slots import SongSlots
from api.composing.composer import Composer
from api.composing.song import SongRequest
from api.deadline import Deadline
from api.errors import BadParameterError
from api.formats.encoders import Pieces
from api.formats.event import Event, EventId
from api.formats.registry import Format, Stream, chosen_format
from api.formats.several import encode_several
from api.http.headers import cache_headers, request_headers, song_headers
from api.http.problems import NOT_READY, problem_response
from api.http.request.song_request import song_request
from api.http.request.values import request_values
from api.http.streaming import song_events
from api.model_server.games import Bundle, Games
from api.model_server.port import State
from api.telemetry.metrics import MEDIA_TYPE, Metrics, Stage
from api.telemetry.request_record import Ending, RequestRecord, record
from api.telemetry.tracing import Tracer
from api.web import caching
from api.web.disconnection import is_connected

LISTING_SECONDS = 3.0  # a game that takes longer is listed as UNREACHABLE
PROBE_SECONDS = 2.0  # a probe that waits longer has failed

bp = Blueprint("api", __name__)


@dataclass(frozen=True)
class Services:
    """What the routes call.

    Attributes:
        games: The games of the model server.
        composer: Composes.
        slots: How many songs it composes at once.
        metrics: What is counted.
        tracer: What is traced.
        request_seconds: The time that a song may take.
        formats: The output formats of songs.
    """

    games: Games
    composer: Composer
    slots: SongSlots
    metrics: Metrics
    tracer: Tracer
    request_seconds: float
    formats: tuple[Format, ...]

    def install(self, app: Flask) -> None:
        """Let an app's routes call these."""
        app.extensions["leitmotif"] = self

    def deadline(self, at_most_s: float = math.inf) -> Deadline:
        """Start the time that an answer may take."""
        return Deadline.after(min(at_most_s, self.request_seconds))


def services_of(app: Flask) -> Services:
    """Return what an app's routes call."""
    services: Services = app.extensions["leitmotif"]
    return services


def _services() -> Services:
    return services_of(current_app)


@bp.route("/generate", methods=["GET", "POST"])
def generate() -> Response:
    """Compose a song; 200, 204, 206, 304, or 400, 401, 404, 406, 413, 415, 422, 429, 502, 503, 504.

    A HEAD composes nothing.
    """
    services, about, asked = _services(), record(), song_request(request_values(request))
    about.seed = asked.brief.seed
    if asked.game in services.games.names():
        about.game = asked.game
    form = _format_of(asked, services.formats)
    about.form = form.name
    deadline = services.deadline()
    bundle = None
    if request.method == "HEAD" or request.if_none_match:
        bundle = services.games.bundle(asked.game, deadline, asked.version)
        if response := _uncomposed(asked, bundle.model.version, form):
            return response
    if isinstance(form, Stream):
        last = EventId.parse(request.headers.get("Last-Event-ID", ""))
        if last is not None and (asked.is_seed_drawn or asked.brief.seed == last.seed):
            return _rest_of_stream(services, asked, form, deadline, last)
        return _stream_response(services, asked, form, deadline)
    if asked.songs > 1:
        return _songs_response(services, asked, form, deadline, bundle)
    return _song_response(services, asked, form, deadline, bundle)


def _format_of(asked: SongRequest, formats: Sequence[Format]) -> Format | Stream:
    """Choose the format of the response.

    Raises:
        NotAcceptableError: The client accepts none.
        BadParameterError: It is a stream, for several songs.
    """
    several = asked.songs > 1
    offered = [form.of_several() for form in formats] if several else formats
    form = chosen_format(asked.media_format, request.accept_mimetypes, offered)
    if several and isinstance(form, Stream):
        raise BadParameterError(
            f"A stream has one song. With songs={asked.songs}, format must be one of "
            f"{', '.join(form.name for form in formats)}.",
            "songs",
        )
    return form


@bp.get("/games")
def games() -> Response:
    """List the games; 200 or 304."""
    services = _services()
    entries = services.games.entries(services.deadline(LISTING_SECONDS))
    response = jsonify(games=[asdict(entry) for entry in entries])
    response.headers["Cache-Control"] = caching.REVALIDATED
    response.add_etag()
    response.make_conditional(request)
    return response


@bp.get("/metrics")
def metrics() -> Response:
    """Return the metrics for Prometheus; 200."""
    return Response(_services().metrics.page(), content_type=MEDIA_TYPE)


@bp.get("/healthz")
def healthz() -> Response:
    """Report that the process responds; 200."""
    return jsonify(status="alive")


@bp.get("/readyz")
def readyz() -> Response:
    """Report whether a game is ready; 200 or 503."""
    services = _services()
    states = services.games.states(services.deadline(PROBE_SECONDS))
    shown = [asdict(state) for state in states]
    if any(state.state == State.AVAILABLE for state in states):
        return jsonify(status="ready", games=shown)
    return problem_response(NOT_READY, "The model server has no game ready.", games=shown)


def _uncomposed(asked: SongRequest, version: int, form: Format | Stream) -> Response | None:
    """Respond with 304 to a caller who has the song, and to HEAD with the headers; else None."""
    response = Response(iter(()), content_type=form.media_type)  # of no known length
    response.headers.update(cache_headers(asked, version, form))
    tag, _ = response.get_etag()
    if tag is not None and request.if_none_match.contains_weak(tag):
        response.status_code = HTTPStatus.NOT_MODIFIED
        return response
    response.headers.update(request_headers(asked, version, form))
    return response if request.method == "HEAD" else None


def _rest_of_stream(
    services: Services, asked: SongRequest, form: Stream, deadline: Deadline, last: EventId
) -> Response:
    """Respond with the events that a client has not received; with 204 if there are no more.

    An `EventSource` connects again whenever its connection ends. A 204 tells it to stop.
    """
    if last.sent is None:
        return Response(status=HTTPStatus.NO_CONTENT)
    record().seed = last.seed
    song = replace(asked, brief=replace(asked.brief, seed=last.seed), version=last.version)
    return _stream_response(services, song, form, deadline, last.sent)


def _stream_response(
    services: Services,
    asked: SongRequest,
    form: Stream,
    deadline: Deadline,
    sent: int = 0,
) -> Response:
    """Respond with a song's events after the first `sent`; each is composed when it is sent."""
    about = record()
    with services.slots.taken() as slot:
        charge(song_cost(asked.brief, form.effort))
        drawing = services.composer.compose_stream(asked, services.games, deadline)
        about.version, about.ended = drawing.bundle.model.version, Ending.DISCONNECTED
        events = _observed(song_events(drawing, sent), about)
        response = _held(slot, (form.encode(event) for event in events), form.media_type)
    response.headers.update(request_headers(drawing.request, about.version, form))
    return response


def _observed(events: Iterator[Event], about: RequestRecord) -> Iterator[Event]:
    """Yield the events and record how they ended; if not all are taken, the client disconnected."""
    for event in events:
        yield event
        if event.name == "end":
            about.notes, about.ended = event.members["notes"], Ending.FINISHED
        elif event.name == "error":
            about.ended = Ending.FAILED


def _song_response(
    services: Services,
    asked: SongRequest,
    form: Format,
    deadline: Deadline,
    bundle: Bundle | None,
) -> Response:
    """Respond with a finished song, which may be written while it is sent.

    `bundle` is the version that composes, if it has been resolved already.
    """
    about, encoding = record(), services.metrics.timer(Stage.ENCODING)
    with services.slots.taken() as slot:
        charge(song_cost(asked.brief, form.effort))
        song = services.composer.compose(asked, services.games, deadline, form.limit, bundle)
        about.version, about.notes = song.version, song.new_notes
        slot.callback(encoding.stop)
        with ExitStack() as traced:
            traced.enter_context(services.tracer.span("encode", **{"leitmotif.format": form.name}))
            with encoding.running():
                file = form.encode(song, deadline)
            if not isinstance(file, bytes):
                slot.push(traced.pop_all())  # the rest is encoded while it is sent
        if isinstance(file, bytes):
            response = _held(slot, iter((file,)), form.media_type)
            response.content_length = len(file)
        else:
            about.ended = Ending.DISCONNECTED
            pieces = _written(encoding.each(file.pieces), about)
            response = _held(slot, pieces, form.media_type)
            if file.length_bytes is not None:
                response.content_length = file.length_bytes
    response.headers.update(song_headers(asked, [song], form))
    if isinstance(file, Pieces) and file.length_bytes is not None and not asked.is_seed_drawn:
        _send_range(response, file.length_bytes, about)
    return response


def _songs_response(
    services: Services,
    asked: SongRequest,
    form: Format,
    deadline: Deadline,
    bundle: Bundle | None,
) -> Response:
    """Respond with several finished songs, which are written while they are sent.

    The songs take as many slots as are free, one at least.
    """
    about, encoding = record(), services.metrics.timer(Stage.ENCODING)
    is_there = is_connected(request.environ)

    def is_wanted() -> bool:
        about.ended = None if is_there() else Ending.DISCONNECTED
        return about.ended is None

    with services.slots.taken() as slot:
        charge(song_cost(asked.brief, form.effort, asked.songs))
        with services.slots.more(asked.songs - 1) as more:
            songs = services.composer.compose_several(
                *(asked, services.games, deadline, form.limit, bundle),
                threads=1 + more,
                is_wanted=is_wanted,
            )
        composed = [one.song for one in songs]
        about.version = composed[0].version
        about.notes = sum(song.new_notes for song in composed)
        slot.callback(encoding.stop)
        slot.enter_context(services.tracer.span("encode", **{"leitmotif.format": form.name}))
        with encoding.running():
            pieces = encode_several(songs, asked.brief.seed, form, deadline)
        about.ended = Ending.DISCONNECTED
        response = _held(slot, _written(encoding.each(pieces), about), form.media_type)
    response.headers.update(song_headers(asked, composed, form))
    return response


def _send_range(response: Response, length_bytes: int, about: RequestRecord) -> None:
    """Send the part of a sound file that a GET requests, if any; players need it to seek.

    A range that does not fit is ignored, as RFC 9110 (14.2) allows.
    """
    with suppress(RequestedRangeNotSatisfiable):
        response.make_conditional(request, accept_ranges=True, complete_length=length_bytes)
    if response.status_code == HTTPStatus.PARTIAL_CONTENT:
        about.ended = None  # the end of a part is not how the file ends


def _written(pieces: Iterator[bytes], about: RequestRecord) -> Iterator[bytes]:
    """Yield the pieces of a file, and record how they ended."""
    try:
        yield from pieces
    except Exception:
        about.ended = Ending.FAILED
        raise
    about.ended = Ending.FINISHED


def _held(slot: ExitStack, pieces: Iterator[bytes], media_type: str) -> Response:
    """Stream a response; the song keeps its slot until all is sent or the client disconnects."""
    kept = slot.pop_all()

    def sent() -> Iterator[bytes]:
        with kept:
            yield from pieces

    response = Response(sent(), content_type=media_type)
    response.call_on_close(kept.close)  # should it end before its first piece
    return response
