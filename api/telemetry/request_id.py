"""The id of the current request, in its response, its log lines and its calls."""

import re
import secrets
from contextvars import ContextVar

HEADER = "X-Request-Id"
_WELL_FORMED = re.compile(r"[A-Za-z0-9._-]{1,64}")

_current: ContextVar[str] = ContextVar("request_id", default="")


def begin(given: str | None) -> str:
    """Work for a request from here on; gives its id, which is `given` where that is well-formed."""
    name = given if given and _WELL_FORMED.fullmatch(given) else secrets.token_hex(16)
    _current.set(name)
    return name


def end() -> None:
    """Work for none from here on."""
    _current.set("")


def current() -> str:
    """Return the id of the request that this thread works for; empty where it works for none."""
    return _current.get()


def metadata() -> tuple[tuple[str, str], ...]:
    """Return what gRPC tells a server beside a call."""
    name = current()
    return ((HEADER.lower(), name),) if name else ()
