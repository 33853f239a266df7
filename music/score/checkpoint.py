"""Long work that asks in between whether it is to go on."""

from collections.abc import Callable

Checkpoint = Callable[[], object]  # called between pieces of work; raises where it is to end


def go_on() -> None:
    """Let the work go on: the checkpoint where there is no end to the time."""
