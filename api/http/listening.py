"""The socket that the API listens on."""

import errno
import socket

from api.config import Config, ConfigError

MOST_WAITING = 2048  # connections that no worker has accepted yet; gunicorn's own default


def listening_socket(config: Config) -> socket.socket:
    """Listen where the configuration says.

    gunicorn would try a port that is taken five times, and end without the name of a setting.

    Raises:
        ConfigError: The address cannot be listened on; the message names the setting.
    """
    family = socket.AF_INET6 if ":" in config.host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((config.host, config.port))
        listener.listen(MOST_WAITING)
    except OSError as error:
        listener.close()
        raise _refusal(config, error) from error
    return listener


def _refusal(config: Config, error: OSError) -> ConfigError:
    if error.errno == errno.EADDRINUSE:
        return ConfigError(
            f"API_PORT: something else listens on port {config.port} of {config.host}; end it, or "
            "set another port"
        )
    return ConfigError(
        f"API_HOST, API_PORT: cannot listen on port {config.port} of {config.host}: "
        f"{error.strerror}"
    )
