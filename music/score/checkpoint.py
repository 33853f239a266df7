"""A callback that long computations call regularly, so that they can be cancelled."""

from collections.abc import Callable

Checkpoint = Callable[[], object]  # called between pieces of work; raises where it is to end


def go_on() -> None:
    """Do nothing: the checkpoint of a computation without a deadline."""
