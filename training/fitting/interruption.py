"""Handles Ctrl-C and SIGTERM at a point where no work is lost."""

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def interruptible() -> Iterator[Callable[[], None]]:
    """Defer Ctrl-C and SIGTERM until the yielded function is called; a second one ends at once.

    Libraries swallow a KeyboardInterrupt in a callback, and the work would continue.

    Yields:
        A function to call between two steps.

    Raises:
        KeyboardInterrupt: From that function, if a signal has arrived.
    """
    is_requested = False

    def defer(_number: int, _frame: FrameType | None) -> None:
        nonlocal is_requested
        is_requested = True
        for number in _SIGNALS:
            signal.signal(number, signal.default_int_handler)

    def check() -> None:
        if is_requested:
            raise KeyboardInterrupt

    before = {number: signal.signal(number, defer) for number in _SIGNALS}
    try:
        yield check
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
