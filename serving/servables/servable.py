"""One loaded version of a model.

A bundle is loaded into a session of its own, as TensorFlow Serving does it (``saved_model_bundle_
factory.cc``), so that what runs only eagerly fails here as it would there.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import grpc
import tensorflow as tf
from tensorflow_serving.apis import predict_pb2

from serving.errors import GRPC_CODES, LoadError, ServingError, SignatureNotFoundError
from serving.servables import warmup
from serving.servables.runner import BatchingRunner, Request, Runner, SessionRunner
from serving.servables.signatures import Signature
from serving.tensors import encode

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from serving.batching.batching import Scheduler

DEFAULT_SIGNATURE = "serving_default"
_TAGS = ("serve",)
_PYTHON_OPS = frozenset({"EagerPyFunc", "PyFunc", "PyFuncStateless"})


@dataclass(frozen=True)
class ServableId:
    """A version of a model."""

    name: str
    version: int

    def __str__(self) -> str:
        return f"{{name: {self.name} version: {self.version}}}"


@dataclass(frozen=True)
class Threads:
    """Who computes; those of one operation are shared by all sessions of a process.

    Attributes:
        intra_op: threads to one operation; 0 takes one a core.
        inter_op: threads that run operations; 0 takes one a core, a negative number the thread of
            each call.
    """

    intra_op: int = 0
    inter_op: int = 0


@dataclass(frozen=True)
class Servable:
    """A loaded version that answers requests, from many threads at once, until it is closed.

    Attributes:
        id: which version of which model this is.
        definitions: the bundle's SignatureDef messages, by name.
        signatures: the same, taken apart; without those that only set the bundle up.
        runner: what computes the answers.
        session: the session that holds the weights.
    """

    id: ServableId
    definitions: Mapping[str, Any]
    signatures: Mapping[str, Signature]
    runner: Runner
    session: Any

    def predict(self, request: Any, is_wanted: Callable[[], bool] = lambda: True) -> Any:
        """Answers a PredictRequest with a PredictResponse.

        Args:
            request: the message.
            is_wanted: whether its caller still waits; asked before it runs, where it had to queue.

        Raises:
            SignatureNotFoundError: the bundle has no such signature.
            InvalidRequestError: inputs or outputs do not fit the signature.
            ExecutionError: an operation failed.
            ServingError: it could not be merged with others; see Scheduler.run.
        """
        signature = self._signature(request.model_spec.signature_name or DEFAULT_SIGNATURE)
        inputs = signature.decode_inputs(request.inputs)
        outputs = signature.select_outputs(list(request.output_filter))
        response = predict_pb2.PredictResponse()
        values = self.runner.run(Request(signature, inputs, outputs, is_wanted))
        for spec, value in zip(outputs, values, strict=True):
            encode(spec, value, response.outputs[spec.alias])
        response.model_spec.name = self.id.name
        response.model_spec.version.value = self.id.version
        response.model_spec.signature_name = signature.name
        return response

    def close(self) -> None:
        """Gives the session's memory back; no request may be under way."""
        self.session.close()

    def _signature(self, name: str) -> Signature:
        if name not in self.signatures:
            raise SignatureNotFoundError(
                f'Serving signature key "{name}" not found. '
                f"{self.id} has {', '.join(map(str, self.signatures.values()))}."
            )
        return self.signatures[name]


def load(
    identity: ServableId,
    path: Path,
    *,
    warm_up: bool = True,
    scheduler: Scheduler | None = None,
    threads: Threads = Threads(),
) -> Servable:
    """Loads the bundle at ``path`` and replays its warm-up requests, unless told not to.

    Args:
        identity: which version this is.
        path: the bundle's folder.
        warm_up: whether the warm-up requests are replayed.
        scheduler: what merges requests, for all versions together; None runs each alone.
        threads: who computes.

    Raises:
        LoadError: it cannot be loaded, has nothing to serve, or failed a warm-up request.
    """
    config = tf.compat.v1.ConfigProto(
        intra_op_parallelism_threads=threads.intra_op, inter_op_parallelism_threads=threads.inter_op
    )
    session = tf.compat.v1.Session(graph=tf.Graph(), config=config)
    try:
        servable = _open(session, identity, path, scheduler)
        for request in warmup.predict_requests(path) if warm_up else ():
            servable.predict(request)
    except Exception as error:  # a damaged bundle raises whatever the first broken part does
        session.close()
        raise _load_error(error, path) from error
    return servable


def _open(session: Any, identity: ServableId, path: Path, scheduler: Scheduler | None) -> Servable:
    if not any((path / name).exists() for name in ("saved_model.pb", "saved_model.pbtxt")):
        raise LoadError(
            f"Could not find SavedModel .pb or .pbtxt at supplied export directory path: {path}.",
            grpc.StatusCode.NOT_FOUND,
        )
    with session.graph.as_default():
        meta_graph = tf.compat.v1.saved_model.load(session, _TAGS, str(path))
    _check_operations(meta_graph.graph_def)
    definitions = dict(meta_graph.signature_def)
    signatures = _signatures(definitions, path)
    runner: Runner = SessionRunner(session)
    if scheduler:
        runner = BatchingRunner(runner, scheduler)
    return Servable(identity, definitions, signatures, runner, session)


def _load_error(error: Exception, path: Path) -> LoadError:
    match error:
        case LoadError():
            return error
        case ServingError():
            return LoadError(f"A warm-up request of {path} failed: {error}", error.code)
        case tf.errors.OpError():
            return LoadError(error.message, GRPC_CODES[error.error_code])
        case _:
            return LoadError(f"Could not load the SavedModel at {path}: {error}")


def _check_operations(graph: Any) -> None:
    # These have kernels in this process only because it is Python; TensorFlow Serving has none.
    nodes = [graph.node, *(function.node_def for function in graph.library.function)]
    for name in sorted(_PYTHON_OPS.intersection(node.op for each in nodes for node in each)):
        raise LoadError(
            f"Op type not registered '{name}': it calls back into the Python process that made "
            "the bundle. Write that part with TensorFlow's own operations.",
            grpc.StatusCode.NOT_FOUND,
        )


def _signatures(definitions: Mapping[str, Any], path: Path) -> dict[str, Signature]:
    signatures = {
        name: Signature.from_proto(name, definition)
        for name, definition in sorted(definitions.items())
        if not name.startswith("__saved_model_")
    }
    if not signatures:
        raise LoadError(
            f"The SavedModel at {path} has no signatures, so it runs only eagerly; "
            "give tf.saved_model.save() its signatures.",
            grpc.StatusCode.FAILED_PRECONDITION,
        )
    return signatures
