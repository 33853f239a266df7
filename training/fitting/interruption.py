"""Ctrl-C and SIGTERM at a place where nothing is lost."""

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def interruptible() -> Iterator[Callable[[], None]]:
    """Put Ctrl-C and SIGTERM off until the yielded function is called; a second one ends at once.

    Libraries swallow a KeyboardInterrupt that hits them in a callback, and work would go on.

    Yields:
        A function to call between two steps.

    Raises:
        KeyboardInterrupt: From that function, when either came since.
    """
    asked = False

    def put_off(_number: int, _frame: FrameType | None) -> None:
        nonlocal asked
        asked = True
        for number in _SIGNALS:
            signal.signal(number, signal.default_int_handler)

    def check() -> None:
        if asked:
            raise KeyboardInterrupt

    before = {number: signal.signal(number, put_off) for number in _SIGNALS}
    try:
        yield check
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
