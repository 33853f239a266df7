"""Whether the client of a request still waits for the response."""

import socket
from collections.abc import Callable, Mapping
from typing import Any

_SERVERS = ("gunicorn.socket", "werkzeug.socket")  # where they keep the connection


def is_connected(environ: Mapping[str, Any]) -> Callable[[], bool]:
    """Return what tells whether the client of a request is connected.

    A client that has closed its side counts as gone: no HTTP client does that and waits. Without
    a connection, as in tests, it counts as connected.
    """
    connection = next((environ[name] for name in _SERVERS if name in environ), None)

    def is_there() -> bool:
        if not isinstance(connection, socket.socket):
            return True
        try:
            return bool(connection.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT))
        except BlockingIOError:  # it sends nothing, and waits
            return True
        except OSError:
            return False

    return is_there
