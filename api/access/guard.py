"""Authentication and the rate limit, before a request is read."""

import math
import time
from typing import TYPE_CHECKING

from flask import Flask, Response, g, request

from api.access.api_keys import ApiKeys
from api.access.rate_limit import Rate
from api.errors import TooManyRequestsError

if TYPE_CHECKING:
    from flask_limiter import RequestLimit


def guard(app: Flask, endpoint: str, keys: ApiKeys, rate: Rate | None, workers: int) -> None:
    """Protect an endpoint with API keys and a rate limit.

    OPTIONS is free of both: it composes nothing, and browsers send their preflights without keys.
    What needs a key is kept in no shared cache.

    Args:
        app: The app, with its endpoints.
        endpoint: The endpoint's name.
        keys: The accepted keys.
        rate: The limit for each caller; None for none.
        workers: The number of processes. Each counts its own requests and allows its share.
    """

    def is_guarded() -> bool:
        return request.endpoint == endpoint and request.method != "OPTIONS"

    def identify_caller() -> None:
        if is_guarded():
            g.caller = keys.caller(request)

    def keep_private(response: Response) -> Response:
        if is_guarded() and "Cache-Control" in response.headers:
            response.cache_control.private = True
        return response

    def refuse(limit: "RequestLimit") -> None:
        raise TooManyRequestsError(
            f"The rate limit of {rate} is exceeded; retry later.",
            retry_after_s=max(1, math.ceil(limit.window.reset_time - time.time())),
        )

    app.before_request(identify_caller)
    if keys:
        app.after_request(keep_private)
    if rate is not None:
        from flask_limiter import Limiter  # noqa: PLC0415  only where there is a limit

        Limiter(
            lambda: str(g.caller),
            app=app,
            default_limits=[str(rate.share(workers))],
            default_limits_exempt_when=lambda: not is_guarded(),
            on_breach=refuse,
            storage_uri="memory://",
        )
