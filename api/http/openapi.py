"""The OpenAPI document, made of the tables that requests are checked and answered by."""

from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any

from api.access.api_keys import KEY_HEADER
from api.access.guard import COST_HEADER, LIMIT_HEADER, POLICY_HEADER
from api.composing.song import UPLOADED
from api.errors import ApiError, UnsupportedBodyError
from api.formats.registry import FORMATS, STREAMS
from api.http.problems import (
    MEDIA_TYPE,
    NOT_READY,
    PLAIN_DETAILS,
    PROBLEMS,
    Problem,
    as_members,
    plain_problem,
)
from api.http.request.parameter import Parameter, Value
from api.http.request.parameters import PARAMETERS
from api.http.request.values import FORMS, JSON, MOST_BODY_BYTES, MOST_FILE_BYTES, MULTIPART
from api.http.schemas import Schema, answer_schemas, reference, request_schemas, schema_of
from api.http.static_files import MEDIA_TYPES
from api.telemetry.request_id import HEADER as REQUEST_ID
from api.version import HEADER as API_VERSION
from api.version import VERSION

_EXAMPLE: dict[str, Value] = {"game": "majoras_mask", "notes": 200, "seed": 7}
_ABOUT = f"""\
Composes new music in the style of a game whose music a model has learned.

`POST /generate` takes its parameters from the query, a form or a JSON body of up to
{MOST_BODY_BYTES // 1024} KB, each of them once. A file of up to {MOST_FILE_BYTES // 1024} KB
to continue is the field `primer` of a form (`multipart/form-data`): MIDI, or a song as
`format=json` returns it. `GET /generate` takes the same parameters from the query.

The response is MIDI, unless `format` or the `Accept` header asks for another format. Every
error is `application/problem+json` (RFC 9457) and says what would fit. On any path, a malformed
request is a 400, a request line beyond 4 KB a 414, and a header beyond 8 KB a 431.

Every path has `OPTIONS`, and every path with `GET` has `HEAD`. Pages of the origins that the
operator lists may read the responses (CORS). Text is compressed with gzip for callers that accept
it, streams event by event.
"""
_GENERATE = """\
`game` is required, in the query or in the body; give one of `notes`, `seconds` and `bars`, or none.
With your own `seed` the response has an `ETag`: send it as `If-None-Match`, and an unchanged song
is a 304 without composing.

With `songs` from 2 on, the response is a ZIP archive with a file for each song and the index
`songs.json`, or JSON with all songs (`Songs`), the best first. The songs have the seeds `seed`,
`seed + 1` and so on; each seed alone returns the same song.

`format=zip` returns the stems of one song: a ZIP archive with a MIDI and a WAV file for each part
of a band, all of equal length, and `song.json`. A song for one piano has one stem.

Streams send the song while it is sampled, one event per line or, with `text/event-stream`, a field
`event` for its name, `data` for the rest, and an `id`. An event `song` comes first, then `notes`,
and a `quote` after each quoted run; last comes `end` or, if something fails midway, `error`.
"""
_GET_SONG = """\
For `<audio src>`, `EventSource`, caches and address bars: the same song as `POST /generate`
composes of the same query. A file to continue, and the parameters that need one, need POST. Without
a `seed`, every response is another song, and no cache keeps it. With one, parts of a WAV file can
be requested with `Range`.
"""


def document() -> dict[str, Any]:
    """Describe every path, in OpenAPI 3.1."""
    paths = {
        "/generate": {"post": _generate(), "get": _get_song()},
        "/games": {"get": _listing("listGames", "List the games", "Games", is_kept=True)},
        "/healthz": {"get": _listing("isAlive", "Say that the process lives", "Alive")},
        "/readyz": {"get": _readiness()},
        "/openapi.json": {"get": _page("getContract", "This document", [JSON])},
        "/docs": {"get": _page("readDocs", "Read this document, and try it", ["text/html"])},
        "/docs/{name}": {"get": _files("getDocsFile")},
        "/metrics": {
            "get": _reading("getMetrics", "What was counted, for Prometheus", {"text/plain": {}})
        },
        "/": {"get": _page("openStudio", "The page that composes", ["text/html"])},
        "/studio/{name}": {"get": _files("getStudioFile")},
    }
    return {
        "openapi": "3.1.1",
        "info": {
            "title": "Leitmotif",
            "version": VERSION,
            "summary": "New music in the style of a game.",
            "description": _ABOUT,
        },
        "paths": {path: _with_head_and_options(item) for path, item in paths.items()},
        "components": {
            "schemas": {**request_schemas(), **answer_schemas()},
            "headers": _HEADERS,
            "securitySchemes": _SECURITY,
        },
    }


