"""The decoder cells of the export predict as Keras does, note by note."""

from dataclasses import replace

import numpy as np
import pytest

from tests.training.conftest import CODEC, TINY, scale
from tests.training.memory.music import as_served
from training.export.quantised_matmul import FLOAT32, INT8, PRODUCTS, weights_here
from training.fitting.batches import whole_batches
from training.fitting.encoded import encode
from training.fitting.evaluation import nats, token_nats
from training.network.network import build_network
from training.report.served import served_nats

PIECES = [scale("x", 60, notes=n) for n in (40, 7)]
ENCODED = [encode(piece, CODEC, memory=True) for piece in PIECES]


@pytest.fixture(scope="module")
def model():
    model = build_network(TINY.network, CODEC.field_sizes)
    random = np.random.default_rng(0)
    # What is rounded to multiples of 2**-10 on its way to the LSTM is so already.
    weights = [random.normal(0, 0.4, w.shape) for w in model.get_weights()]
    model.set_weights([np.rint(32 * each) / 32 for each in weights])
    return model


def test_in_float32_every_note_costs_as_much_as_in_keras(model):
    served = served_nats(model, PRODUCTS[FLOAT32], PIECES, CODEC)
    assert [len(costs) for costs in served] == [40, 7]
    for encoded, costs in zip(ENCODED, served, strict=True):
        (batch,) = whole_batches([encoded])
        batch = replace(batch, inputs=as_served(batch.inputs))
        assert costs == pytest.approx(token_nats(model, batch)[0, : len(costs)], abs=1e-3)


@pytest.mark.skipif(weights_here() != INT8, reason="TensorFlow has no 8-bit product here")
def test_in_8_bits_every_note_costs_nearly_as_much(model):
    exact, rounded = (served_nats(model, PRODUCTS[n], PIECES, CODEC) for n in (FLOAT32, INT8))
    for costs, others in zip(exact, rounded, strict=True):
        assert costs.mean() == pytest.approx(others.mean(), abs=0.5)
        assert costs.tolist() != others.tolist()


def test_the_cost_of_a_batch_is_the_sum_of_its_tokens(model):
    batches = whole_batches(ENCODED)
    each = [token_nats(model, batch) for batch in batches]
    assert nats(model, batches) == pytest.approx(sum(costs.sum() for costs in each))
    assert sum((costs > 0).sum() for costs in each) == 47
