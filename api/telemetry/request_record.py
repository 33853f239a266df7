"""The record of a request, filled while it is handled, for the access log and the metrics."""

import re
import time
from dataclasses import dataclass, field
from enum import StrEnum

from flask import Request, g

from api.telemetry import request_id

_CLIENT = re.compile(r"leitmotif-client/([0-9]{1,4}(?:\.[0-9]{1,4}){2})")
OTHER = "other"  # what a caller wrote that is none of ours
_METHODS = frozenset({"DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"})


class Ending(StrEnum):
    """How a stream ended."""

    FINISHED = "finished"
    FAILED = "failed"
    DISCONNECTED = "client disconnected"


@dataclass
class RequestRecord:
    """A request and its results so far; it never contains unchecked text of the caller.

    Attributes:
        request_id: The id, from the request or generated.
        method: The HTTP method.
        route: The rule of the requested path.
        client: The version of our client that sent it; empty for other programs.
        status: The HTTP status of the response.
        game: The requested game, if it exists; otherwise empty.
        form: The name of the format; empty until it is chosen.
        seed: The song's seed.
        version: The version of the model that composed it.
        notes: The number of composed notes.
        ended: How the stream ended; None if there was no stream.
        is_static: Whether the response was a page or a file of a page.
        began_s: The start, by `time.monotonic`.
    """

    request_id: str
    method: str
    route: str
    client: str = ""
    status: int = 0
    game: str = ""
    form: str = ""
    seed: int | None = None
    version: int | None = None
    notes: int | None = None
    ended: Ending | None = None
    is_static: bool = False
    began_s: float = field(default_factory=time.monotonic)

    @classmethod
    def begin(cls, request: Request) -> "RequestRecord":
        """Begin with what HTTP says."""
        client = _CLIENT.match(request.headers.get("User-Agent", ""))
        return cls(
            request_id=request_id.begin(request.headers.get(request_id.HEADER)),
            method=request.method if request.method in _METHODS else OTHER,
            route=request.url_rule.rule if request.url_rule else OTHER,
            client=client[1] if client else "",
        )

    @property
    def duration_s(self) -> float:
        """Return how long it has taken until now."""
        return time.monotonic() - self.began_s


def record() -> RequestRecord:
    """Return the record of the current request."""
    found: RequestRecord = g.record
    return found
