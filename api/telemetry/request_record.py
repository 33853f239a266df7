"""What is known of a request, gathered on its way: for its line in the log, and to be counted."""

import time
from dataclasses import dataclass, field
from enum import StrEnum

from flask import Request, g

from api.telemetry import request_id

OTHER = "other"  # what a caller wrote that is none of ours
_METHODS = frozenset({"DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"})


class Ending(StrEnum):
    """How a stream ended."""

    FINISHED = "finished"
    FAILED = "failed"
    DISCONNECTED = "client disconnected"


@dataclass
class RequestRecord:
    """A request and what came of it so far; nothing in it is a caller's own text.

    Attributes:
        request_id: Its id, taken or made.
        method: Of HTTP.
        route: The rule of the path that was asked for.
        status: The answer's.
        game: One that there is; empty where none of those was asked for.
        form: The name of the format; empty until it is chosen.
        seed: The song's.
        version: The model's that drew it.
        notes: How many were composed.
        ended: How the stream ended; None where there was none.
        is_static: Whether it was for a page or a file that a page is made of, and got it.
        began_s: As `time.monotonic` counts.
    """

    request_id: str
    method: str
    route: str
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
        return cls(
            request_id=request_id.begin(request.headers.get(request_id.HEADER)),
            method=request.method if request.method in _METHODS else OTHER,
            route=request.url_rule.rule if request.url_rule else OTHER,
        )

    @property
    def duration_s(self) -> float:
        """Return how long it has taken until now."""
        return time.monotonic() - self.began_s


def record() -> RequestRecord:
    """Return the record of the request that is being answered."""
    found: RequestRecord = g.record
    return found