def _header(schema: Schema, description: str, *, always: bool) -> dict[str, Any]:
    return {"schema": schema, "description": description, "required": always}


_TEXT = {"type": "string"}
_COUNT = {"type": "integer", "minimum": 0}
_CORS_HEADERS = {
    "Allow-Origin": "Present if pages of the request's origin may read the response.",
    "Expose-Headers": "The response headers that they may read.",
    "Allow-Methods": "The methods that they may use.",
    "Allow-Headers": "The request headers that they may send.",
    "Max-Age": "For how many seconds browsers keep this response.",
}
_HEADERS = {
    "Leitmotif-Seed": _header(_COUNT, "Brings the same song.", always=True),
    "Leitmotif-Model-Version": _header(_COUNT, "The model's that drew it.", always=True),
    "Leitmotif-Notes": _header(_COUNT, "How many the song has; not on streams.", always=False),
    "Leitmotif-Longest-Quote": _header(
        {"type": "string", "pattern": r'^(0|[1-9][0-9]*; piece="[!#-~]*")$'},
        "How many notes in a row a piece has too, and the piece, percent-encoded; not on streams.",
        always=False,
    ),
    "Content-Disposition": _header(_TEXT, "A name for the file; not on streams.", always=False),
    "ETag": _header(_TEXT, "Tells this song from others, where its seed was given.", always=False),
    "Cache-Control": _header(_TEXT, "How long caches may keep the response.", always=True),
    "Vary": _header(_TEXT, "The request headers that the response depends on.", always=False),
    "X-Content-Type-Options": _header(
        {"const": "nosniff"}, "The type is the one that is said.", always=True
    ),
    "Leitmotif-Primer": _header(
        {"const": UPLOADED}, "Present if the song continues an uploaded primer.", always=False
    ),
    "Leitmotif-Primer-Warnings": _header(
        {"type": "string", "pattern": r'^"[ !#-~]+"(, "[ !#-~]+")*$'},
        "What was left out or ignored when an uploaded primer was read: strings, as in RFC 9651.",
        always=False,
    ),
    REQUEST_ID: _header(_TEXT, "The request's own, or one that was made for it.", always=True),
    API_VERSION: _header({"const": VERSION}, "The version of this contract.", always=True),
    POLICY_HEADER: _header(
        {"type": "string", "pattern": '^"songs";q=[0-9]+;w=[0-9]+$'},
        "The rate limit, if there is one: units and seconds of a period.",
        always=False,
    ),
    LIMIT_HEADER: _header(
        {"type": "string", "pattern": '^"songs";r=[0-9]+;t=[0-9]+$'},
        "What is left of it: units, and seconds until the period ends.",
        always=False,
    ),
    COST_HEADER: _header(
        _COUNT, "How many units this request has taken from the rate limit.", always=False
    ),
    "WWW-Authenticate": _header({"const": "Bearer"}, "How to send a key.", always=True),
    "Retry-After": _header(_COUNT, "Seconds to wait before trying again.", always=True),
    "Accept-Ranges": _header(_TEXT, "Present if parts can be requested.", always=False),
    "Content-Range": _header(_TEXT, "Which bytes of how many.", always=True),
    "Allow": _header(_TEXT, "The methods of the path.", always=True),
    **{
        f"Access-Control-{name}": _header(_TEXT, description, always=False)
        for name, description in _CORS_HEADERS.items()
    },
}
_EVERYWHERE = ("Cache-Control", REQUEST_ID, API_VERSION)
_RATE_HEADERS = (POLICY_HEADER, LIMIT_HEADER, COST_HEADER)
_OF_REQUESTS = (*_EVERYWHERE, *_RATE_HEADERS)
_KEPT_HEADERS = ("ETag", "Vary")
_SONG_HEADERS = (
    *_KEPT_HEADERS,
    "X-Content-Type-Options",
    "Content-Disposition",
    "Accept-Ranges",
    *(name for name in _HEADERS if name.startswith("Leitmotif-") and name not in _OF_REQUESTS),
)
_SECURITY = {
    "bearer": {"type": "http", "scheme": "bearer", "description": "Where the API needs keys."},
    "header": {"type": "apiKey", "in": "header", "name": KEY_HEADER},
}
_ANY_KEY: list[Schema] = [{}, *({name: []} for name in _SECURITY)]


