import math
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from serving.batching.batching import Queue, Scheduler, Task
from serving.batching.parameters import BatchingParameters
from serving.errors import (
    AbandonedError,
    ExecutionError,
    InvalidRequestError,
    MergeError,
    QueueFullError,
)
from tests.serving.support import until

HOUR = 3_600_000_000  # in microseconds
PATIENCE_S = 30


class Model:
    """Doubles its input and says how many rows it saw at once; can be held while it does."""

    def __init__(self, **parameters):
        self.scheduler = Scheduler(BatchingParameters(**parameters))
        self.batches: list[list[int]] = []
        self.may_finish = threading.Event()
        self.may_finish.set()
        self.queue = self.new_queue()
        self._callers = ThreadPoolExecutor(32)

    def new_queue(self):
        return Queue(["x:0"], self._compute, self.scheduler.parameters)

    def _compute(self, batch):
        (x,) = batch
        self.batches.append(x[:, 0].tolist())
        self.may_finish.wait()
        if (x < 0).any():
            raise ExecutionError("x must not be negative")
        return [2 * x, np.full(len(x), len(x))]

    def call(self, *rows, queue=None, is_wanted=lambda: True):
        """Begins a request of these numbers, one a row; returns its future."""
        x = np.array(rows).reshape(len(rows), -1)
        return self._callers.submit(self.scheduler.run, queue or self.queue, [x], is_wanted)

    def hold(self):
        """Occupies the one thread with a batch that does not finish; returns its future."""
        self.may_finish.clear()
        held = self.call(0)
        until(lambda: self.batches == [[0]], "the first batch computes")
        return held

    def call_in_turn(self, *requests):
        """Begins requests that each wait in the queue before the next one comes."""
        futures = []
        for rows in requests:
            before = waiting(self.queue)
            futures.append(self.call(*rows))
            until(lambda n=before + 1: waiting(self.queue) == n, "the request is in the queue")
        return futures

    def close(self):
        self.may_finish.set()
        self.scheduler.drain()
        self._callers.shutdown()
        self.scheduler.close()


def waiting(queue):
    return sum(len(batch.tasks) for batch in queue._batches)


@contextmanager
def model(**parameters):
    made = Model(**{"num_batch_threads": 1, **parameters})
    try:
        yield made
    finally:
        made.close()


def doubled(future):
    return future.result(PATIENCE_S)[0][:, 0].tolist()


def test_while_one_batch_computes_the_next_gathers():
    with model() as m:
        first = m.hold()
        others = m.call_in_turn([1], [2, 3], [4])
        m.may_finish.set()
        assert doubled(first) == [0]
        assert [doubled(each) for each in others] == [[2], [4, 6], [8]]
        assert m.batches == [[0], [1, 2, 3, 4]]


def test_a_single_request_does_not_wait():
    with model() as m:
        assert doubled(m.call(1)) == [2]
        assert doubled(m.call(2)) == [4]
        assert m.batches == [[1], [2]]


def test_a_batch_that_waits_for_company_runs_as_soon_as_it_is_full():
    with model(max_batch_size=3, batch_timeout_micros=HOUR) as m:
        calls = [m.call(1), m.call(2), m.call(3)]
        assert sorted(each.result(PATIENCE_S)[1].tolist() for each in calls) == [[3], [3], [3]]


def test_a_batch_that_waits_for_company_runs_when_its_time_has_passed():
    with model(batch_timeout_micros=1000) as m:
        assert doubled(m.call(1)) == [2]


def test_a_batch_runs_though_not_full_once_a_request_did_not_fit_in():
    with model(max_batch_size=3, batch_timeout_micros=HOUR) as m:
        (first,) = m.call_in_turn([1, 2])
        second = m.call(3, 4, 5)
        assert doubled(first) == [2, 4]
        assert doubled(second) == [6, 8, 10]


def test_no_batch_waits_for_company_once_the_scheduler_drains():
    with model(batch_timeout_micros=HOUR) as m:
        call = m.call(1)
        until(lambda: m.scheduler._changed._waiters, "the batch waits for company")
        m.scheduler.drain()
        assert doubled(call) == [2]
        assert doubled(m.call(2)) == [4]


def test_requests_of_different_queues_never_meet_and_their_queues_take_turns():
    with model(max_batch_size=1) as m:
        first = m.hold()
        mine = m.call_in_turn([1], [2])
        other = m.new_queue()
        others = m.call(3, queue=other)
        until(lambda: waiting(other) == 1, "the other queue has a request")
        m.may_finish.set()
        for call in (first, *mine, others):
            call.result(PATIENCE_S)
        assert m.batches == [[0], [1], [3], [2]]


def test_several_batches_run_at_once_on_several_threads():
    with model(max_batch_size=1, num_batch_threads=2) as m:
        m.hold()
        second = m.call(1)
        until(lambda: m.batches == [[0], [1]], "the second batch computes beside the first")
        m.may_finish.set()
        assert doubled(second) == [2]


def test_a_batch_is_filled_up_to_a_size_that_is_allowed():
    with model(max_batch_size=4, allowed_batch_sizes=(2, 4)) as m:
        assert m.call(1).result(PATIENCE_S)[1].tolist() == [2]
        assert m.call(1, 2, 3).result(PATIENCE_S)[1].tolist() == [4, 4, 4]
        assert m.batches == [[1, 1], [1, 2, 3, 1]]


