"""Prepares new model versions before the first request, so that it does not have to wait."""

import logging
import time
from dataclasses import dataclass
from threading import Thread

from api.composing.composer import Composer
from api.deadline import Deadline
from api.errors import ApiError
from api.model_server.games import Games
from api.model_server.port import Model

PAUSE_SECONDS = 3.0
MODEL_SECONDS = 30.0  # for all calls about one model
MOST_LOOKS_SKIPPED = 63  # about three minutes

_LOG = logging.getLogger(__name__)


@dataclass
class _Progress:
    """The progress of preparing a game's newest version.

    Attributes:
        version: The version.
        is_done: Whether all its prompts are prefilled.
        skipped_looks: How many looks to skip before the next attempt.
        next_skipped_looks: How many to skip if that attempt fails.
    """

    version: int
    is_done: bool = False
    skipped_looks: int = 0
    next_skipped_looks: int = 0

    def fail(self) -> None:
        """Retry at a later look, with exponential backoff."""
        self.skipped_looks = self.next_skipped_looks
        self.next_skipped_looks = min(2 * self.next_skipped_looks + 1, MOST_LOOKS_SKIPPED)


class WarmUp:
    """Prefills the prompts of each version as soon as it is ready."""

    def __init__(self, games: Games, composer: Composer) -> None:
        """Prepare to fill the caches of games and composer."""
        self._games = games
        self._composer = composer
        self._progress: dict[str, _Progress] = {}

    def start(self) -> None:
        """Look for new versions from now on, in a separate thread."""
        Thread(target=self._run, name="warm-up", daemon=True).start()

    def look(self) -> None:
        """Look for new versions once; a game that fails does not stop the others."""
        for game in self._games.names():
            try:
                self._look_at(game)
            except ApiError:
                pass  # a caller who asks for the game gets the reason
            except Exception:  # noqa: BLE001  the thread has other games to prepare
                _LOG.exception("%s cannot be prepared", game)

    def _run(self) -> None:
        while True:
            self.look()
            time.sleep(PAUSE_SECONDS)

    def _look_at(self, game: str) -> None:
        deadline = Deadline.after(MODEL_SECONDS)
        model = self._games.ready_model(game, deadline)
        if model is None:
            return
        progress = self._progress.setdefault(game, _Progress(model.version))
        if progress.version != model.version:
            progress = self._progress[game] = _Progress(model.version)
        if progress.skipped_looks:
            progress.skipped_looks -= 1
        elif not progress.is_done:
            self._prepare(model, progress, deadline)

    def _prepare(self, model: Model, progress: _Progress, deadline: Deadline) -> None:
        try:
            self._composer.read_openings(self._games.bundle_of(model, deadline), deadline)
        except BaseException:
            progress.fail()
            raise
        progress.is_done = True
