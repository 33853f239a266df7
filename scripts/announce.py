"""Prints the address of `make serve`'s page when the service is ready (for `scripts/serve.sh`)."""

import os
import socket
import time

from api.client.leitmotif_client import Leitmotif, LeitmotifError
from api.config import local_address

PAUSE_S = 0.5


def main() -> None:
    """Wait for both processes and a game, and print one line."""
    address = local_address(os.environ)
    # The model server listens after it has loaded its models; waiting keeps the API's log short.
    _wait_for_port(int(os.environ["MODEL_SERVER_PORT"]))
    while (line := _line(address)) is None:
        time.sleep(PAUSE_S)
    print(line, flush=True)


def _wait_for_port(port: int) -> None:
    while True:
        try:
            socket.create_connection(("localhost", port)).close()
        except OSError:
            time.sleep(PAUSE_S)
        else:
            return


def _line(address: str) -> str | None:
    """Return the line to print; None if the service is not ready yet."""
    try:
        games = Leitmotif(address).games()
    except LeitmotifError:
        return None
    if not games:
        return f"Leitmotif has no game yet; run make train GAME=bach, and open {address}"
    if any(game.state == "AVAILABLE" for game in games):
        return f"Leitmotif is ready: open {address}"
    return None


if __name__ == "__main__":
    main()
