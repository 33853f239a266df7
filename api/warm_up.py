"""Gets to know models before anybody asks for their songs, so that no first request pays for it."""

import time
from contextlib import suppress
from threading import Thread

from api.composer import Composer
from api.deadline import Deadline
from api.errors import ApiError
from api.games import Games

PAUSE_SECONDS = 3.0
MODEL_SECONDS = 30.0  # for all calls about one model


class WarmUp:
    """Reads what songs go on from as soon as a version is ready, each version once."""

    def __init__(self, games: Games, composer: Composer) -> None:
        """Prepare to fill what these two keep."""
        self._games = games
        self._composer = composer
        self._known: dict[str, int] = {}

    def start(self) -> None:
        """Look for new versions from now on, in a thread of its own."""
        Thread(target=self._run, name="warm-up", daemon=True).start()

    def look(self) -> None:
        """Look for new versions once."""
        for game in self._games.names():
            with suppress(ApiError):  # whoever asks for the game is told
                self._look_at(game)

    def _run(self) -> None:
        while True:
            self.look()
            time.sleep(PAUSE_SECONDS)

    def _look_at(self, game: str) -> None:
        deadline = Deadline.after(MODEL_SECONDS)
        model = self._games.ready_model(game, deadline)
        if model is not None and self._known.get(game) != model.version:
            self._known[game] = model.version  # once, whatever comes of it
            self._composer.read_openings(self._games.bundle_of(model, deadline), deadline)
