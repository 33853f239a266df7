"""Products in 8 bits are close to those of floats, and independent of other rows."""

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import example, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from training.export.quantised_matmul import (
    INT8,
    ConstantProduct,
    Float32Product,
    Int8Product,
    weights_here,
)

pytestmark = pytest.mark.skipif(
    weights_here() != INT8, reason="this TensorFlow has no product in 8 bits"
)


def multiplied(product, x, bias) -> np.ndarray:
    """Multiply inside a graph, as a server does: oneDNN treats constants of a graph apart."""
    return tf.function(lambda rows: product.laid_out()(rows, bias))(
        tf.constant(x, tf.float32)
    ).numpy()


def random(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(0, 0.3, shape).astype(np.float32)


@settings(max_examples=30)
@example(np.full((7, 5), 1e-45, np.float32), np.ones((3, 7), np.float32))
@given(
    arrays(np.float32, (7, 5), elements=st.floats(-4, 4, width=32)),
    arrays(np.float32, (3, 7), elements=st.floats(-1, 1, width=32)),
)
def test_rounding_moves_a_product_by_no_more_than_it_can(kernel, x):
    bias = np.arange(5, dtype=np.float32)
    found = multiplied(Int8Product(kernel), x, bias)
    largest = np.abs(kernel).max(axis=0)
    # Half a step of each weight and of each input; a step is a 63rd of the column's largest weight
    # and a 127th of 1.
    most = 7 * (largest / 126 + largest / 254 + largest / 126 / 254) + 1e-4
    assert (np.abs(found - (x @ kernel + bias)) <= most).all()


def test_a_bias_may_be_each_rows_own():
    kernel, x, bias = random(6, 4), np.tanh(random(3, 6)), random(3, 4, seed=1)
    for product in (Int8Product(kernel), Float32Product(kernel), ConstantProduct(kernel)):
        np.testing.assert_allclose(multiplied(product, x, bias), x @ kernel + bias, atol=0.05)


@pytest.mark.parametrize("sign", [1, -1])
def test_the_largest_sums_are_exact(sign):
    kernel, x = np.full((1024, 64), sign, np.float32), np.ones((2, 1024), np.float32)
    assert (multiplied(Int8Product(kernel), x, 0.0) == np.float32(sign * 1024)).all()


@pytest.mark.parametrize("batch", [2, 5, 32, 64])
def test_a_row_is_the_same_in_every_batch(batch):
    product, x = Int8Product(random(384, 256)), np.tanh(random(batch, 384, seed=1) * 5)
    together = multiplied(product, x, random(256))
    for row, among in zip(x, together, strict=True):
        assert np.array_equal(multiplied(product, row[None], random(256))[0], among)
