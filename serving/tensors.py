"""Converts TensorProto messages to arrays and back."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import grpc
import numpy as np
import tensorflow as tf
from google.protobuf import wrappers_pb2
from tensorflow.core.framework import types_pb2

from serving.errors import InvalidRequestError, LoadError

MOST_FILLED = 1 << 26
"""Values that a tensor with omitted ones may have, since a small message can declare a huge one."""

Array = np.ndarray[Any, Any]

# The field of TensorProto that has the values of each type, and their encoding: half floats as
# bits, complex numbers as two parts.
_FIELDS = {
    tf.float32: ("float_val", None),
    tf.float64: ("double_val", None),
    tf.float16: ("half_val", np.uint16),
    tf.bfloat16: ("half_val", np.uint16),
    tf.int8: ("int_val", None),
    tf.int16: ("int_val", None),
    tf.int32: ("int_val", None),
    tf.int64: ("int64_val", None),
    tf.uint8: ("int_val", None),
    tf.uint16: ("int_val", None),
    tf.uint32: ("uint32_val", None),
    tf.uint64: ("uint64_val", None),
    tf.bool: ("bool_val", None),
    tf.string: ("string_val", None),
    tf.complex64: ("scomplex_val", np.float32),
    tf.complex128: ("dcomplex_val", np.float64),
}
_FIXED_WIDTH = {
    "float_val": "<f4",
    "scomplex_val": "<f4",
    "double_val": "<f8",
    "dcomplex_val": "<f8",
}


@dataclass(frozen=True)
class TensorSpec:
    """One input or output of a signature.

    Attributes:
        alias: its name in requests and responses.
        name: the tensor's name in the graph.
        dtype: its TensorFlow type.
        shape: the sizes of its axes, -1 for any size; None for any shape.
    """

    alias: str
    name: str
    dtype: Any
    shape: tuple[int, ...] | None

    @classmethod
    def from_tensor_info(cls, alias: str, info: Any) -> TensorSpec:
        """Parses a TensorInfo.

        Raises:
            LoadError: the tensor is not dense, or its type cannot be encoded in TensorProto.
        """
        dtype = tf.as_dtype(info.dtype)
        if dtype not in _FIELDS or not info.name:
            raise LoadError(
                f"{alias} is not a dense tensor of a type that can be sent",
                grpc.StatusCode.UNIMPLEMENTED,
            )
        unknown = info.tensor_shape.unknown_rank
        shape = None if unknown else tuple(axis.size for axis in info.tensor_shape.dim)
        return cls(alias, info.name, dtype, shape)

    def __str__(self) -> str:
        axes = (
            "..." if self.shape is None else ",".join("?" if n < 0 else str(n) for n in self.shape)
        )
        return f"{self.alias} {self.dtype.name}[{axes}]"


def decode(spec: TensorSpec, proto: Any, position: int) -> Array:
    """Decodes the input ``spec``, number ``position`` of its signature.

    As in TensorFlow Serving, the shape is not compared with the one that ``spec`` declares; the
    graph's operations decide which shapes they accept.

    Raises:
        InvalidRequestError: the message is malformed, or its type is not that of ``spec``.
    """
    if proto.dtype != spec.dtype.as_datatype_enum:
        raise InvalidRequestError(
            f"Expects arg[{position}] to be {_type_name(spec.dtype.as_datatype_enum)} but "
            f"{_type_name(proto.dtype)} is provided. The input is {spec}."
        )
    shape = tuple(axis.size for axis in proto.tensor_shape.dim)
    try:
        return _values(spec.dtype, proto, shape)
    except (ValueError, OverflowError, MemoryError) as error:
        raise InvalidRequestError(
            f"tensor parsing error: {spec.alias}: {error}. The input is {spec}."
        ) from error


def encode(spec: TensorSpec, value: Any, proto: Any) -> None:
    """Writes a fetched value into ``proto`` as typed values, as TensorFlow Serving does."""
    array = np.asarray(value, dtype=spec.dtype.as_numpy_dtype)
    proto.dtype = spec.dtype.as_datatype_enum
    proto.tensor_shape.SetInParent()  # a scalar has a shape without axes
    for size in array.shape:
        proto.tensor_shape.dim.add(size=size)
    field, stored_as = _FIELDS[spec.dtype]
    flat = array.ravel() if stored_as is None else array.ravel().view(stored_as)
    if field in _FIXED_WIDTH:
        _extend_packed(proto, field, flat.astype(_FIXED_WIDTH[field], copy=False))
    else:
        getattr(proto, field).extend(flat.tolist())


def _extend_packed(proto: Any, field: str, values: Array) -> None:
    # A packed field of fixed-width numbers has the same encoding as a bytes field: tag, length and
    # bytes. Merging that is about a hundred times faster than extend().
    if values.size:
        number = proto.DESCRIPTOR.fields_by_name[field].number
        as_field_1 = wrappers_pb2.BytesValue(value=values.tobytes()).SerializeToString()
        proto.MergeFromString(bytes([number << 3 | 2]) + as_field_1[1:])


def _values(dtype: Any, proto: Any, shape: tuple[int, ...]) -> Array:
    if any(size < 0 for size in shape):
        raise ValueError(f"the shape {list(shape)} has an axis of negative size")
    field, stored_as = _FIELDS[dtype]
    if proto.tensor_content and dtype != tf.string:
        flat = np.frombuffer(proto.tensor_content, dtype.as_numpy_dtype)
    else:
        flat = np.array(getattr(proto, field), stored_as or dtype.as_numpy_dtype)
        flat = flat.view(dtype.as_numpy_dtype) if stored_as else flat
        flat = _fill(flat, shape)
    return flat.reshape(shape)


def _fill(flat: Array, shape: tuple[int, ...]) -> Array:
    # Trailing values that equal the last one may be omitted; if all are, they are zero.
    missing = math.prod(shape) - flat.size
    if missing <= 0:
        return flat
    if math.prod(shape) > MOST_FILLED:
        raise ValueError(
            f"the shape {list(shape)} has more than {MOST_FILLED} values, so none may be omitted; "
            f"{missing} are missing"
        )
    zero = b"" if flat.dtype == object else 0
    return np.concatenate([flat, np.full(missing, flat[-1] if flat.size else zero, flat.dtype)])


def _type_name(dtype: int) -> str:
    """The name that TensorFlow's C++ gives a type: float, not float32."""
    try:
        return str(types_pb2.DataType.Name(dtype)).removeprefix("DT_").lower()
    except ValueError:
        return f"type {dtype}"
