"""Converts tensors to messages and back, in both forms that TensorFlow writes."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from api.errors import BrokenContractError
from api.model_server.tensors import (
    byte_strings,
    float32_array,
    float32_tensor,
    int32_array,
    int32_tensor,
)
from proto.model_server_pb2 import DT_FLOAT, DT_INT32, DT_STRING, TensorProto, TensorShapeProto

SHAPES = hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=4)


def shape(*sizes):
    return TensorShapeProto(dim=[TensorShapeProto.Dim(size=size) for size in sizes])


@given(hnp.arrays(np.int32, SHAPES))
def test_whole_numbers_survive_the_way_there_and_back(array):
    there = TensorProto.FromString(int32_tensor(array).SerializeToString())
    back = int32_array(there)
    assert (back.dtype, back.shape) == (np.int32, array.shape)
    np.testing.assert_array_equal(back, array)


@given(hnp.arrays(np.float32, SHAPES))
def test_numbers_survive_the_way_there_and_back_bit_by_bit(array):
    there = TensorProto.FromString(float32_tensor(array).SerializeToString())
    back = float32_array(there)
    assert (back.dtype, back.shape) == (np.float32, array.shape)
    assert back.tobytes() == array.tobytes()


@given(st.lists(st.integers(-(1 << 31), (1 << 31) - 1), max_size=6), st.integers(0, 4))
def test_the_last_typed_value_is_repeated_for_missing_ones(values, missing):
    count = len(values) + missing
    tensor = TensorProto(dtype=DT_INT32, tensor_shape=shape(1, count), int_val=values)
    last = values[-1:] or [0]
    assert int32_array(tensor).tolist() == [values + last * missing]


@given(st.lists(st.floats(width=32, allow_nan=False), max_size=6), st.integers(0, 4))
def test_the_same_for_numbers(values, missing):
    count = len(values) + missing
    tensor = TensorProto(dtype=DT_FLOAT, tensor_shape=shape(count), float_val=values)
    assert float32_array(tensor).tolist() == values + (values[-1:] or [0.0]) * missing


@given(st.lists(st.binary(max_size=5), max_size=6), st.integers(0, 4))
def test_the_same_for_strings(values, missing):
    count = len(values) + missing
    tensor = TensorProto(dtype=DT_STRING, tensor_shape=shape(count), string_val=values)
    assert byte_strings(tensor) == tuple(values + (values[-1:] or [b""]) * missing)


@given(st.lists(st.binary(max_size=300), min_size=1, max_size=6))
def test_strings_come_as_tensor_content_too(values):
    lengths = b"".join(
        bytes([len(v)]) if len(v) < 128 else bytes([len(v) & 127 | 128, len(v) >> 7])
        for v in values
    )
    content = lengths + b"".join(values)
    tensor = TensorProto(dtype=DT_STRING, tensor_shape=shape(len(values)), tensor_content=content)
    assert byte_strings(tensor) == tuple(values)


@pytest.mark.parametrize(
    ("read", "tensor"),
    [
        (int32_array, TensorProto(dtype=DT_FLOAT, tensor_shape=shape(1), float_val=[1])),
        (float32_array, TensorProto(dtype=DT_INT32, tensor_shape=shape(1), int_val=[1])),
        (byte_strings, TensorProto(dtype=DT_INT32, tensor_shape=shape(1), int_val=[1])),
        (int32_array, TensorProto(tensor_shape=shape(1))),
        (int32_array, TensorProto(dtype=DT_INT32, tensor_shape=shape(1), int_val=[1, 2])),
        (int32_array, TensorProto(dtype=DT_INT32, tensor_shape=shape(-1), int_val=[1])),
        (int32_array, TensorProto(dtype=DT_INT32, tensor_shape=shape(2), tensor_content=b"1234")),
        (int32_array, TensorProto(dtype=DT_INT32, tensor_shape=shape(1 << 40))),
        (int32_array, TensorProto(dtype=DT_INT32, tensor_shape=shape(1 << 62, 1 << 62))),
        (
            int32_array,
            TensorProto(dtype=DT_INT32, tensor_shape=TensorShapeProto(unknown_rank=True)),
        ),
        (byte_strings, TensorProto(dtype=DT_STRING, tensor_shape=shape(1), tensor_content=b"\x09")),
        (byte_strings, TensorProto(dtype=DT_STRING, tensor_shape=shape(1), tensor_content=b"\xff")),
        (
            byte_strings,
            TensorProto(dtype=DT_STRING, tensor_shape=shape(1), tensor_content=b"\xff" * 9),
        ),
        (byte_strings, TensorProto(dtype=DT_STRING, tensor_shape=shape(3), tensor_content=b"\x00")),
    ],
)
def test_a_tensor_that_cannot_be_read_breaks_the_contract(read, tensor):
    with pytest.raises(BrokenContractError, match="cannot be read"):
        read(tensor)