def _headers(*names: str) -> dict[str, Any]:
    """Name the headers of a response; the last ones every response has."""
    return {name: {"$ref": f"#/components/headers/{name}"} for name in (*names, *_EVERYWHERE)}


def _generate() -> dict[str, Any]:
    return {
        "operationId": "generate",
        "summary": "Compose a song",
        "description": _GENERATE,
        "security": _ANY_KEY,
        "parameters": [*map(_in_query, PARAMETERS), _IF_NONE_MATCH, _LAST_EVENT_ID],
        "requestBody": {
            "description": "Parameters that are not in the query.",
            "content": {kind: _body(kind) for kind in (JSON, *FORMS)},
        },
        "responses": _song_responses(PROBLEMS, _plain(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)),
    }


def _get_song() -> dict[str, Any]:
    parameters = (parameter for parameter in PARAMETERS if not parameter.needs_file)
    problems = {error: PROBLEMS[error] for error in PROBLEMS if error is not UnsupportedBodyError}
    return {
        "operationId": "getSong",
        "summary": "Compose a song of a query",
        "description": _GET_SONG,
        "security": _ANY_KEY,
        "parameters": [*map(_in_query, parameters), _IF_NONE_MATCH, _LAST_EVENT_ID],
        "responses": {**_PART, **_song_responses(problems)},
    }


def _song_responses(
    problems: Mapping[type[ApiError], Problem], *others: tuple[Problem, str]
) -> dict[str, Any]:
    return {
        "200": {
            "description": "The song, finished or as a stream while it is sampled.",
            "headers": _headers(*_SONG_HEADERS, *_RATE_HEADERS),
            "content": {
                **{form.media_type: _SONG_CONTENT.get(form.media_type, {}) for form in FORMATS},
                **{stream.media_type: _STREAM_CONTENT for stream in STREAMS},
            },
        },
        "204": {
            "description": "The stream that `Last-Event-ID` names has ended.",
            "headers": _headers(*_RATE_HEADERS),
        },
        "304": {
            "description": "The song would be the one that `If-None-Match` names.",
            "headers": _headers(*_KEPT_HEADERS, "X-Content-Type-Options", *_RATE_HEADERS),
        },
        **_problems(*((problem, _summary(error)) for error, problem in problems.items()), *others),
    }


def _body(media_type: str) -> dict[str, Any]:
    schema = "SongUpload" if media_type == MULTIPART else "SongRequest"
    return {"schema": reference(schema), "example": _EXAMPLE}


_SONG_CONTENT = {JSON: {"schema": {"anyOf": [reference("Song"), reference("Songs")]}}}
_STREAM_CONTENT = {"x-itemSchema": reference("Event")}  # OpenAPI 3.2 will call it itemSchema
_IF_NONE_MATCH = {
    "name": "If-None-Match",
    "in": "header",
    "description": "The `ETag` of a song that is at hand.",
    "schema": _TEXT,
}

_LAST_EVENT_ID = {
    "name": "Last-Event-ID",
    "in": "header",
    "description": "The `id` of the last event that arrived of a `text/event-stream`; the response "
    "is the rest of that song. `EventSource` sends it when it connects again.",
    "schema": _TEXT,
}


_PART = {
    "206": {
        "description": "The part of a WAV file that `Range` names.",
        "headers": _headers("Content-Range", *_SONG_HEADERS),
        "content": {"audio/wav": {}},
    }
}


def _in_query(parameter: Parameter) -> dict[str, Any]:
    schema = schema_of(parameter)
    said = {
        "name": parameter.name,
        "in": "query",
        "description": schema.pop("description"),
        "schema": schema,
    }
    return said | ({"example": _EXAMPLE[parameter.name]} if parameter.name in _EXAMPLE else {})


