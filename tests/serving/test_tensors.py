import math
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from tensorflow.core.framework.tensor_pb2 import TensorProto

from serving.errors import InvalidRequestError
from serving.tensors import MOST_FILLED, TensorSpec, decode, encode

NUMBERS = [
    tf.float32, tf.float64, tf.float16, tf.bfloat16, tf.complex64, tf.complex128,
    tf.int8, tf.int16, tf.int32, tf.int64, tf.uint8, tf.uint16, tf.uint32, tf.uint64, tf.bool,
]  # fmt: skip


def spec(dtype, *shape: int):
    return TensorSpec("x", "x:0", dtype, shape)


def numbers(dtype):
    return np.array([[0, 1, 2], [3, 100, 101]]).astype(dtype.as_numpy_dtype)


def typed(spec, array):
    proto = TensorProto()
    encode(spec, array, proto)
    return proto


@pytest.mark.parametrize("dtype", NUMBERS, ids=lambda dtype: dtype.name)
class TestNumbers:
    def test_tensorflow_reads_what_is_encoded(self, dtype):
        proto = typed(spec(dtype, 2, 3), numbers(dtype))
        assert not proto.tensor_content
        np.testing.assert_array_equal(tf.make_ndarray(proto), numbers(dtype))

    def test_what_is_encoded_is_decoded(self, dtype):
        proto = typed(spec(dtype, 2, 3), numbers(dtype))
        decoded = decode(spec(dtype, 2, 3), proto, 0)
        assert decoded.dtype == dtype.as_numpy_dtype
        np.testing.assert_array_equal(decoded, numbers(dtype))

    def test_what_tensorflow_packs_is_decoded(self, dtype):
        proto = tf.make_tensor_proto(numbers(dtype))
        np.testing.assert_array_equal(decode(spec(dtype, -1, 3), proto, 0), numbers(dtype))

    @pytest.mark.parametrize("shape", [(), (0,), (2, 0)], ids=str)
    def test_scalars_and_empty_tensors_keep_their_shape(self, dtype, shape):
        array = np.ones(shape, dtype.as_numpy_dtype)
        decoded = decode(spec(dtype, *shape), typed(spec(dtype, *shape), array), 0)
        np.testing.assert_array_equal(decoded, array)


def test_strings_are_bytes():
    array = np.array([[b"Saria's", b"\xff\x00"]], object)
    proto = typed(spec(tf.string, 1, 2), array)
    assert list(proto.string_val) == [b"Saria's", b"\xff\x00"]
    np.testing.assert_array_equal(decode(spec(tf.string, 1, 2), proto, 0), array)


@pytest.mark.parametrize(
    ("values", "meaning"), [([], [0, 0, 0]), ([7], [7, 7, 7]), ([7, 8], [7, 8, 8])]
)
def test_values_left_out_repeat_the_last_one(values, meaning):
    proto = TensorProto(dtype=tf.int32.as_datatype_enum, int_val=values)
    proto.tensor_shape.dim.add(size=3)
    assert decode(spec(tf.int32, 3), proto, 0).tolist() == meaning


def tensor(shape, **fields: Any):
    proto = TensorProto(dtype=tf.float32.as_datatype_enum, **fields)
    for size in shape:
        proto.tensor_shape.dim.add(size=size)
    return proto


@pytest.mark.parametrize(
    ("proto", "opening"),
    [
        (tf.make_tensor_proto([1]), "Expects arg[4] to be float but int32 is provided"),
        (tf.make_tensor_proto(["a"]), "Expects arg[4] to be float but string is provided"),
        (TensorProto(), "Expects arg[4] to be float but invalid is provided"),
        (TensorProto(dtype=99), "Expects arg[4] to be float but type 99 is provided"),
        (tensor([2], float_val=[1, 2, 3]), "tensor parsing error: x"),
        (tensor([2], tensor_content=b"abc"), "tensor parsing error: x"),
        (tensor([2], tensor_content=b"abcd"), "tensor parsing error: x"),
        (tensor([-1], float_val=[1]), "tensor parsing error: x"),
        (tensor([2**62], float_val=[1]), "tensor parsing error: x"),
        (
            tensor([MOST_FILLED + 1], float_val=[1]),
            f"tensor parsing error: x: the shape [{MOST_FILLED + 1}] has more than {MOST_FILLED}",
        ),
        (tensor([MOST_FILLED + 1]), "tensor parsing error: x: the shape"),
    ],
)
def test_invalid_values_are_refused_with_valid_ones(proto, opening):
    with pytest.raises(InvalidRequestError) as raised:
        decode(spec(tf.float32, -1), proto, 4)
    assert str(raised.value).startswith(opening)
    assert "x float32[?]" in str(raised.value)


def test_a_tensor_may_be_of_any_size_whose_values_are_all_there(monkeypatch):
    monkeypatch.setattr("serving.tensors.MOST_FILLED", 2)
    assert decode(spec(tf.float32, -1), tensor([3], float_val=[1, 2, 3]), 0).tolist() == [1, 2, 3]
    with pytest.raises(InvalidRequestError, match="none may be omitted; 1 are missing"):
        decode(spec(tf.float32, -1), tensor([3], float_val=[1, 2]), 0)


@pytest.mark.parametrize("shape", [(), (1,), (2, 2), (3, 0)], ids=str)
def test_a_shape_other_than_the_declared_one_is_left_to_the_graph(shape):
    proto = tensor(shape, float_val=[7] * math.prod(shape))
    assert decode(spec(tf.float32, -1, 1), proto, 0).shape == shape
