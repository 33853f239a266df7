"""The optimizer and its learning rate."""

import itertools
from dataclasses import replace

import keras
import numpy as np
import pytest

from training.network.network import build_network
from training.network.optimizer import make_optimizer
from training.recipe import OPTIMIZERS, load_recipe

UPDATES = 100
FITTING = replace(load_recipe("default").fitting, learning_rate=0.02)


def rate(update: int, falling_share: float = 1) -> float:
    """Say the learning rate of an update, numbered from 0."""
    fitting = replace(FITTING, falling_share=falling_share)
    return float(make_optimizer(fitting, UPDATES)._learning_rate(update))


def test_the_learning_rate_rises_to_its_top_and_falls_to_a_hundredth_of_it() -> None:
    rates = [rate(update) for update in range(UPDATES)]
    top = int(np.argmax(rates))
    assert top == UPDATES // 20 - 1
    assert rates[top] == pytest.approx(0.02)
    assert 0 < rates[0] < rates[1] < rates[top]
    assert all(later < earlier for earlier, later in itertools.pairwise(rates[top + 1 :]))
    assert rates[-1] == pytest.approx(0.0002, rel=0.1)


def test_the_learning_rate_stays_at_its_top_until_the_last_part_of_the_updates() -> None:
    rates = [rate(update, falling_share=0.2) for update in range(UPDATES)]
    assert rates[4:82] == pytest.approx([0.02] * 78)
    assert all(later < earlier for earlier, later in itertools.pairwise(rates[81:]))
    assert 0.0002 < rates[-1] < 0.0004


def test_the_learning_rate_is_kept_with_a_model() -> None:
    schedule = make_optimizer(FITTING, UPDATES)._learning_rate
    same = keras.optimizers.schedules.deserialize(keras.optimizers.schedules.serialize(schedule))
    assert [float(same(n)) for n in range(0, 100, 9)] == [rate(n) for n in range(0, 100, 9)]


def test_muon_moves_the_matrices_between_layers_and_adam_the_rest() -> None:
    recipe = replace(load_recipe("default").network, dense_units=(8,), lstm_units=(8, 8))
    model = build_network(recipe, (20, 20))
    optimizer = make_optimizer(FITTING, UPDATES)
    optimizer.build(model.trainable_variables)
    by_muon = {
        variable.path
        for variable in model.trainable_variables
        if not optimizer._should_use_adamw(variable)
    }
    lstms = {"lstm_0/lstm_cell", "lstm_1/lstm_cell"}
    kernels = {f"{lstm}/{name}" for lstm in lstms for name in ("kernel", "recurrent_kernel")}
    assert by_muon == {*kernels, "hidden_1/kernel"}


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_either_learns(name: str) -> None:
    keras.utils.set_random_seed(1)
    model = keras.Sequential(
        [keras.Input((4,)), keras.layers.Dense(3, use_bias=False, name="hidden")]
    )
    inputs = np.random.default_rng(1).normal(size=(64, 4))
    targets = inputs @ np.arange(12).reshape(4, 3) / 12
    model.compile(make_optimizer(replace(FITTING, optimizer=name, learning_rate=0.1), 200), "mse")
    first = model.train_on_batch(inputs, targets)
    for _ in range(199):
        last = model.train_on_batch(inputs, targets)
    assert last < first / 20
