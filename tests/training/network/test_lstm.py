"""Our layer equals Keras's LSTM: the same outputs and gradients from the same weights."""

import keras
import numpy as np
import tensorflow as tf

from training.network.lstm import LSTM


def outputs_and_gradients(layer, inputs):
    with tf.GradientTape() as tape:
        tape.watch(inputs)
        outputs = layer(inputs)
        weighted = tf.reduce_sum(
            outputs * tf.cos(tf.range(outputs.shape[1], dtype=tf.float32))[:, None]
        )
    return outputs, tape.gradient(weighted, [inputs, *layer.trainable_variables])


def test_outputs_and_gradients_are_kerass():
    inputs = tf.constant(np.random.default_rng(0).normal(size=(3, 11, 5)).astype(np.float32))
    ours, theirs = LSTM(7), keras.layers.LSTM(7, return_sequences=True)
    ours.build(inputs.shape)
    theirs.build(inputs.shape)
    theirs.set_weights(ours.get_weights())
    found, expected = outputs_and_gradients(ours, inputs), outputs_and_gradients(theirs, inputs)
    np.testing.assert_allclose(found[0], expected[0], atol=1e-6)
    for one, other in zip(found[1], expected[1], strict=True):
        np.testing.assert_allclose(one, other, atol=1e-5)


def test_it_is_saved_and_loaded_with_its_model(tmp_path):
    tokens = keras.Input((None, 4))
    model = keras.Model(tokens, LSTM(3, name="lstm_0")(tokens))
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    x = np.ones((1, 5, 4), np.float32)
    assert type(loaded.get_layer("lstm_0")) is LSTM
    np.testing.assert_array_equal(model.predict_on_batch(x), loaded.predict_on_batch(x))
