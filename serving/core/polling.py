"""Calls a function periodically, as TensorFlow's ``PeriodicFunction`` does."""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

logger = logging.getLogger(__name__)


class Poller:
    """Calls a function on its own thread: immediately, then after every interval."""

    def __init__(self, act: Callable[[], None], interval_s: float) -> None:
        """Creates a poller that is not started. With an interval of 0, it calls ``act`` once."""
        self._act = act
        self._interval_s = interval_s
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._poll, daemon=True)

    def start(self) -> None:
        """Starts the thread; does not wait for the first call."""
        self._thread.start()

    def stop(self) -> None:
        """Stops the thread, and waits for a call that is running."""
        self._stopping.set()
        if self._thread.ident is not None:
            self._thread.join()

    def _poll(self) -> None:
        while not self._stopping.is_set():
            try:
                self._act()
            except Exception:  # the next call may succeed
                logger.exception("polling failed")
            if not self._interval_s or self._stopping.wait(self._interval_s):
                return
