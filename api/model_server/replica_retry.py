"""Asks again: what one replica of the model server does not have yet, another has.

Replicas load a version one after the other. While they do, who asks for it by number meets those
that have it and those that do not; calls go around, so that the next meets another.
"""

import time
from collections.abc import Callable
from typing import TypeVar

from api.deadline import Deadline
from api.errors import NoSuchModelError

TRIES = 20  # where one replica of three has the version, 1 call in 3,000 misses it every time
PAUSE_S = 0.05

Answer = TypeVar("Answer")


def asked_elsewhere(ask: Callable[[], Answer], deadline: Deadline) -> Answer:
    """Ask for a version of a model until a replica has it.

    Raises:
        NoSuchModelError: None has, as far as it seems.
        ModelServerError: As `ask`, or because the time of the request is up.
    """
    for _ in range(TRIES - 1):
        try:
            return ask()
        except NoSuchModelError:
            time.sleep(min(PAUSE_S, deadline.left_s()))
    return ask()
