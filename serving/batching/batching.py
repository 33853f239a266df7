"""Gathers the requests of different clients into batches and runs the batches, on arrays.

Follows TensorFlow's ``core/kernels/batching_util/shared_batch_scheduler.h``, which TensorFlow
Serving's ``batching/batching_session.cc`` uses. One thing differs: TensorFlow Serving skips a batch
only if every request in it has exceeded its deadline. This scheduler skips each request whose
client has disconnected.
"""

from __future__ import annotations

import math
import threading
import time
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from serving.batching.merging import count_rows, merge, split
from serving.errors import AbandonedError, InvalidRequestError, QueueFullError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from serving.batching.parameters import BatchingParameters
    from serving.tensors import Array


@dataclass(frozen=True, eq=False)
class Task:
    """One client's request in a queue.

    Attributes:
        inputs: arrays whose first axes have the same length.
        rows: the length of the first axis.
        is_wanted: returns whether the client still waits.
        result: the request's rows of every output, set when its batch has run.
    """

    inputs: Sequence[Array]
    rows: int
    is_wanted: Callable[[], bool]
    result: Future[list[Array]] = field(default_factory=Future)


@dataclass
class _Batch:
    """A batch that is being filled, and the time from which it may run even if not full."""

    ready_s: float
    tasks: list[Task] = field(default_factory=list)
    rows: int = 0


class Queue:
    """A FIFO queue of requests that may be merged with each other.

    Decides which requests form a batch and when the batch is ready. Not thread-safe: callers must
    hold a lock. The last batch is open: requests are added to it until one does not fit.
    """

    def __init__(
        self,
        names: Sequence[str],
        compute: Callable[[list[Array]], list[Array]],
        parameters: BatchingParameters,
    ) -> None:
        """Creates an empty queue.

        Args:
            names: the names of the inputs in the graph.
            compute: runs a batch. Every output has as many rows as every input.
            parameters: limits on the size, number and waiting time of batches.
        """
        self.names = names
        self.compute = compute
        self._parameters = parameters
        self._batches: deque[_Batch] = deque()

    def add(self, task: Task, now_s: float) -> bool:
        """Adds a request to the open batch, or to a new one if it does not fit.

        Returns:
            Whether a new batch was opened.

        Raises:
            InvalidRequestError: the request has more rows than the largest batch.
            QueueFullError: too many batches are waiting.
        """
        most_rows = self._parameters.max_batch_size
        if task.rows > most_rows:
            raise InvalidRequestError(
                f"Task size {task.rows} is larger than maximum input batch size {most_rows}"
            )
        opens = not self._batches or self._batches[-1].rows + task.rows > most_rows
        if opens:
            self._check_room()
            self._batches.append(_Batch(now_s + self._parameters.batch_timeout_micros / 1e6))
        self._batches[-1].tasks.append(task)
        self._batches[-1].rows += task.rows
        return opens

    @property
    def ready_s(self) -> float:
        """When the first batch may run, by the clock of ``add``; infinity if the queue is empty."""
        if not self._batches:
            return math.inf
        first = self._batches[0]
        is_closed = len(self._batches) > 1 or first.rows >= self._parameters.max_batch_size
        return -math.inf if is_closed else first.ready_s

    def take(self) -> list[Task]:
        """Removes the first batch from the queue and returns its requests."""
        return self._batches.popleft().tasks

    def _check_room(self) -> None:
        # As in TensorFlow, an empty queue accepts a batch even if max_enqueued_batches is 0.
        waiting, most = len(self._batches), self._parameters.max_enqueued_batches
        if waiting and waiting >= most:
            raise QueueFullError(
                "The batch scheduling queue to which this task was submitted is full; currently "
                f"{waiting} batches enqueued and max_enqueued_batches is {most}"
            )


class Scheduler:
    """Runs the batches of all queues on a thread pool, in round-robin order.

    With a timeout of 0, a batch runs as soon as a thread is free; while one batch computes, the
    next one fills.
    """

    def __init__(self, parameters: BatchingParameters) -> None:
        """Starts threads on the first request."""
        self.parameters = parameters
        self._threads = ThreadPoolExecutor(
            parameters.num_batch_threads, parameters.thread_pool_name
        )
        self._changed = threading.Condition()
        self._waiting: deque[Queue] = deque()  # non-empty queues, next first
        self._is_draining = False

    def run(
        self, queue: Queue, inputs: Sequence[Array], is_wanted: Callable[[], bool]
    ) -> list[Array]:
        """Runs a request in a batch with others of its queue; returns its rows of the outputs.

        Thread-safe. Returns when the batch has run. If the batch fails, every request in it fails
        with the same error.

        Raises:
            InvalidRequestError: the inputs have no common number of rows, or too many rows.
            QueueFullError: too many batches of this queue are waiting.
            AbandonedError: the client had disconnected before its batch ran.
            MergeError: the inputs cannot be merged, or the outputs cannot be split.
        """
        task = Task(inputs, count_rows(inputs), is_wanted)
        with self._changed:
            opened = queue.add(task, time.monotonic())
            if queue not in self._waiting:
                self._waiting.append(queue)
            self._changed.notify()
        if opened:
            self._threads.submit(self._run_next)
        return task.result.result()

    def drain(self) -> None:
        """Makes all batches ready from now on, without waiting for more requests."""
        with self._changed:
            self._is_draining = True
            self._changed.notify_all()

    def close(self) -> None:
        """Stops the threads; no request may be running."""
        self._threads.shutdown()

    def _run_next(self) -> None:
        queue, tasks = self._take()
        wanted = []
        for task in tasks:
            if task.is_wanted():
                wanted.append(task)
            else:
                task.result.set_exception(
                    AbandonedError("Run() timeout exceeded while waiting in batching queue")
                )
        if wanted:
            self._run_batch(queue, wanted)

    def _take(self) -> tuple[Queue, list[Task]]:
        """Waits for the next batch that is ready; every new batch adds one call of this method."""
        with self._changed:
            while True:
                now_s = math.inf if self._is_draining else time.monotonic()
                for queue in self._waiting:
                    if queue.ready_s <= now_s:
                        return queue, self._take_from(queue)
                ready_s = min(queue.ready_s for queue in self._waiting)
                self._changed.wait(min(ready_s - now_s, threading.TIMEOUT_MAX))

    def _take_from(self, queue: Queue) -> list[Task]:
        self._waiting.remove(queue)
        tasks = queue.take()
        if queue.ready_s < math.inf:
            self._waiting.append(queue)
        return tasks

    def _run_batch(self, queue: Queue, tasks: Sequence[Task]) -> None:
        counts = [task.rows for task in tasks]
        try:
            batch = merge(
                [task.inputs for task in tasks],
                queue.names,
                rows=self.parameters.filled_up(sum(counts)),
                pad=self.parameters.pad_variable_length_inputs,
            )
            results = split(queue.compute(batch), counts, rows=len(batch[0]))
        except Exception as error:  # noqa: BLE001 - every error is passed to the callers
            for task in tasks:
                task.result.set_exception(error)
        else:
            for task, result in zip(tasks, results, strict=True):
                task.result.set_result(result)
