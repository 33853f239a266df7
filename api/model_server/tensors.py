"""NumPy arrays to TensorFlow's TensorProto and back.

Arrays leave as `tensor_content`. They come in as either form: `tensor_content`, or a list of typed
values of which the last stands for all that are missing.
"""

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from api.errors import BrokenContractError
from proto.model_server_pb2 import DT_FLOAT, DT_INT32, DT_STRING, TensorProto, TensorShapeProto

_MOST_VALUES = 1 << 24


def int32_tensor(values: ArrayLike) -> TensorProto:
    """Make a tensor of integers of any shape."""
    array = np.asarray(values, "<i4")
    return TensorProto(dtype=DT_INT32, tensor_shape=_shape(array), tensor_content=array.tobytes())


def float32_tensor(values: ArrayLike) -> TensorProto:
    """Make a tensor of numbers of any shape."""
    array = np.asarray(values, "<f4")
    return TensorProto(dtype=DT_FLOAT, tensor_shape=_shape(array), tensor_content=array.tobytes())


def int32_array(tensor: TensorProto) -> NDArray[np.int32]:
    """Read a tensor of integers of any shape.

    Raises:
        BrokenContractError: It is of another type, or its values do not fill its shape.
    """
    _check_type(tensor, DT_INT32)
    return _array(tensor, tensor.int_val, np.dtype("<i4")).astype(np.int32, copy=False)


def float32_array(tensor: TensorProto) -> NDArray[np.float32]:
    """Read a tensor of numbers of any shape.

    Raises:
        BrokenContractError: It is of another type, or its values do not fill its shape.
    """
    _check_type(tensor, DT_FLOAT)
    return _array(tensor, tensor.float_val, np.dtype("<f4")).astype(np.float32, copy=False)


def byte_strings(tensor: TensorProto) -> tuple[bytes, ...]:
    """Read a tensor of strings, as they lie, row after row.

    Raises:
        BrokenContractError: It is of another type, or its values do not fill its shape.
    """
    _check_type(tensor, DT_STRING)
    count = math.prod(_sizes(tensor))
    if tensor.tensor_content:
        return _string_list(tensor.tensor_content, count)
    given = tuple(tensor.string_val)
    return given + _missing(given, count) * (given[-1:] or (b"",))


def _shape(array: NDArray[Any]) -> TensorShapeProto:
    return TensorShapeProto(dim=[TensorShapeProto.Dim(size=size) for size in array.shape])


def _check_type(tensor: TensorProto, expected: int) -> None:
    if tensor.dtype != expected:
        raise _broken(f"a tensor of type {tensor.dtype}, not {expected}")


def _sizes(tensor: TensorProto) -> tuple[int, ...]:
    sizes = tuple(dim.size for dim in tensor.tensor_shape.dim)
    if tensor.tensor_shape.unknown_rank or min(sizes, default=0) < 0:
        raise _broken("a tensor without a definite shape")
    if math.prod(sizes) > _MOST_VALUES:
        raise _broken(f"a tensor of shape {sizes}, which is too large")
    return sizes


def _array(tensor: TensorProto, typed: Sequence[float], dtype: np.dtype[Any]) -> NDArray[Any]:
    sizes = _sizes(tensor)
    count = math.prod(sizes)
    if tensor.tensor_content:
        if len(tensor.tensor_content) != count * dtype.itemsize:
            raise _broken(f"{len(tensor.tensor_content)} bytes for a shape of {sizes}")
        return np.frombuffer(tensor.tensor_content, dtype).reshape(sizes)
    given = np.array(typed, dtype)
    last = given[-1] if len(given) else 0
    return np.pad(given, (0, _missing(typed, count)), constant_values=last).reshape(sizes)


def _missing(given: Sequence[Any], count: int) -> int:
    if len(given) > count:
        raise _broken(f"{len(given)} values for a shape of {count}")
    return count - len(given)


def _string_list(content: bytes, count: int) -> tuple[bytes, ...]:
    """Split TensorFlow's packing of strings: every length as a varint, then all the bytes."""
    lengths, start = [], 0
    for _ in range(count):
        length, start = _varint(content, start)
        lengths.append(length)
    if start + sum(lengths) != len(content):
        raise _broken(f"{len(content)} bytes that are not {count} strings")
    ends = np.cumsum([start, *lengths]).tolist()
    return tuple(content[begin:end] for begin, end in pairwise(ends))


def _varint(content: bytes, start: int) -> tuple[int, int]:
    """Read a varint; gives its value and where the next byte is."""
    value = 0
    for place, byte in enumerate(content[start : start + 5]):
        value |= (byte & 0x7F) << 7 * place
        if byte < 0x80:
            return value, start + place + 1
    raise _broken("strings whose lengths cannot be read")


def _broken(what: str) -> BrokenContractError:
    return BrokenContractError("The model server's answer cannot be read.", f"it answered {what}")
