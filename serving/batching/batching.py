"""Gathers the requests of different callers into batches and runs these: arrays in, arrays out.

After TensorFlow's ``core/kernels/batching_util/shared_batch_scheduler.h``, on which TensorFlow
Serving's ``batching/batching_session.cc`` rests. One thing differs. TensorFlow Serving leaves a
batch alone only where every caller in it has run out of time; here nobody's request runs any more
once its caller has gone.
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
    """One caller's request, on its way through a queue.

    Attributes:
        inputs: arrays whose first axis has the same length.
        rows: that length.
        is_wanted: whether the caller still waits.
        answer: the caller's rows of every output, once its batch has run.
    """

    inputs: Sequence[Array]
    rows: int
    is_wanted: Callable[[], bool]
    answer: Future[list[Array]] = field(default_factory=Future)


@dataclass
class _Batch:
    """What has gathered so far, and when it may run full or not."""

    ready_s: float
    tasks: list[Task] = field(default_factory=list)
    rows: int = 0


class Queue:
    """Requests of one kind, which may be merged with each other, first come first served.

    Only decides what goes together and when; whoever uses it takes care that one thread does so at
    a time. The last batch is open: it takes requests until one does not fit in.
    """

    def __init__(
        self,
        names: Sequence[str],
        compute: Callable[[list[Array]], list[Array]],
        parameters: BatchingParameters,
    ) -> None:
        """An empty queue.

        Args:
            names: what the inputs are called in the graph.
            compute: answers a batch: as many rows in every output as in every input.
            parameters: how large batches get, and how many of them wait, for how long.
        """
        self.names = names
        self.compute = compute
        self._parameters = parameters
        self._batches: deque[_Batch] = deque()

    def add(self, task: Task, now_s: float) -> bool:
        """Puts a request into the open batch, or into a new one where it does not fit in.

        Returns:
            Whether a new batch was opened.

        Raises:
            InvalidRequestError: the request has more rows than a batch may have.
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
        """When the first batch may run, by the clock of ``add``: never, where there is none."""
        if not self._batches:
            return math.inf
        first = self._batches[0]
        is_closed = len(self._batches) > 1 or first.rows >= self._parameters.max_batch_size
        return -math.inf if is_closed else first.ready_s

    def take(self) -> list[Task]:
        """The first batch, which leaves the queue."""
        return self._batches.popleft().tasks

    def _check_room(self) -> None:
        # An empty queue takes a batch even where none may wait, as in TensorFlow.
        waiting, most = len(self._batches), self._parameters.max_enqueued_batches
        if waiting and waiting >= most:
            raise QueueFullError(
                "The batch scheduling queue to which this task was submitted is full; currently "
                f"{waiting} batches enqueued and max_enqueued_batches is {most}"
            )


class Scheduler:
    """Runs the batches of all queues on a few threads; the queues take turns.

    Without a timeout a batch never waits where a thread is free: while one computes, the next
    gathers.
    """

    def __init__(self, parameters: BatchingParameters) -> None:
        """Starts no thread before there is something to run."""
        self.parameters = parameters
        self._threads = ThreadPoolExecutor(
            parameters.num_batch_threads, parameters.thread_pool_name
        )
        self._changed = threading.Condition()
        self._waiting: deque[Queue] = deque()  # those that hold a batch, the next in turn first
        self._is_draining = False

    def run(
        self, queue: Queue, inputs: Sequence[Array], is_wanted: Callable[[], bool]
    ) -> list[Array]:
        """Runs a request, merged with others of its queue; returns its own rows of the outputs.

        May be called from any thread, and returns once the batch has run. Where running the batch
        fails, it fails so for every request in it.

        Raises:
            InvalidRequestError: the inputs make no rows, or too many.
            QueueFullError: too many batches of this queue are waiting.
            AbandonedError: the caller had gone when the turn of its batch came.
            MergeError: the requests that met, or what was computed of them, make no batch.
        """
        task = Task(inputs, count_rows(inputs), is_wanted)
        with self._changed:
            opened = queue.add(task, time.monotonic())
            if queue not in self._waiting:
                self._waiting.append(queue)
            self._changed.notify()
        if opened:
            self._threads.submit(self._run_next)
        return task.answer.result()

    def drain(self) -> None:
        """From now on no batch waits to get fuller."""
        with self._changed:
            self._is_draining = True
            self._changed.notify_all()

    def close(self) -> None:
        """Ends the threads; nothing may be under way."""
        self._threads.shutdown()

    def _run_next(self) -> None:
        queue, tasks = self._take()
        wanted = []
        for task in tasks:
            if task.is_wanted():
                wanted.append(task)
            else:
                task.answer.set_exception(
                    AbandonedError("Run() timeout exceeded while waiting in batching queue")
                )
        if wanted:
            self._answer(queue, wanted)

    def _take(self) -> tuple[Queue, list[Task]]:
        """Waits for the next batch that may run; there is one, since each opens with a call."""
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

    def _answer(self, queue: Queue, tasks: Sequence[Task]) -> None:
        counts = [task.rows for task in tasks]
        try:
            batch = merge(
                [task.inputs for task in tasks],
                queue.names,
                rows=self.parameters.filled_up(sum(counts)),
                pad=self.parameters.pad_variable_length_inputs,
            )
            answers = split(queue.compute(batch), counts, rows=len(batch[0]))
        except Exception as error:  # noqa: BLE001 - whatever it is, the callers are told
            for task in tasks:
                task.answer.set_exception(error)
        else:
            for task, answer in zip(tasks, answers, strict=True):
                task.answer.set_result(answer)
