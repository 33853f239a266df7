"""Training loss: the summed cross-entropy of a token's fields, and of where pieces end."""

from typing import Any

import keras
from keras import ops

_ENDING_WEIGHT = 0.5


@keras.saving.register_keras_serializable("leitmotif")
class FieldsLoss(keras.losses.Loss):
    """The mean over all tokens of the sum of their fields' cross-entropies, in nats.

    If the logits have one for the ending after those of the fields, its cross-entropy is added with
    a weight of a half.
    """

    def __init__(self, field_sizes: tuple[int, ...], **options: Any) -> None:
        """Take the number of values of each field."""
        super().__init__(**{**options, "reduction": None})
        self.field_sizes = tuple(field_sizes)

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """Compare logits with the targets.

        Args:
            y_true: [B, T, F + 1]: the next token, 0 for none, and then the ending: 1 at the end of
                the piece, 0 before it, -1 after it.
            y_pred: float32[B, T, L], or [B, T, L + 1] with the logit of the ending.

        Returns:
            float32, the mean.
        """
        came = ops.cast(y_true, "int32")
        is_token = ops.cast(came[..., 0] > 0, y_pred.dtype)
        total, start = 0.0, 0
        for f, size in enumerate(self.field_sizes):
            total += ops.sparse_categorical_crossentropy(
                ops.maximum(came[..., f] - 1, 0),
                y_pred[..., start : start + size],
                from_logits=True,
            )
            start += size
        summed = ops.sum(total * is_token)
        if y_pred.shape[-1] > start:
            summed += _ENDING_WEIGHT * _ending_nats(came[..., -1], y_pred[..., start])
        return summed / ops.maximum(ops.sum(is_token), 1.0)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of `__init__`."""
        return {"name": self.name, "field_sizes": self.field_sizes}


def _ending_nats(ended: Any, logits: Any) -> Any:
    """Sum the cross-entropy of endings: int32[B, T] of -1, 0 and 1, float32[B, T]."""
    is_known = ops.cast(ended >= 0, logits.dtype)
    is_end = ops.cast(ended > 0, logits.dtype)
    return ops.sum((ops.softplus(logits) - is_end * logits) * is_known)
