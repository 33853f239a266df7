"""Does something again and again, as TensorFlow's ``PeriodicFunction`` does."""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

logger = logging.getLogger(__name__)


class Poller:
    """Calls a function on a thread of its own: at once, and after every interval."""

    def __init__(self, act: Callable[[], None], interval_s: float) -> None:
        """Calls nothing before it is started; with an interval of 0, ``act`` is called once."""
        self._act = act
        self._interval_s = interval_s
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._poll, daemon=True)

    def start(self) -> None:
        """Makes the first call, without waiting for it."""
        self._thread.start()

    def stop(self) -> None:
        """Makes no more calls, and waits for one that is under way."""
        self._stopping.set()
        if self._thread.ident is not None:
            self._thread.join()

    def _poll(self) -> None:
        while not self._stopping.is_set():
            try:
                self._act()
            except Exception:  # whatever went wrong with one call, the next may do better
                logger.exception("polling failed")
            if not self._interval_s or self._stopping.wait(self._interval_s):
                return
