"""Reads and checks TensorFlow Serving's BatchingParameters.

The checks are those of ``servables/tensorflow/bundle_factory_util.cc`` and of TensorFlow's
``core/kernels/batching_util/shared_batch_scheduler.h``, so both servers accept the same files.
"""

from __future__ import annotations

import itertools
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from google.protobuf import (
    descriptor_pb2,
    descriptor_pool,
    message_factory,
    wrappers_pb2,
)

from serving import text_proto
from serving.errors import ConfigurationError

if TYPE_CHECKING:
    from pathlib import Path

_Field = descriptor_pb2.FieldDescriptorProto
_INTEGER = {"type": _Field.TYPE_MESSAGE, "type_name": ".google.protobuf.Int64Value"}
_STRING = {"type": _Field.TYPE_MESSAGE, "type_name": ".google.protobuf.StringValue"}
# The supported fields, numbered from 1 as in ``servables/tensorflow/session_bundle_config.proto``;
# tensorflow-serving-api does not ship that file.
_FIELDS: dict[str, dict[str, Any]] = {
    "max_batch_size": _INTEGER,
    "batch_timeout_micros": _INTEGER,
    "max_enqueued_batches": _INTEGER,
    "num_batch_threads": _INTEGER,
    "thread_pool_name": _STRING,
    "allowed_batch_sizes": {"type": _Field.TYPE_INT64, "label": _Field.LABEL_REPEATED},
    "pad_variable_length_inputs": {"type": _Field.TYPE_BOOL},
}


@dataclass(frozen=True)
class BatchingParameters:
    """How requests are merged, with TensorFlow Serving's defaults.

    Attributes:
        max_batch_size: the largest number of rows of a batch, and so of a request.
        batch_timeout_micros: how long a request waits for others to fill its batch while a thread
            is free to run it, in microseconds.
        max_enqueued_batches: how many batches of one queue may wait for a thread.
        num_batch_threads: how many batches of all queues run at once.
        thread_pool_name: the prefix of the threads' names.
        allowed_batch_sizes: a batch is padded to the next of these sizes; empty allows every size.
        pad_variable_length_inputs: whether inputs are padded to the longest in their batch.
    """

    max_batch_size: int = 1000
    batch_timeout_micros: int = 0
    max_enqueued_batches: int = 10
    num_batch_threads: int = os.cpu_count() or 1
    thread_pool_name: str = "batch_threads"
    allowed_batch_sizes: tuple[int, ...] = ()
    pad_variable_length_inputs: bool = False

    def filled_up(self, rows: int) -> int:
        """The allowed batch size for ``rows`` rows."""
        return next((size for size in self.allowed_batch_sizes if size >= rows), rows)


def read(path: Path) -> BatchingParameters:
    """Reads BatchingParameters in protobuf's text format.

    Raises:
        ConfigurationError: the file cannot be read, or its values are invalid.
    """
    message = _message_class()()
    text_proto.read(path, message)
    parameters = BatchingParameters(
        **{field.name: _plain(field.name, value) for field, value in message.ListFields()}
    )
    _check(parameters)
    return parameters


def _plain(name: str, value: Any) -> Any:
    if name == "allowed_batch_sizes":
        return tuple(value)
    return value if name == "pad_variable_length_inputs" else value.value


def _check(parameters: BatchingParameters) -> None:
    for name, least in (
        ("max_batch_size", 1),
        ("batch_timeout_micros", 0),
        ("max_enqueued_batches", 0),
        ("num_batch_threads", 1),
    ):
        value = getattr(parameters, name)
        if value < least:
            kind = "positive" if least else "non-negative"
            raise ConfigurationError(f"{name} must be {kind}; was {value}")
    sizes = parameters.allowed_batch_sizes
    if sizes and sizes[-1] != parameters.max_batch_size:
        raise ConfigurationError(
            "Last entry in allowed_batch_sizes must match max_batch_size; last entry was "
            f"{sizes[-1]}; expected {parameters.max_batch_size}"
        )
    if any(size >= following for size, following in itertools.pairwise(sizes)):
        raise ConfigurationError(
            f"allowed_batch_sizes entries must be monotonically increasing; were {list(sizes)}"
        )


def _message_class() -> Any:
    file = descriptor_pb2.FileDescriptorProto(
        name="session_bundle_config.proto",
        package="tensorflow.serving",
        syntax="proto3",
        dependency=[wrappers_pb2.DESCRIPTOR.name],
    )
    message = file.message_type.add(name="BatchingParameters")
    for number, (name, kind) in enumerate(_FIELDS.items(), start=1):
        message.field.add(name=name, number=number, **kind)
    pool = descriptor_pool.DescriptorPool()  # the default pool is for generated files
    pool.AddSerializedFile(wrappers_pb2.DESCRIPTOR.serialized_pb)
    pool.Add(file)
    return message_factory.GetMessageClass(
        pool.FindMessageTypeByName("tensorflow.serving.BatchingParameters")
    )
