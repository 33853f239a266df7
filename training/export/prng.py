"""Counter-based random numbers: a row's numbers depend only on its seed and position.

Source: J. Salmon et al., Parallel Random Numbers: As Easy as 1, 2, 3 (SC 2011), Threefry-2x32 with
20 rounds, checked against the paper's known answers in the tests.
"""

from typing import Any

import numpy as np
import tensorflow as tf

_ROTATIONS = ((13, 15, 26, 6), (17, 29, 16, 24))
_PARITY = 0x1BD11BDA


def uniform(seed: Any, counter: Any, fields: int) -> Any:
    """Compute a random number for every field at every counter of a row, all at once.

    Args:
        seed: int32[B, 2].
        counter: int32[B, N].
        fields: F.

    Returns:
        float32[B, N, F] in [0, 1), multiples of 2**-23. The largest, times any float32 total, is
        below that total, so that a sample is never past the end of a distribution.
    """
    key = tf.bitcast(seed, tf.uint32)[:, None, None, :]
    count = tf.bitcast(counter, tf.uint32)[:, :, None]
    field = tf.constant(np.arange(fields, dtype=np.uint32))[None, None, :]
    bits, _ = threefry_2x32((key[..., 0], key[..., 1]), (count, field))
    mantissa = tf.bitwise.right_shift(bits, tf.constant(9, tf.uint32))
    return tf.cast(tf.bitcast(mantissa, tf.int32), tf.float32) * 2.0**-23


def threefry_2x32(key: tuple[Any, Any], counter: tuple[Any, Any]) -> tuple[Any, Any]:
    """Mix two 32-bit counters with two 32-bit keys, all uint32 of shapes that broadcast."""
    schedule = (*key, key[0] ^ key[1] ^ tf.constant(_PARITY, tf.uint32))
    x, y = counter[0] + schedule[0], counter[1] + schedule[1]
    for block in range(5):
        for rotation in _ROTATIONS[block % 2]:
            x += y
            y = _rotated(y, rotation) ^ x
        x += schedule[(block + 1) % 3]
        y += schedule[(block + 2) % 3] + tf.constant(block + 1, tf.uint32)
    return x, y


def _rotated(bits: Any, by: int) -> Any:
    left = tf.bitwise.left_shift(bits, tf.constant(by, tf.uint32))
    return left | tf.bitwise.right_shift(bits, tf.constant(32 - by, tf.uint32))
