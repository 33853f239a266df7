"""Products with a network's weights: in 8 bits on x86 processors, in float32 elsewhere.

A single song reads every weight once per token, so at batch 1 the time of a product is the time to
load its weights. In 8 bits they are a quarter of the bytes, and the product of integers is exact:
it does not depend on the other rows, unlike a product of floats.

TensorFlow's builds for x86 contain the 8-bit kernel; it needs oneDNN (TF_ENABLE_ONEDNN_OPTS=1; the
default if the processor has VNNI).
"""

from collections.abc import Callable
from typing import Any, Protocol

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray
from tensorflow.python.framework import kernels
from tensorflow.python.util import _pywrap_util_port

from training.errors import SettingsError

INT8, FLOAT32 = "int8", "float32"

# Two products of an 8-bit input with such a weight still fit into 16 bits, where processors without
# VNNI add them up before they go on in 32 (oneDNN's guide to int8 inference): exact on all of them.
_LARGEST_WEIGHT = 63
_LARGEST_INPUT = 127
_ZERO = 128  # inputs are unsigned bytes: this one is 0


# Sums of multiples of its inverse are exact up to 2**10, so that their order, which differs with
# the rows of a batch, makes no difference.
EXACT = 1 << 14


def exact(values: Any) -> Any:
    """Round values to multiples of 2**-14, whose sums are exact in any order."""
    return tf.round(values * EXACT) / EXACT


# Multiplies float32[B, K] by a kernel and adds float32[N] or float32[B, N]: float32[B, N].
Multiply = Callable[[Any, Any], Any]


class Product(Protocol):
    """A kernel float32[K, N] that rows are multiplied by."""

    def laid_out(self) -> Multiply:
        """Read the kernel in the graph that is being built, for it and for loops in it."""
        ...


class Float32Product(tf.Module):
    """Multiplies as training does, on any device."""

    def __init__(self, kernel: NDArray[np.float32]) -> None:
        """Take float32[K, N]."""
        super().__init__()
        self._kernel = tf.Variable(kernel, trainable=False)

    def laid_out(self) -> Multiply:
        """Read the kernel."""
        kernel = tf.convert_to_tensor(self._kernel)
        return lambda x, bias: x @ kernel + bias


class ConstantProduct:
    """Multiplies as `Float32Product` does, by a small kernel that every step needs.

    oneDNN arranges a constant once, and a variable at each call, which takes longer than the
    product of a single row.
    """

    def __init__(self, kernel: NDArray[np.float32]) -> None:
        """Take float32[K, N]."""
        self._kernel = kernel

    def laid_out(self) -> Multiply:
        """Write the kernel as a constant where it is used."""
        kernel_here = _constant_where_used(self._kernel, tf.float32)
        return lambda x, bias: x @ kernel_here() + bias


class Int8Product:
    """Multiplies rows between -1 and 1, the outputs of LSTM layers, in 8 bits; sums in 32 bits."""

    def __init__(self, kernel: NDArray[np.float32]) -> None:
        """Round float32[K, N], each column with its own scale."""
        largest = np.abs(kernel).max(axis=0)
        divisible = np.finfo(np.float32).tiny * _LARGEST_WEIGHT  # what is less is as good as 0
        scale = np.where(largest > divisible, largest, 1) / _LARGEST_WEIGHT
        self._kernel = np.rint(kernel / scale).astype(np.int8)
        self.scale = (scale / _LARGEST_INPUT).astype(np.float32)
        self._zero = (-_ZERO * self._kernel.sum(axis=0, dtype=np.int64)).astype(np.float32)

    def laid_out(self) -> Multiply:
        """Write the kernel as a constant where it is used: oneDNN would convert a variable."""
        multiply_whole = self.whole_laid_out()
        return lambda x, bias: multiply_whole(x * _LARGEST_INPUT) * self.scale + bias

    def whole_laid_out(self) -> Callable[[Any], Any]:
        """Do the same for float32[B, K] between -127 and 127: gives float32[B, N] whole numbers.

        Times `scale` they are what the rows give, divided by 127.
        """
        kernel_here = _constant_where_used(self._kernel, tf.qint8)

        def multiply(x: Any) -> Any:
            return tf.raw_ops.QuantizedMatMulWithBiasAndDequantize(
                a=tf.cast(x + (_ZERO + 0.5), tf.quint8),
                b=kernel_here(),
                bias=self._zero,
                min_a=0.0,
                max_a=255.0,
                min_b=-127.0,
                max_b=127.0,
                min_freezed_output=0.0,  # of no use where the output is float32
                max_freezed_output=0.0,
                Toutput=tf.float32,
                input_quant_mode="SCALED",
            )

        return multiply


class FineInt8Product:
    """Multiplies rows within a bound by two products in 8 bits: the rounded rows and the remainder.

    Sums of embeddings need more than 8 bits. Both products are exact sums, so that a song does not
    depend on the other rows.
    """

    def __init__(self, kernel: NDArray[np.float32], bound: float) -> None:
        """Round float32[K, N], for rows between -`bound` and `bound`."""
        self._product = Int8Product(kernel)
        self._bound = bound

    def laid_out(self) -> Multiply:
        """Write the kernel as a constant."""
        multiply_whole = self._product.whole_laid_out()
        scale = self._product.scale * self._bound

        def multiply(x: Any, bias: Any) -> Any:
            share = x * (_LARGEST_INPUT / self._bound)
            coarse = tf.round(share)
            fine = (share - coarse) * _LARGEST_INPUT
            # One product of twice the rows: the kernel is loaded only once.
            both = multiply_whole(tf.concat([coarse, fine], axis=0))
            coarse, fine = tf.split(both, 2, axis=0)
            # Rounded, so that TensorFlow adds what follows in no other order in another loop.
            return exact((coarse + fine / _LARGEST_INPUT) * scale + bias)

        return multiply


def _constant_where_used(values: NDArray[Any], dtype: tf.DType) -> Callable[[], Any]:
    """Return a function for the constant of the graph that is being built: loops have their own."""
    constants: dict[Any, Any] = {}

    def here() -> Any:
        graph = tf.compat.v1.get_default_graph()
        if graph not in constants:
            constants[graph] = tf.constant(values, dtype)
        return constants[graph]

    return here


ProductOf = Callable[[NDArray[np.float32]], Product]
PRODUCTS: dict[str, ProductOf] = {INT8: Int8Product, FLOAT32: Float32Product}


def weights_here() -> str:
    """Return the best weights for a machine like this one: INT8 or FLOAT32."""
    found = kernels.get_registered_kernels_for_op("QuantizedMatMulWithBiasAndDequantize").kernel
    return INT8 if found and _pywrap_util_port.IsMklEnabled() else FLOAT32  # MKL: oneDNN's old name


def choose_weights(asked: str) -> str:
    """Choose the weights of a bundle.

    Args:
        asked: INT8 or FLOAT32; "" for the best on this machine.

    Raises:
        SettingsError: It is INT8, and this machine cannot check such a bundle.
    """
    here = weights_here()
    if asked == INT8 and here != INT8:
        raise SettingsError(
            "WEIGHTS is int8, which TensorFlow cannot compute here, so that no bundle could be "
            "checked; it must be float32, or oneDNN be enabled (x86, TF_ENABLE_ONEDNN_OPTS=1)"
        )
    return asked or here
