"""What errors mean in HTTP: problem details, as RFC 9457 has them."""

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
    SongTooLongError,
    TooManyRequestsError,
    TooManySongsError,
    UnauthorizedError,
    UnavailableError,
    UnknownGameError,
    UnsupportedBodyError,
)
from api.http.request_values import MOST_BODY_BYTES, MOST_FILE_BYTES

MEDIA_TYPE = "application/problem+json"
_LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class Problem:
    """How an error is told.

    Attributes:
        status: The HTTP status.
        slug: The last part of the problem's type.
        title: The same for every problem of the type.
        retry_after_s: When to try again; None where that would not help.
    """

    status: HTTPStatus
    slug: str
    title: str
    retry_after_s: int | None = None


PROBLEMS: dict[type[ApiError], Problem] = {
    MalformedBodyError: Problem(HTTPStatus.BAD_REQUEST, "malformed-body", "Malformed body"),
    UnauthorizedError: Problem(HTTPStatus.UNAUTHORIZED, "unauthorized", "API key needed"),
    UnknownGameError: Problem(HTTPStatus.NOT_FOUND, "unknown-game", "Unknown game"),
    NotAcceptableError: Problem(HTTPStatus.NOT_ACCEPTABLE, "not-acceptable", "Not acceptable"),
    UnsupportedBodyError: Problem(
        HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "unsupported-body", "Unsupported type of body"
    ),
    BadParameterError: Problem(
        HTTPStatus.UNPROCESSABLE_ENTITY, "bad-parameter", "Parameter does not fit"
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
        retry_after_s=2,
    ),
    BrokenContractError: Problem(
        HTTPStatus.BAD_GATEWAY, "broken-contract", "Model server answered wrongly"
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
# What no error of ours stands for, in words that say what would fit.
PLAIN_DETAILS = {
    HTTPStatus.NOT_FOUND: "There is nothing at this path.",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: (
        f"A body may have {MOST_BODY_BYTES} bytes at most, a file in it {MOST_FILE_BYTES} more."
    ),
    HTTPStatus.INTERNAL_SERVER_ERROR: "This is a bug of the server.",
}


def register_problems(app: Flask) -> None:
    """Answer every error of an app with problem details."""
    app.register_error_handler(ApiError, _of_api_error)
    app.register_error_handler(HTTPException, _of_http_error)
    app.register_error_handler(Exception, _of_bug)


def plain_problem(status: HTTPStatus) -> Problem:
    """Give the problem that says no more than its status does."""
    return Problem(status, "", status.phrase)


def problem_response(problem: Problem, detail: str, **extensions: object) -> Response:
    """Write problem details.

    Args:
        problem: What kind of problem it is.
        detail: What was wrong this time, and what would fit.
        extensions: More members, named as RFC 9457 allows.
    """
    members = json.dumps(as_members(problem, detail, extensions))
    response = Response(members, problem.status, content_type=MEDIA_TYPE)
    if problem.retry_after_s is not None:
        response.headers["Retry-After"] = str(problem.retry_after_s)
    if problem.status is HTTPStatus.UNAUTHORIZED:
        response.headers["WWW-Authenticate"] = "Bearer"
    return response


def problem_members(error: Exception) -> dict[str, object]:
    """Tell, and log, what went wrong where an answer has begun already."""
    if isinstance(error, ApiError):
        return as_members(_logged(error), str(error), _extensions(error))
    return as_members(*_bug(error), {})


def as_members(
    problem: Problem, detail: str, extensions: Mapping[str, object]
) -> dict[str, object]:
    """Give the members of problem details."""
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
    if isinstance(error, TooManyRequestsError):
        problem = replace(problem, retry_after_s=error.retry_after_s)
    if isinstance(error, ModelServerError):
        _LOG.warning("%s: %s %r", problem.slug, error, error.reason)
    return problem


def _extensions(error: ApiError) -> dict[str, object]:
    """Tell what the message tells once more, for programs to read."""
    if isinstance(error, BadParameterError) and error.parameter:
        return {"parameter": error.parameter}
    return {"games": error.games} if isinstance(error, UnknownGameError) else {}


def _of_http_error(error: HTTPException) -> Response:
    status = HTTPStatus(error.code or HTTPStatus.INTERNAL_SERVER_ERROR)
    allowed = sorted(error.valid_methods or ()) if isinstance(error, MethodNotAllowed) else []
    detail = f"This path answers {', '.join(allowed)}." if allowed else PLAIN_DETAILS.get(status)
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
