"""Networks for the tests of the decoder."""

import numpy as np

from training.network.network import build_network


def random_model(recipe, sizes):
    """Build a network whose gates and logits leave the linear range, and that likes chords."""
    model = build_network(recipe, sizes)
    random = np.random.default_rng(0)
    # What is rounded to multiples of 2**-10 on its way to the LSTM is so already.
    weights = [random.normal(0, 0.5, w.shape) for w in model.get_weights()]
    model.set_weights([np.rint(32 * each) / 32 for each in weights])
    kernel, bias = model.get_layer("logits_0").get_weights()
    bias[0] += 3
    model.get_layer("logits_0").set_weights([kernel, bias])
    return model
