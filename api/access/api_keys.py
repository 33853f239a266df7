"""Callers: identified by API key, or by address where no keys are configured."""

import hmac
from collections.abc import Iterable
from hashlib import sha256
from ipaddress import IPv6Address

from flask import Request

from api.errors import UnauthorizedError

KEY_HEADER = "X-API-Key"
NOWHERE = "nowhere"  # the address of callers on a Unix socket
_IPV6_NETWORK_BITS = 64  # what a single subscriber has at least
_SAID = f"send it as Authorization: Bearer <key> or as {KEY_HEADER}: <key>."


class ApiKeys:
    """The accepted API keys; without any, authentication is off."""

    def __init__(self, keys: Iterable[str]) -> None:
        """Keep only the digests of the keys."""
        self._digests = tuple(map(_digest, keys))

    def __bool__(self) -> bool:
        """Return whether authentication is on."""
        return bool(self._digests)

    def caller(self, request: Request) -> str:
        """Identify a caller by the digest of the key or, without keys, by the address.

        Raises:
            UnauthorizedError: The key is missing or not accepted.
        """
        if not self:
            return _network(request.remote_addr or NOWHERE)
        if not (key := _said_key(request)):
            raise UnauthorizedError(f"An API key is required; {_SAID}")
        digest = _digest(key)
        # Compared with every key in constant time.
        if not sum(hmac.compare_digest(digest, known) for known in self._digests):
            raise UnauthorizedError(f"The API key is not accepted; {_SAID}")
        return digest.hex()


def _said_key(request: Request) -> str:
    scheme, _, credentials = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return credentials.strip()
    return request.headers.get(KEY_HEADER, "")


def _digest(key: str) -> bytes:
    return sha256(key.encode()).digest()


def _network(address: str) -> str:
    """Name the network of an IPv6 address, since one caller has many addresses."""
    try:
        parsed = IPv6Address(address)
    except ValueError:
        return address
    if parsed.ipv4_mapped:
        return str(parsed.ipv4_mapped)
    return str(IPv6Address(int(parsed) >> _IPV6_NETWORK_BITS << _IPV6_NETWORK_BITS))
