"""Retries on other replicas: a version that one does not have yet, another may have.

Replicas load a version one after the other. While they do, a call may meet a replica without it.
gRPC balances calls over the replicas, so that a retry meets another. Calls that fail for other
reasons are retried by gRPC itself (`RETRY_POLICY` in `grpc_client`).
"""

import time
from collections.abc import Callable
from typing import TypeVar

from api.deadline import Deadline
from api.errors import NoSuchModelError

TRIES = 20  # where one replica of three has the version, 1 call in 3,000 misses it every time
PAUSE_S = 0.05

Answer = TypeVar("Answer")


def retried_on_replicas(ask: Callable[[], Answer], deadline: Deadline) -> Answer:
    """Call until a replica has the version.

    Raises:
        NoSuchModelError: No try met a replica that has it.
        ModelServerError: As `ask`, or because the request's time is over.
    """
    for _ in range(TRIES - 1):
        try:
            return ask()
        except NoSuchModelError:
            time.sleep(min(PAUSE_S, deadline.left_s()))
    return ask()
