"""What a request says, from wherever it says it: the query, a JSON body or a form."""

import json
from collections.abc import Iterator
from io import BytesIO
from typing import NoReturn

from flask import Request
from gunicorn.http.errors import ParseException
from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.formparser import FormDataParser

from api.errors import MalformedBodyError, UnsupportedBodyError
from api.http.request.parameter import RequestValue

MOST_BODY_BYTES = 64 * 1024  # besides a file
MOST_FILE_BYTES = 1024 * 1024
JSON = "application/json"
MOST_DIGITS = 40  # of an integer that is read exactly; no parameter is near so large
MULTIPART = "multipart/form-data"
FORMS = ("application/x-www-form-urlencoded", MULTIPART)


def request_values(request: Request) -> Iterator[RequestValue]:
    """List the names and values of a request, including repeated ones.

    Raises:
        MalformedBodyError: The body is not the JSON object or the form that it should be, or the
            request is a GET or HEAD and has one.
        UnsupportedBodyError: The body is of a type that is not read.
        RequestEntityTooLarge: The body or a file in it has too many bytes.
    """
    yield from _texts(request.args)
    if request.method != "POST":
        if request.content_length or "Transfer-Encoding" in request.headers:
            raise MalformedBodyError(
                f"{request.method} takes its parameters from the query; send a body with POST."
            )
        return
    if request.mimetype == MULTIPART:
        request.max_content_length = MOST_FILE_BYTES + MOST_BODY_BYTES
    if not (body := _body(request)):
        return
    if request.mimetype == JSON:
        yield from _said_in_json(body)
    elif request.mimetype in FORMS:
        yield from _said_in_form(request, body)
    else:
        raise UnsupportedBodyError(f"A body is read as {', '.join((JSON, *FORMS))}.")


def _body(request: Request) -> bytes:
    """Read the whole body.

    Raises:
        MalformedBodyError: It is cut off, or its chunks cannot be read.
        RequestEntityTooLarge: It has too many bytes.
    """
    try:
        return request.get_data()
    except (OSError, ParseException) as error:
        raise MalformedBodyError("The body is cut off, or its chunks are malformed.") from error


def _said_in_form(request: Request, body: bytes) -> Iterator[RequestValue]:
    # Flask's own takes a broken form for an empty one. What is to be in files is small by now.
    parser = FormDataParser(stream_factory=lambda *_, **__: BytesIO(), silent=False)
    try:
        _, form, files = parser.parse(
            BytesIO(body), request.mimetype, len(body), request.mimetype_params
        )
    except ValueError as error:
        raise MalformedBodyError(f"The body is not {request.mimetype}.") from error
    if None in form or None in files:  # so Werkzeug calls a part without a name
        raise MalformedBodyError("A part of the body has no name.")
    yield from _texts(form)
    for name, file in files.items(multi=True):
        content = file.read()
        if len(content) > MOST_FILE_BYTES:
            raise RequestEntityTooLarge
        yield RequestValue(name, content)


def _texts(values: MultiDict[str, str]) -> Iterator[RequestValue]:
    return (RequestValue(name, text) for name, text in values.items(multi=True))


def _said_in_json(body: bytes) -> Iterator[RequestValue]:
    try:
        # Objects become tuples of pairs, in which a name that comes twice is still seen.
        said = json.loads(
            body, object_pairs_hook=tuple, parse_constant=_refuse, parse_int=_whole_number
        )
    except (ValueError, RecursionError) as error:
        raise MalformedBodyError("The body is not JSON.") from error
    if not isinstance(said, tuple):
        raise MalformedBodyError("The body must be a JSON object of parameters.")
    return (RequestValue(name, value, is_json=True) for name, value in said)


def _whole_number(text: str) -> int | float:
    """Read an integer of JSON; one of too many digits for Python is beyond any range too."""
    return int(text) if len(text) <= MOST_DIGITS else float(text)


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not JSON")
