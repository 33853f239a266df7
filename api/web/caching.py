"""How long caches may keep responses."""

from flask import Flask, Response

NEVER = "no-store"
REVALIDATED = "no-cache"  # kept, and used after a conditional request
# For a song of a fixed version and seed. Only an upgrade of the API may change it, for example with
# a library that writes scores; that shows within a day.
FOR_A_DAY = "max-age=86400"


def set_cache_control(app: Flask) -> None:
    """Let no cache keep a response that does not say how long it is fresh."""
    app.after_request(_kept_by_none)


def _kept_by_none(response: Response) -> Response:
    response.headers.setdefault("Cache-Control", NEVER)
    return response
