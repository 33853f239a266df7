"""Lets pages of other origins read responses (CORS, in the Fetch standard)."""

import re
from collections.abc import Sequence

from flask import Flask, Response, request
from werkzeug.datastructures import HeaderSet

from api.access.api_keys import KEY_HEADER
from api.access.guard import COST_HEADER, LIMIT_HEADER, POLICY_HEADER
from api.telemetry.request_id import HEADER as REQUEST_ID
from api.version import HEADER as API_VERSION

EVERY = "*"
PREFLIGHT_SECONDS = 7200  # the longest that Chromium keeps a preflight
REQUEST_HEADERS = HeaderSet(
    (
        "Authorization",
        "Content-Type",
        "If-None-Match",
        "Last-Event-ID",
        KEY_HEADER,
        REQUEST_ID,
    )
)
RESPONSE_HEADERS = HeaderSet(
    (
        "Content-Disposition",
        "ETag",
        API_VERSION,
        COST_HEADER,
        "Leitmotif-Longest-Quote",
        "Leitmotif-Model-Version",
        "Leitmotif-Notes",
        "Leitmotif-Primer",
        "Leitmotif-Primer-Warnings",
        "Leitmotif-Seed",
        LIMIT_HEADER,
        POLICY_HEADER,
        "Retry-After",
        REQUEST_ID,
    )
)
_ORIGIN = re.compile(
    r"(?P<scheme>[a-z][a-z0-9+.-]*)://([a-z0-9._-]+|\[[0-9a-f:.]+\])(:(?P<port>[1-9][0-9]{0,4}))?"
)
_OWN_PORTS = {"http": "80", "https": "443"}  # which browsers leave out


def is_origin(text: str) -> bool:
    """Tell whether a text is an origin as browsers send it: a scheme, a host and perhaps a port."""
    found = _ORIGIN.fullmatch(text)
    return found is not None and found["port"] != _OWN_PORTS.get(found["scheme"], "")


def share(app: Flask, origins: Sequence[str], unshared: str) -> None:
    """Let pages of some origins read an app's responses.

    Args:
        app: The app.
        origins: Origins as `is_origin` accepts them, or `EVERY`.
        unshared: The endpoint that is for no page of another origin.
    """

    def shared(response: Response) -> Response:
        if request.endpoint == unshared:
            return response
        if EVERY in origins:
            response.access_control_allow_origin = EVERY
        else:
            response.vary.add("Origin")
            if request.headers.get("Origin") not in origins:
                return response
            response.access_control_allow_origin = request.headers["Origin"]
        response.access_control_expose_headers = RESPONSE_HEADERS
        if request.method == "OPTIONS":
            response.access_control_allow_methods = HeaderSet(sorted(response.allow))
            response.access_control_allow_headers = REQUEST_HEADERS
            response.access_control_max_age = PREFLIGHT_SECONDS
        return response

    if origins:
        app.after_request(shared)
