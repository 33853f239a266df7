"""The optimizer and the schedule of its learning rate."""

import math
from typing import Any

import keras

from training.recipe import ADAM, FittingRecipe

_WARMUP_SHARE = 0.05  # of the updates
_LOWEST_SHARE = 0.01  # of the highest rate, at the end
_WEIGHT_DECAY = 0.1  # without it, steps of constant size make matrices grow without bound
_ADAM_SHARE = 0.2  # of Muon's learning rate, for weights that are not hidden matrices


@keras.saving.register_keras_serializable(package="leitmotif")
class RiseAndFall(keras.optimizers.schedules.LearningRateSchedule):  # type: ignore[misc]
    """A learning rate that rises linearly, stays, and falls to a hundredth along a half cosine.

    A rate that stays high for most of the updates learns as well as one that falls from the start,
    for any number of updates.

    Source: A. Hägele et al., Scaling Laws and Compute-Optimal Training Beyond Fixed Training
    Durations (NeurIPS 2024).
    """

    def __init__(self, highest: float, rise: int, stay: int, fall: int) -> None:
        """Take the highest rate, and the updates of each part: rise and fall have at least 1."""
        super().__init__()
        self._highest = highest
        self._rise, self._stay, self._fall = rise, stay, fall

    def __call__(self, step: Any) -> Any:
        """Return the rate of an update, counted from 0, as a float32 scalar."""
        update = keras.ops.cast(step, "float32")
        rising = keras.ops.minimum(1.0, (update + 1) / self._rise)
        fallen = keras.ops.clip((update - self._rise - self._stay) / self._fall, 0.0, 1.0)
        cosine = (1 + keras.ops.cos(math.pi * fallen)) / 2
        return self._highest * rising * (_LOWEST_SHARE + (1 - _LOWEST_SHARE) * cosine)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of `__init__`, for checkpoints."""
        return {
            "highest": self._highest,
            "rise": self._rise,
            "stay": self._stay,
            "fall": self._fall,
        }


def make_optimizer(recipe: FittingRecipe, updates: int) -> keras.optimizers.Optimizer:
    """Create the optimizer of a recipe.

    Muon updates the matrices between layers along the orthogonal part of their gradient, so that
    rare directions are learned as fast as common ones. Adam updates the other weights, as Muon's
    authors recommend.

    Source: K. Jordan et al., Muon: An Optimizer for Hidden Layers in Neural Networks (2024);
    J. Liu et al., Muon Is Scalable for LLM Training (2025), for the scale of its steps.

    Args:
        recipe: Which optimizer, its highest learning rate, the bound on the gradient.
        updates: The total number of updates.
    """
    rise = max(1, round(_WARMUP_SHARE * updates))
    fall = max(1, round(recipe.falling_share * (updates - rise)))
    schedule = RiseAndFall(recipe.learning_rate, rise, max(0, updates - rise - fall), fall)
    if recipe.optimizer == ADAM:
        return keras.optimizers.Adam(schedule, global_clipnorm=recipe.clip_norm)
    return keras.optimizers.Muon(
        schedule,
        global_clipnorm=recipe.clip_norm,
        exclude_layers=[
            *("dense", "given", "logits"),
            *("agree", "ending", "key", "sounding", "trust"),
        ],
        adam_lr_ratio=_ADAM_SHARE,
        weight_decay=_WEIGHT_DECAY,
        adam_weight_decay=None,
    )
