"""Authentication and the rate limit, before a request is read."""

import math
import time
from typing import TYPE_CHECKING

from flask import Flask, g, request

from api.access.api_keys import ApiKeys
from api.access.rate_limit import Rate
from api.errors import TooManyRequestsError

if TYPE_CHECKING:
    from flask_limiter import RequestLimit


def guard(app: Flask, endpoint: str, keys: ApiKeys, rate: Rate | None, workers: int) -> None:
    """Protect an endpoint with API keys and a rate limit.

    Args:
        app: The app, with its endpoints.
        endpoint: The endpoint's name.
        keys: The accepted keys.
        rate: The limit for each caller; None for none.
        workers: The number of processes. Each counts its own requests and allows its share.
    """

    def identify_caller() -> None:
        if request.endpoint == endpoint:
            g.caller = keys.caller(request)

    def refuse(limit: "RequestLimit") -> None:
        raise TooManyRequestsError(
            f"The rate limit of {rate} is exceeded; retry later.",
            retry_after_s=max(1, math.ceil(limit.window.reset_time - time.time())),
        )

    app.before_request(identify_caller)
    if rate is not None:
        from flask_limiter import Limiter  # noqa: PLC0415  only where there is a limit

        Limiter(
            lambda: str(g.caller),
            app=app,
            default_limits=[str(rate.share(workers))],
            default_limits_exempt_when=lambda: request.endpoint != endpoint,
            on_breach=refuse,
            storage_uri="memory://",
        )
