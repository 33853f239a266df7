"""The OpenAPI document, made of the tables that requests are checked and answered by."""

from collections.abc import Iterable
from http import HTTPStatus
from typing import Any

from api.access.api_keys import KEY_HEADER
from api.composing.song import UPLOADED
from api.errors import ApiError
from api.formats.registry import FORMATS, STREAMS
from api.http.parameters import PARAMETERS, Parameter, Value
from api.http.problems import (
    MEDIA_TYPE,
    NOT_READY,
    PLAIN_DETAILS,
    PROBLEMS,
    Problem,
    as_members,
    plain_problem,
)
from api.http.request_values import FORMS, JSON, MOST_BODY_BYTES, MOST_FILE_BYTES, MULTIPART
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
`format=json` returns it.

The response is MIDI, unless `format` or the `Accept` header asks for another format. Every
error is `application/problem+json` (RFC 9457) and says what would fit. On any path, a malformed
request is a 400, a request line beyond 4 KB a 414, and a header beyond 8 KB a 431.
"""
_GENERATE = """\
`game` is required, in the query or in the body; give `notes` or `seconds`, not both. With your own
`seed` the response has an `ETag`: send it as `If-None-Match`, and an unchanged song is a 304
without composing.

Streams send the song while it is sampled, one event per line or, with `text/event-stream`, a field
`event` for its name and `data` for the rest. An event `song` comes first, then `notes`, and a
`quote` after each quoted run; last comes `end` or, if something fails midway, `error`.
"""


def document() -> dict[str, Any]:
    """Describe every path, in OpenAPI 3.1."""
    return {
        "openapi": "3.1.1",
        "info": {
            "title": "Leitmotif",
            "version": VERSION,
            "summary": "New music in the style of a game.",
            "description": _ABOUT,
        },
        "paths": {
            "/generate": {"post": _generate()},
            "/games": {"get": _listing("listGames", "List the games", "Games")},
            "/healthz": {"get": _listing("isAlive", "Say that the process lives", "Alive")},
            "/readyz": {"get": _readiness()},
            "/openapi.json": {"get": _page("getContract", "This document", [JSON])},
            "/docs": {"get": _page("readDocs", "Read this document, and try it", ["text/html"])},
            "/docs/{name}": {"get": _files("getDocsFile")},
            "/metrics": {
                "get": _page("getMetrics", "What was counted, for Prometheus", ["text/plain"])
            },
            "/": {"get": _page("openStudio", "The page that composes", ["text/html"])},
            "/studio/{name}": {"get": _files("getStudioFile")},
        },
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
    "Vary": _header({"const": "Accept"}, "What else the answer depends on.", always=True),
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
    "WWW-Authenticate": _header({"const": "Bearer"}, "How to send a key.", always=True),
    "Retry-After": _header(_COUNT, "Seconds to wait before trying again.", always=True),
}
_EVERYWHERE = (REQUEST_ID, API_VERSION)
_SONG_HEADERS = tuple(
    name for name in _HEADERS if name not in {*_EVERYWHERE, "Retry-After", "WWW-Authenticate"}
)
_UNCHANGED_HEADERS = ("ETag", "Vary", "X-Content-Type-Options")
_SECURITY = {
    "bearer": {"type": "http", "scheme": "bearer", "description": "Where the API needs keys."},
    "header": {"type": "apiKey", "in": "header", "name": KEY_HEADER},
}


def _headers(*names: str) -> dict[str, Any]:
    """Name the headers of a response; the last ones every response has."""
    return {name: {"$ref": f"#/components/headers/{name}"} for name in (*names, *_EVERYWHERE)}


def _generate() -> dict[str, Any]:
    return {
        "operationId": "generate",
        "summary": "Compose a song",
        "description": _GENERATE,
        "security": [{}, *({name: []} for name in _SECURITY)],
        "parameters": [*map(_in_query, PARAMETERS), _IF_NONE_MATCH],
        "requestBody": {
            "description": "Parameters that are not in the query.",
            "content": {kind: _body(kind) for kind in (JSON, *FORMS)},
        },
        "responses": {
            "200": {
                "description": "The song, finished or as a stream while it is sampled.",
                "headers": _headers(*_SONG_HEADERS),
                "content": {
                    **{form.media_type: _SONG_CONTENT.get(form.media_type, {}) for form in FORMATS},
                    **{stream.media_type: _STREAM_CONTENT for stream in STREAMS},
                },
            },
            "304": {
                "description": "The song would be the one that `If-None-Match` names.",
                "headers": _headers(*_UNCHANGED_HEADERS),
            },
            **_problems(
                *((problem, _summary(error)) for error, problem in PROBLEMS.items()),
                _plain(HTTPStatus.REQUEST_ENTITY_TOO_LARGE),
            ),
        },
    }


def _body(media_type: str) -> dict[str, Any]:
    schema = "SongUpload" if media_type == MULTIPART else "SongRequest"
    return {"schema": reference(schema), "example": _EXAMPLE}


_SONG_CONTENT = {JSON: {"schema": reference("Song")}}
_STREAM_CONTENT = {"x-itemSchema": reference("Event")}  # OpenAPI 3.2 will call it itemSchema
_IF_NONE_MATCH = {
    "name": "If-None-Match",
    "in": "header",
    "description": "The `ETag` of a song that is at hand.",
    "schema": _TEXT,
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


def _listing(
    name: str, summary: str, answer: str, *problems: tuple[Problem, str]
) -> dict[str, Any]:
    content = {JSON: {"schema": reference(answer)}}
    return {
        "operationId": name,
        "summary": summary,
        "responses": {
            "200": {"description": f"{summary}.", "headers": _headers(), "content": content},
            **_problems(*problems),
        },
    }


def _readiness() -> dict[str, Any]:
    detail = "The model server has no game ready."
    return _listing("isReady", "Say whether a song can be had", "Ready", (NOT_READY, detail))


def _page(
    name: str, summary: str, media_types: Iterable[str], *problems: tuple[Problem, str]
) -> dict[str, Any]:
    return {
        "operationId": name,
        "summary": summary,
        "responses": {
            "200": {
                "description": f"{summary}.",
                "headers": _headers(),
                "content": {kind: {} for kind in media_types},
            },
            "304": {
                "description": "It is the one that `If-None-Match` names.",
                "headers": _headers(),
            },
            **_problems(*problems),
        },
    }


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
