"""Runs a signature's graph for one request or for a batch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import tensorflow as tf
from tensorflow.core.protobuf import config_pb2

from serving.batching.batching import Queue
from serving.errors import GRPC_CODES, ExecutionError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from serving.batching.batching import Scheduler
    from serving.servables.signatures import Signature
    from serving.tensors import Array, TensorSpec


_Key = tuple[str, tuple[str, ...]]  # a signature, and the tensors to fetch


@dataclass(frozen=True)
class Request:
    """A decoded request.

    Attributes:
        signature: the signature to run.
        inputs: the signature's inputs, in its order.
        outputs: the requested outputs of the signature.
        is_wanted: returns whether the client still waits.
    """

    signature: Signature
    inputs: Sequence[Array]
    outputs: Sequence[TensorSpec]
    is_wanted: Callable[[], bool] = lambda: True

    @property
    def kind(self) -> _Key:
        """The key that is equal for requests which may be merged."""
        return self.signature.name, tuple(spec.name for spec in self.outputs)


class Runner(Protocol):
    """Runs decoded requests. Implementations must be thread-safe."""

    def run(self, request: Request) -> list[Any]:
        """Computes the requested outputs, in the request's order.

        Raises:
            ServingError: the request cannot be run, or an operation failed.
        """


class SessionRunner:
    """Runs each request separately in a session."""

    def __init__(self, session: Any) -> None:
        """Runs requests in ``session``; the caller must close the session."""
        self._session = session
        self._callables: dict[_Key, Callable[..., list[Any]]] = {}

    def run(self, request: Request) -> list[Any]:
        """See Runner.

        Raises:
            ExecutionError: an operation failed.
        """
        call = self._callable(request)
        try:
            return call(*request.inputs)
        except tf.errors.OpError as error:
            raise ExecutionError(error.message, GRPC_CODES[error.error_code]) from error

    def _callable(self, request: Request) -> Callable[..., list[Any]]:
        # Session.run() and Session.make_callable() look up every tensor on each call, which takes
        # five times as long as running a small graph.
        key = request.kind
        if key not in self._callables:
            feed = [spec.name for spec in request.signature.inputs]
            options = config_pb2.CallableOptions(feed=feed, fetch=key[1])
            self._callables[key] = self._session._make_callable_from_options(options)  # noqa: SLF001
        return self._callables[key]


class BatchingRunner:
    """Runs requests of one kind in batches, as TensorFlow Serving's BatchingSession does."""

    def __init__(self, runner: Runner, scheduler: Scheduler) -> None:
        """Runs the batches of ``scheduler``, which is shared between versions, by ``runner``."""
        self._runner = runner
        self._scheduler = scheduler
        self._queues: dict[_Key, Queue] = {}

    def run(self, request: Request) -> list[Any]:
        """See Runner; Scheduler.run lists further errors."""
        return self._scheduler.run(self._queue(request), request.inputs, request.is_wanted)

    def _queue(self, request: Request) -> Queue:
        queue = self._queues.get(request.kind)
        # setdefault: two threads that find no queue at the same time must use the same new one.
        return queue or self._queues.setdefault(request.kind, self._new_queue(request))

    def _new_queue(self, request: Request) -> Queue:
        signature, outputs = request.signature, request.outputs

        def compute(inputs: list[Array]) -> list[Array]:
            return self._runner.run(Request(signature, inputs, outputs))

        names = [spec.name for spec in signature.inputs]
        return Queue(names, compute, self._scheduler.parameters)
