"""Runs a signature's graph, for one request or for several at once."""

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
        signature: what is asked.
        inputs: its inputs, in its order.
        outputs: those of its outputs that are to be computed.
        is_wanted: whether anybody still waits for them.
    """

    signature: Signature
    inputs: Sequence[Array]
    outputs: Sequence[TensorSpec]
    is_wanted: Callable[[], bool] = lambda: True

    @property
    def kind(self) -> _Key:
        """What requests have in common that the same call can answer."""
        return self.signature.name, tuple(spec.name for spec in self.outputs)


class Runner(Protocol):
    """Answers decoded requests; called from many threads at once."""

    def run(self, request: Request) -> list[Any]:
        """Computes the outputs that are asked for, in the request's order.

        Raises:
            ServingError: the request cannot be run, or an operation failed.
        """


class SessionRunner:
    """Runs each request alone in a session."""

    def __init__(self, session: Any) -> None:
        """Runs requests in ``session``, which stays its owner's to close."""
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
        # Session.run() and Session.make_callable() look every tensor up anew at each call, which
        # takes five times as long as a small graph itself.
        key = request.kind
        if key not in self._callables:
            feed = [spec.name for spec in request.signature.inputs]
            options = config_pb2.CallableOptions(feed=feed, fetch=key[1])
            self._callables[key] = self._session._make_callable_from_options(options)  # noqa: SLF001
        return self._callables[key]


class BatchingRunner:
    """Has requests of one kind run together, as TensorFlow Serving's BatchingSession does."""

    def __init__(self, runner: Runner, scheduler: Scheduler) -> None:
        """Lets ``runner`` answer what ``scheduler``, which others use too, has merged."""
        self._runner = runner
        self._scheduler = scheduler
        self._queues: dict[_Key, Queue] = {}

    def run(self, request: Request) -> list[Any]:
        """See Runner, and Scheduler.run for what may go wrong besides."""
        return self._scheduler.run(self._queue(request), request.inputs, request.is_wanted)

    def _queue(self, request: Request) -> Queue:
        queue = self._queues.get(request.kind)
        # Of two threads that miss it at once, both have to use the same.
        return queue or self._queues.setdefault(request.kind, self._new_queue(request))

    def _new_queue(self, request: Request) -> Queue:
        signature, outputs = request.signature, request.outputs

        def compute(inputs: list[Array]) -> list[Array]:
            return self._runner.run(Request(signature, inputs, outputs))

        names = [spec.name for spec in signature.inputs]
        return Queue(names, compute, self._scheduler.parameters)
