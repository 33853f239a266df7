"""Maps errors to HTTP responses with problem details (RFC 9457)."""

import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace
from http import HTTPStatus

from flask import Flask, Response
from werkzeug.exceptions import HTTPException, MethodNotAllowed

from api.errors import (
    ApiError,
    BadParameterError,
    BrokenContractError,
    GameNotReadyError,
    MalformedBodyError,
    ModelServerError,
    NoSuchModelError,
    NotAcceptableError,
    OutOfTimeError,
    OverloadedError,
    RetryLaterError,
    SongTooLongError,
    TooManyRequestsError,
    TooManySongsError,
    UnauthorizedError,
    UnavailableError,
    UnknownGameError,
    UnsupportedBodyError,
    VersionGoneError,
)
from api.http.request.values import MOST_BODY_BYTES, MOST_FILE_BYTES

MEDIA_TYPE = "application/problem+json"
_LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class Problem:
    """How an error is reported.

    Attributes:
        status: The HTTP status.
        slug: The last part of the problem's type.
        title: The title, the same for all problems of the type.
        retry_after_s: When to retry; None if a retry would not help.
    """

    status: HTTPStatus
    slug: str
    title: str
    retry_after_s: int | None = None


PROBLEMS: dict[type[ApiError], Problem] = {
    MalformedBodyError: Problem(HTTPStatus.BAD_REQUEST, "malformed-body", "Malformed body"),
    UnauthorizedError: Problem(HTTPStatus.UNAUTHORIZED, "unauthorized", "API key required"),
    UnknownGameError: Problem(HTTPStatus.NOT_FOUND, "unknown-game", "Unknown game"),
    VersionGoneError: Problem(HTTPStatus.GONE, "version-gone", "Version not served"),
    NotAcceptableError: Problem(HTTPStatus.NOT_ACCEPTABLE, "not-acceptable", "Not acceptable"),
    UnsupportedBodyError: Problem(
        HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "unsupported-body", "Unsupported media type"
    ),
    BadParameterError: Problem(
        HTTPStatus.UNPROCESSABLE_ENTITY, "bad-parameter", "Invalid parameter"
    ),
    SongTooLongError: Problem(
        HTTPStatus.UNPROCESSABLE_ENTITY, "song-too-long", "Song too long for its format"
    ),
    TooManyRequestsError: Problem(
        *(HTTPStatus.TOO_MANY_REQUESTS, "too-many-requests", "Too many requests"),
        retry_after_s=1,
    ),
    TooManySongsError: Problem(
        *(HTTPStatus.SERVICE_UNAVAILABLE, "too-many-songs", "Too many songs at once"),
        retry_after_s=1,
    ),
    BrokenContractError: Problem(
        HTTPStatus.BAD_GATEWAY, "broken-contract", "Invalid response from the model server"
    ),
    GameNotReadyError: Problem(
        HTTPStatus.SERVICE_UNAVAILABLE, "game-not-ready", "Game not ready", retry_after_s=5
    ),
    NoSuchModelError: Problem(
        HTTPStatus.SERVICE_UNAVAILABLE, "game-not-ready", "Game not ready", retry_after_s=5
    ),
    UnavailableError: Problem(
        *(HTTPStatus.SERVICE_UNAVAILABLE, "model-server-gone", "Model server not reachable"),
        retry_after_s=5,
    ),
    OverloadedError: Problem(
        HTTPStatus.SERVICE_UNAVAILABLE, "overloaded", "Model server overloaded", retry_after_s=1
    ),
    OutOfTimeError: Problem(HTTPStatus.GATEWAY_TIMEOUT, "out-of-time", "Out of time"),
}
NOT_READY = Problem(HTTPStatus.SERVICE_UNAVAILABLE, "not-ready", "Not ready", retry_after_s=5)
# Details for HTTP errors that Flask raises.
PLAIN_DETAILS = {
    HTTPStatus.NOT_FOUND: "There is nothing at this path.",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: (
        f"The body must be at most {MOST_BODY_BYTES} bytes, plus {MOST_FILE_BYTES} for a file."
    ),
    HTTPStatus.INTERNAL_SERVER_ERROR: "The server failed to process the request; this is a bug.",
}


def register_problems(app: Flask) -> None:
    """Make an app respond to every error with problem details."""
    app.register_error_handler(ApiError, _of_api_error)
    app.register_error_handler(HTTPException, _of_http_error)
    app.register_error_handler(Exception, _of_bug)


def plain_problem(status: HTTPStatus) -> Problem:
    """Return the generic problem of an HTTP status."""
    return Problem(status, "", status.phrase)


def problem_response(problem: Problem, detail: str, **extensions: object) -> Response:
    """Write problem details.

    Args:
        problem: The problem type.
        detail: What was wrong with this request, and what would be valid.
        extensions: Extension members (RFC 9457, section 3.2).
    """
    members = json.dumps(as_members(problem, detail, extensions))
    response = Response(members, problem.status, content_type=MEDIA_TYPE)
    if problem.retry_after_s is not None:
        response.headers["Retry-After"] = str(problem.retry_after_s)
    if problem.status is HTTPStatus.UNAUTHORIZED:
        response.headers["WWW-Authenticate"] = "Bearer"
    return response


def problem_members(error: Exception) -> dict[str, object]:
    """Return, and log, the problem for an error after the response has begun."""
    if isinstance(error, ApiError):
        return as_members(_logged(error), str(error), _extensions(error))
    return as_members(*_bug(error), {})


def as_members(
    problem: Problem, detail: str, extensions: Mapping[str, object]
) -> dict[str, object]:
    """Return the members of problem details."""
    return {
        "type": f"urn:leitmotif:problem:{problem.slug}" if problem.slug else "about:blank",
        "title": problem.title,
        "status": problem.status.value,
        "detail": detail,
        **extensions,
    }


def _of_api_error(error: ApiError) -> Response:
    return problem_response(_logged(error), str(error), **_extensions(error))


def _logged(error: ApiError) -> Problem:
    problem = PROBLEMS[type(error)]
    if isinstance(error, RetryLaterError):
        problem = replace(problem, retry_after_s=error.retry_after_s)
    if isinstance(error, ModelServerError):
        _LOG.warning("%s: %s %r", problem.slug, error, error.reason)
    return problem


def _extensions(error: ApiError) -> dict[str, object]:
    """Return the extension members of an error, for programs."""
    if isinstance(error, BadParameterError) and error.parameter:
        return {"parameter": error.parameter}
    if isinstance(error, VersionGoneError):
        return {"parameter": "version"}
    return {"games": error.games} if isinstance(error, UnknownGameError) else {}


def _of_http_error(error: HTTPException) -> Response:
    status = HTTPStatus(error.code or HTTPStatus.INTERNAL_SERVER_ERROR)
    allowed = sorted(error.valid_methods or ()) if isinstance(error, MethodNotAllowed) else []
    detail = f"This path supports {', '.join(allowed)}." if allowed else PLAIN_DETAILS.get(status)
    response = problem_response(plain_problem(status), detail or status.description)
    if allowed:
        response.headers["Allow"] = ", ".join(allowed)
    return response


def _of_bug(error: Exception) -> Response:
    return problem_response(*_bug(error))


def _bug(error: Exception) -> tuple[Problem, str]:
    _LOG.error("a bug", exc_info=error)
    status = HTTPStatus.INTERNAL_SERVER_ERROR
    return plain_problem(status), PLAIN_DETAILS[status]
