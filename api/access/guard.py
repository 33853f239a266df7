"""Authentication and the rate limit, before a request is read; the cost of its song afterwards."""

from typing import TYPE_CHECKING

from flask import Flask, Response, g, request

from api.access.api_keys import ApiKeys
from api.errors import TooManyRequestsError

if TYPE_CHECKING:  # imported only if there is a limit
    from api.access.rate_limiter import Allowance, RateLimiter

POLICY_HEADER = "RateLimit-Policy"
LIMIT_HEADER = "RateLimit"
COST_HEADER = "Leitmotif-Cost"


def guard(app: Flask, endpoint: str, keys: ApiKeys, limiter: "RateLimiter | None") -> None:
    """Protect an endpoint with API keys and a rate limit, of which each request takes one unit.

    OPTIONS is free of both: it composes nothing, and browsers send their preflights without keys.
    What needs a key is kept in no shared cache.

    Args:
        app: The app, with its endpoints.
        endpoint: The endpoint's name.
        keys: The accepted keys.
        limiter: The limit for each caller; None for none.
    """

    def is_guarded() -> bool:
        return request.endpoint == endpoint and request.method != "OPTIONS"

    def keep_private(response: Response) -> Response:
        if is_guarded() and "Cache-Control" in response.headers:
            response.cache_control.private = True
        return response

    def admit() -> None:
        if is_guarded():
            caller = keys.caller(request)
            if limiter is not None:
                g.meter = _Meter(limiter, caller)
                charge(1)

    app.before_request(admit)
    app.after_request(_tell)
    if keys:
        app.after_request(keep_private)


def charge(cost: int) -> None:
    """Charge the caller of the current request for all of its cost, where there is a limit.

    Raises:
        TooManyRequestsError: The caller has too little left.
    """
    if "meter" in g:
        g.meter.charge(cost)


class _Meter:
    """What the current request costs, and what its caller has left."""

    def __init__(self, limiter: "RateLimiter", caller: str) -> None:
        self._limiter = limiter
        self._caller = caller
        self._spent = 0

    def charge(self, cost: int) -> None:
        if cost == self._spent:
            return
        self._allowance = allowance = self._limiter.spend(self._caller, cost, self._spent)
        if allowance.is_exceeded:
            raise TooManyRequestsError(self._refusal(allowance), allowance.reset_s)
        self._spent = allowance.cost

    def headers(self) -> dict[str, str]:
        """Return headers as in the draft of the RFC (draft-ietf-httpapi-ratelimit-headers-10)."""
        allowance = self._allowance
        return {
            POLICY_HEADER: f'"songs";q={allowance.rate.requests};w={allowance.rate.period_s}',
            LIMIT_HEADER: f'"songs";r={allowance.left};t={allowance.reset_s}',
            COST_HEADER: str(self._spent),
        }

    def _refusal(self, allowance: "Allowance") -> str:
        exceeded = f"The rate limit of {self._limiter.rate} is exceeded"
        if allowance.cost == 1:
            return f"{exceeded}; retry later."
        return (
            f"{exceeded}: this request costs {allowance.cost} units, and "
            f"{allowance.left + self._spent} are left; retry later, or request fewer songs, fewer "
            "notes or another format."
        )


def _tell(response: Response) -> Response:
    if "meter" in g:
        response.headers.update(g.meter.headers())
    return response
