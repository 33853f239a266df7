"""An LSTM layer that trains fast on a CPU.

It has the same mathematics and weights as Keras's own layer, but a few large matrix products do
most of the work. The inputs' product is computed for all steps at once before the loop, and the
recurrent kernel's gradient for all steps at once after it, as in S. Appleyard et al., Optimizing
Performance of Recurrent Neural Networks on GPUs (2016). On a GPU, Keras's fused layer does this.
"""

from typing import Any

import keras
from keras import ops

_Three = tuple[Any, Any, Any]  # Keras's scan must carry and collect the same structure


def runs_on_gpu() -> bool:
    """Whether there is a GPU for Keras to use."""
    return bool(keras.distribution.list_devices("gpu"))


@keras.saving.register_keras_serializable("leitmotif")
class LSTM(keras.layers.LSTM):
    """`keras.layers.LSTM` with its default activations, without masks, returning sequences."""

    def __init__(self, units: int, **options: Any) -> None:
        """Create a layer with a number of units."""
        super().__init__(units, **{**options, "return_sequences": True})

    def inner_loop(
        self,
        sequences: Any,
        initial_state: Any,
        mask: Any,
        training: bool = False,  # noqa: FBT001, FBT002  Keras's own signature
    ) -> Any:
        """Run over whole sequences.

        Args:
            sequences: float32[B, T, I].
            initial_state: Not used: sequences start from zeros.
            mask: Not used: sequences are padded after their end.
            training: Not used.

        Returns:
            As Keras requires: last output, outputs float32[B, T, U], states.
        """
        if runs_on_gpu():
            return super().inner_loop(sequences, initial_state, mask, training)
        gates = sequences @ self.cell.kernel + self.cell.bias
        h, c = _recur(ops.swapaxes(gates, 0, 1), ops.copy(self.cell.recurrent_kernel))
        return h[-1], ops.swapaxes(h, 0, 1), [h[-1], c[-1]]


def _cell(gates: Any, c: Any) -> tuple[Any, Any, Any]:
    """Apply one cell: gates float32[B, 4U] in Keras's order i, f, c, o, before activation."""
    i, f, candidate, o = ops.split(gates, 4, axis=-1)
    i, f, candidate, o = ops.sigmoid(i), ops.sigmoid(f), ops.tanh(candidate), ops.sigmoid(o)
    c = f * c + i * candidate
    return o * ops.tanh(c), c, ops.concatenate([i, f, candidate, o], axis=-1)


@ops.custom_gradient
def _recur(inputs: Any, kernel: Any) -> Any:
    """Run the recurrence from zeros.

    Args:
        inputs: float32[T, B, 4U], the inputs' products.
        kernel: float32[U, 4U].

    Returns:
        h and c after every step, float32[T, B, U] each.
    """
    zeros = ops.zeros_like(inputs[0, :, : kernel.shape[0]])

    def step(carry: _Three, x: Any) -> tuple[_Three, _Three]:
        after = _cell(x + carry[0] @ kernel, carry[1])
        return after, after

    _, (h, c, gates) = ops.scan(step, (zeros, zeros, ops.zeros_like(inputs[0])), inputs)

    def gradient(*arguments: Any, upstream: Any = None) -> tuple[Any, Any]:
        d_h, _ = upstream or arguments
        d_gates = _d_gates(d_h, c, gates, kernel)
        before = ops.concatenate([zeros[None], h[:-1]], axis=0)
        flat = ops.reshape(before, (-1, kernel.shape[0]))
        return d_gates, ops.transpose(flat) @ ops.reshape(d_gates, (-1, kernel.shape[1]))

    return (h, c), gradient


def _d_gates(d_h: Any, c: Any, gates: Any, kernel: Any) -> Any:
    """Backpropagate through time: the gradient with respect to the gates before activation.

    All factors that do not depend on the recursion are computed before it, for all steps at once.

    Args:
        d_h: float32[T, B, U], the gradient with respect to each step's output.
        c: float32[T, B, U].
        gates: float32[T, B, 4U], after activation.
        kernel: float32[U, 4U].

    Returns:
        float32[T, B, 4U].
    """
    i, f, candidate, o = ops.split(gates, 4, axis=-1)
    zeros = ops.zeros_like(c[0])
    c_before = ops.concatenate([zeros[None], c[:-1]], axis=0)
    tanh_c = ops.tanh(c)
    by_c = ops.concatenate(
        [candidate * i * (1 - i), c_before * f * (1 - f), i * (1 - candidate * candidate)], axis=-1
    )
    by_h, c_by_h = tanh_c * o * (1 - o), o * (1 - tanh_c * tanh_c)
    back = ops.transpose(kernel)

    def step(carry: _Three, x: Any) -> tuple[_Three, _Three]:
        d_h_here, by_c_here, by_h_here, c_by_h_here, f_here = x
        d_h_t = carry[0] + d_h_here
        d_c_t = carry[1] + d_h_t * c_by_h_here
        d_gates = ops.concatenate([ops.tile(d_c_t, (1, 3)) * by_c_here, d_h_t * by_h_here], axis=-1)
        after = (d_gates @ back, d_c_t * f_here, d_gates)
        return after, after

    start = (zeros, zeros, ops.zeros_like(gates[0]))
    _, (_, _, d_gates) = ops.scan(step, start, (d_h, by_c, by_h, c_by_h, f), reverse=True)
    return d_gates
