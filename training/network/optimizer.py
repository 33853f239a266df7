"""What moves the weights, and how far."""

import keras

from training.recipe import ADAM, FittingRecipe

_WARMUP_SHARE = 0.05  # of the updates
_WEIGHT_DECAY = 0.1  # without it, steps of one size make ever larger matrices
_ADAM_SHARE = 0.2  # of Muon's learning rate, for what is no matrix between two layers


def make_optimizer(recipe: FittingRecipe, updates: int) -> keras.optimizers.Optimizer:
    """Make the optimizer of a recipe.

    Muon moves the matrices between layers along their gradient's orthogonal part, so that rare
    directions are learned as fast as common ones; the rest is left to Adam, as its authors advise.

    Source: K. Jordan et al., Muon: An Optimizer for Hidden Layers in Neural Networks (2024);
    J. Liu et al., Muon Is Scalable for LLM Training (2025), for the scale of its steps.

    Args:
        recipe: Which optimizer, its highest learning rate, the bound on the gradient.
        updates: How many there will be: the learning rate rises over the first of them and then
            falls to a hundredth along a half cosine.
    """
    warmup = max(1, round(_WARMUP_SHARE * updates))
    schedule = keras.optimizers.schedules.CosineDecay(
        initial_learning_rate=recipe.learning_rate / warmup,
        decay_steps=max(1, updates - warmup),
        alpha=0.01,
        warmup_target=recipe.learning_rate,
        warmup_steps=warmup,
    )
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
