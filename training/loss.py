"""What fitting makes small: how badly every field of every token is foretold."""

from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable("leitmotif")
class FieldsLoss(keras.losses.Loss):
    """The mean over all tokens of the sum of their fields' cross-entropies, in nats."""

    def __init__(self, field_sizes: tuple[int, ...], **options: Any) -> None:
        """Name how many values each field has."""
        super().__init__(**{**options, "reduction": None})
        self.field_sizes = tuple(field_sizes)

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """Compare float32[B, T, L] logits with the tokens that came, [B, T, F], 0 where none did.

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
        return ops.sum(total * is_token) / ops.maximum(ops.sum(is_token), 1.0)

    def get_config(self) -> dict[str, Any]:
        """Give what makes the same loss again."""
        return {"name": self.name, "field_sizes": self.field_sizes}