def test_a_request_is_refused_if_the_queue_is_full():
    with model(max_batch_size=2, max_enqueued_batches=2) as m:
        first = m.hold()
        waits = m.call_in_turn([1, 2], [3])
        with pytest.raises(QueueFullError) as raised:
            m.call(4, 5).result(PATIENCE_S)
        assert str(raised.value) == (
            "The batch scheduling queue to which this task was submitted is full; "
            "currently 2 batches enqueued and max_enqueued_batches is 2"
        )
        waits += m.call_in_turn([6])  # there is room for one row yet
        m.may_finish.set()
        assert [doubled(each) for each in (first, *waits)] == [[0], [2, 4], [6], [12]]
        assert m.batches == [[0], [1, 2], [3, 6]]


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([1, 2, 3], "Task size 3 is larger than maximum input batch size 2"),
        (np.array(1), "Batching Run() input tensors must have at least one dimension"),
    ],
)
def test_a_request_larger_than_a_batch_is_refused(rows, message):
    with model(max_batch_size=2) as m:
        with pytest.raises(InvalidRequestError) as raised:
            m.scheduler.run(m.queue, [np.array(rows)], lambda: True)
        assert str(raised.value) == message
        assert m.batches == []


def test_a_failing_batch_fails_all_its_requests_and_no_later_ones():
    with model() as m:
        m.hold()
        calls = m.call_in_turn([1], [-2], [3])
        m.may_finish.set()
        for call in calls:
            with pytest.raises(ExecutionError, match="x must not be negative"):
                call.result(PATIENCE_S)
        assert doubled(m.call(1)) == [2]


def test_requests_that_cannot_be_merged_fail_together():
    with model() as m:
        m.hold()
        calls = [*m.call_in_turn([1]), m.call([2, 2])]
        until(lambda: waiting(m.queue) == 2, "both wait")
        m.may_finish.set()
        for call in calls:
            with pytest.raises(MergeError, match="Tensors with name 'x:0' from different tasks"):
                call.result(PATIENCE_S)


def test_an_abandoned_request_does_not_run():
    with model() as m:
        m.hold()
        (good,) = m.call_in_turn([1])
        gone = m.call(-2, is_wanted=lambda: False)
        until(lambda: waiting(m.queue) == 2, "both wait")
        m.may_finish.set()
        assert doubled(good) == [2]
        with pytest.raises(AbandonedError, match=r"^Run\(\) timeout exceeded while waiting in "):
            gone.result(PATIENCE_S)
        with pytest.raises(AbandonedError):
            m.call(3, is_wanted=lambda: False).result(PATIENCE_S)
        assert m.batches == [[0], [1]]


requests = st.lists(st.tuples(st.integers(0, 4), st.integers(1, 3)), min_size=1, max_size=30)


@settings(max_examples=50)
@given(
    requests,
    st.integers(4, 9),
    st.integers(1, 3),
    st.sampled_from([0, 200]),
    st.booleans(),
)
def test_every_caller_gets_exactly_its_own_rows(
    shapes, most_rows, threads, timeout_micros, fills_up
):
    parameters = BatchingParameters(
        max_batch_size=most_rows,
        num_batch_threads=threads,
        batch_timeout_micros=timeout_micros,
        max_enqueued_batches=len(shapes),
        allowed_batch_sizes=(3, most_rows) if fills_up else (),
        pad_variable_length_inputs=True,
    )
    sizes = []

    def compute(batch):
        x, y = batch
        sizes.append(len(x))
        return [x + 1, y * 2, np.full(len(x), len(x))]

    scheduler = Scheduler(parameters)
    queue = Queue(["x:0", "y:0"], compute, parameters)
    numbers = iter(range(10_000))
    inputs = [
        [np.full((rows, width), next(numbers)), np.array([next(numbers) for _ in range(rows)])]
        for rows, width in shapes
    ]
    with ThreadPoolExecutor(8) as callers:
        answers = list(callers.map(lambda each: scheduler.run(queue, each, lambda: True), inputs))
    scheduler.close()

    for (x, y), (x_answer, y_answer, seen) in zip(inputs, answers, strict=True):
        assert x_answer[:, : x.shape[1]].tolist() == (x + 1).tolist()
        assert y_answer.tolist() == (y * 2).tolist()
        assert set(seen.tolist()) <= set(sizes)
    assert max(sizes) <= most_rows
    if fills_up:
        assert set(sizes) <= {0, 3, most_rows}


@given(
    st.lists(st.one_of(st.integers(0, 5), st.just("take"))), st.integers(1, 4), st.integers(0, 3)
)
def test_a_queue_takes_requests_in_their_order_into_batches_that_fit(events, most_rows, most):
    """Each number is a request of so many rows."""
    parameters = BatchingParameters(max_batch_size=most_rows, max_enqueued_batches=most)
    queue = Queue([], list, parameters)
    added, taken, opened = [], [], 0
    for event in [*events, *["take"] * len(events)]:
        if event == "take":
            if queue.ready_s < math.inf:
                taken.append(queue.take())
            continue
        task = Task([], event, lambda: True)
        try:
            opened += queue.add(task, now_s=0.0)
            added.append(task)
        except InvalidRequestError:
            assert event > most_rows
        except QueueFullError:
            assert opened - len(taken) == max(most, 1)
    assert [task for batch in taken for task in batch] == added
    assert len(taken) == opened
    assert all(taken)
    assert all(sum(task.rows for task in batch) <= most_rows for batch in taken)


def test_a_batch_may_run_when_it_is_old_enough_or_full_or_another_has_opened():
    parameters = BatchingParameters(max_batch_size=3, batch_timeout_micros=2_000_000)

    def ready_s(*requests):
        queue = Queue([], list, parameters)
        for came_s, rows in requests:
            queue.add(Task([], rows, lambda: True), came_s)
        return queue.ready_s

    assert ready_s() == math.inf
    assert ready_s((10.0, 1)) == 12.0
    assert ready_s((10.0, 1), (11.0, 1)) == 12.0
    assert ready_s((10.0, 1), (11.0, 2)) == -math.inf
    assert ready_s((10.0, 2), (11.0, 2)) == -math.inf