def _with_head_and_options(item: dict[str, Any]) -> dict[str, Any]:
    """Describe HEAD, which is GET without a body, and OPTIONS, beside the methods of a path."""
    get = item["get"]
    name = f"{get['operationId'][0].upper()}{get['operationId'][1:]}"
    options = {
        "operationId": f"optionsOf{name}",
        "summary": "Say which methods the path has",
        "description": "Without a key; to browsers it is the preflight of CORS.",
        "parameters": [each for each in get.get("parameters", ()) if each["in"] == "path"],
        "responses": {
            "200": {
                "description": "The methods.",
                "headers": _headers("Allow", *(f"Access-Control-{name}" for name in _CORS_HEADERS)),
            },
            **_problems(),
        },
    }
    head = {
        **get,
        "operationId": f"headOf{name}",
        "summary": f"{get['summary']}: the headers alone",
        "description": "As GET, without a body. It composes nothing.",
        "responses": {
            status: {name: part for name, part in response.items() if name != "content"}
            for status, response in get["responses"].items()
        },
    }
    return {**item, "head": head, "options": options}


def _listing(
    name: str,
    summary: str,
    answer: str,
    *problems: tuple[Problem, str],
    is_kept: bool = False,
) -> dict[str, Any]:
    content = {JSON: {"schema": reference(answer)}}
    return _reading(name, summary, content, *problems, is_kept=is_kept)


def _reading(
    name: str,
    summary: str,
    content: dict[str, Any],
    *problems: tuple[Problem, str],
    is_kept: bool = False,
) -> dict[str, Any]:
    """Describe a path that is only read; `is_kept` says whether it has an ETag."""
    kept = _headers(*(_KEPT_HEADERS if is_kept else ()))
    unchanged = {"description": "It is the one that `If-None-Match` names.", "headers": kept}
    return {
        "operationId": name,
        "summary": summary,
        "responses": {
            "200": {"description": f"{summary}.", "headers": kept, "content": content},
            **({"304": unchanged} if is_kept else {}),
            **_problems(*problems),
        },
    }


def _readiness() -> dict[str, Any]:
    detail = "The model server has no game ready."
    return _listing("isReady", "Say whether a song can be had", "Ready", (NOT_READY, detail))


def _page(
    name: str, summary: str, media_types: Iterable[str], *problems: tuple[Problem, str]
) -> dict[str, Any]:
    content: dict[str, Any] = {kind: {} for kind in media_types}
    return _reading(name, summary, content, *problems, is_kept=True)


def _files(operation: str) -> dict[str, Any]:
    name = {"name": "name", "in": "path", "required": True, "schema": _TEXT}
    media_types = (media_type.partition(";")[0] for media_type in MEDIA_TYPES.values())
    missing = _plain(HTTPStatus.NOT_FOUND)
    return {
        "parameters": [name],
        **_page(operation, "What the page is made of", media_types, missing),
    }


def _problems(*problems: tuple[Problem, str]) -> dict[str, Any]:
    """Describe the errors of a path, each status once, with an example of each type."""
    all_problems = (*problems, _plain(HTTPStatus.INTERNAL_SERVER_ERROR))
    by_status: dict[HTTPStatus, list[tuple[Problem, str]]] = {}
    for problem, detail in sorted(all_problems, key=lambda one: one[0].status):
        by_status.setdefault(problem.status, []).append((problem, detail))
    return {str(status.value): _refusal(status, problems) for status, problems in by_status.items()}


def _refusal(status: HTTPStatus, problems: list[tuple[Problem, str]]) -> dict[str, Any]:
    examples = {
        problem.slug or "plain": {"value": as_members(problem, detail, {})}
        for problem, detail in problems
    }
    schema = {
        **reference("Problem"),
        "properties": {
            "type": {"enum": [example["value"]["type"] for example in examples.values()]},
            "status": {"const": status.value},
        },
    }
    headers = {
        "Retry-After": any(problem.retry_after_s is not None for problem, _ in problems),
        "WWW-Authenticate": status is HTTPStatus.UNAUTHORIZED,
        **dict.fromkeys(_RATE_HEADERS, status is HTTPStatus.TOO_MANY_REQUESTS),
    }
    return {
        "description": " / ".join(dict.fromkeys(problem.title for problem, _ in problems)),
        "headers": _headers(*(name for name, is_there in headers.items() if is_there)),
        "content": {MEDIA_TYPE: {"schema": schema, "examples": examples}},
    }


def _plain(status: HTTPStatus) -> tuple[Problem, str]:
    return plain_problem(status), PLAIN_DETAILS[status]


def _summary(error: type[ApiError]) -> str:
    """Return the first line of what an error's own documentation says."""
    return (error.__doc__ or error.__name__).partition("\n")[0]
