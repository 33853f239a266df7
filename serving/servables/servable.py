"""One loaded version of a model.

As in TensorFlow Serving (``saved_model_bundle_factory.cc``), each bundle has its own session, so a
bundle that runs only eagerly fails here as it would there.
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
    """TensorFlow's thread counts. All sessions of a process share the intra-op threads.

    Attributes:
        intra_op: threads per operation; 0 means one per core.
        inter_op: threads that run operations; 0 means one per core, a negative number means the
            thread of each call.
    """

    intra_op: int = 0
    inter_op: int = 0


@dataclass(frozen=True)
class Servable:
    """A loaded version that processes requests until it is closed. Thread-safe.

    Attributes:
        id: the model and the version.
        definitions: the bundle's SignatureDef messages, by name.
        signatures: the parsed signatures, without those that only initialise the bundle.
        runner: runs the requests.
        session: the session that holds the weights.
    """

    id: ServableId
    definitions: Mapping[str, Any]
    signatures: Mapping[str, Signature]
    runner: Runner
    session: Any

    def predict(self, request: Any, is_wanted: Callable[[], bool] = lambda: True) -> Any:
        """Processes a PredictRequest and returns a PredictResponse.

        Args:
            request: the message.
            is_wanted: returns whether the client still waits; checked when a queued request is
                about to run.

        Raises:
            SignatureNotFoundError: the bundle has no such signature.
            InvalidRequestError: inputs or outputs do not fit the signature.
            ExecutionError: an operation failed.
            ServingError: the request could not be merged with others; see Scheduler.run.
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
        """Closes the session and frees its memory; no request may be running."""
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
    """Loads the bundle at ``path`` and replays its warm-up requests.

    Args:
        identity: the model and the version.
        path: the bundle's folder.
        warm_up: whether to replay the warm-up requests.
        scheduler: merges requests, shared by all versions; None runs each request separately.
        threads: TensorFlow's thread counts.

    Raises:
        LoadError: the bundle cannot be loaded, has no signatures, or a warm-up request failed.
    """
    config = tf.compat.v1.ConfigProto(
        intra_op_parallelism_threads=threads.intra_op, inter_op_parallelism_threads=threads.inter_op
    )
    session = tf.compat.v1.Session(graph=tf.Graph(), config=config)
    try:
        servable = _open(session, identity, path, scheduler)
        for request in warmup.predict_requests(path) if warm_up else ():
            servable.predict(request)
    except Exception as error:  # a damaged bundle may raise anything
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
    # These operations have kernels only in a Python process; TensorFlow Serving has none.
    nodes = [graph.node, *(function.node_def for function in graph.library.function)]
    for name in sorted(_PYTHON_OPS.intersection(node.op for each in nodes for node in each)):
        raise LoadError(
            f"Op type not registered '{name}': it calls back into the Python process that exported "
            "the bundle. Use TensorFlow's own operations instead.",
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
            "pass signatures to tf.saved_model.save().",
            grpc.StatusCode.FAILED_PRECONDITION,
        )
    return signatures
