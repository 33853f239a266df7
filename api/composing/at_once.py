"""Does several tasks of a request at the same time; they end together."""

from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from contextlib import AbstractContextManager
from contextvars import copy_context
from typing import TypeVar

from api.deadline import Deadline
from api.errors import OutOfTimeError

LOOK_S = 0.25  # how often to look whether the results are still wanted

Tool = TypeVar("Tool")
Result = TypeVar("Result")


def at_once(
    tasks: Sequence[Callable[[Tool], Result]],
    tools: Sequence[AbstractContextManager[Tool]],
    deadline: Deadline,
    is_wanted: Callable[[], bool],
) -> list[Result]:
    """Do tasks in some threads, and return their results in order.

    Args:
        tasks: Each ends by the deadline.
        tools: One for each thread, which does one task after the other with it.
        deadline: Of the tasks alone. It is cancelled if one of them fails, or none is wanted.
        is_wanted: Whether anybody waits for the results.

    Raises:
        OutOfTimeError: The results are not wanted any more.
        Exception: As the first task that fails.
    """
    left, results = deque(enumerate(tasks)), dict[int, Result]()

    def work(tools: AbstractContextManager[Tool]) -> None:
        with tools as tool:
            while True:
                try:
                    number, task = left.popleft()
                except IndexError:  # another thread may have taken the last one meanwhile
                    return
                results[number] = task(tool)

    with ThreadPoolExecutor(len(tools), "song") as executor:
        # The context has the request's id, which goes with every call.
        workers = [executor.submit(copy_context().run, work, each) for each in tools]
        try:
            _wait(workers, is_wanted)
        except BaseException:
            left.clear()
            deadline.cancel()
            raise
    return [results[number] for number in range(len(tasks))]


def _wait(workers: Sequence[Future[None]], is_wanted: Callable[[], bool]) -> None:
    """Wait until all are done, or raise as `at_once`."""
    is_done = False
    while not is_done:
        done, others = wait(workers, LOOK_S, FIRST_EXCEPTION)
        for worker in done:
            worker.result()
        is_done = not others
        if not is_done and not is_wanted():
            raise OutOfTimeError("The client has disconnected.")
