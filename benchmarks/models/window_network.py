"""The network as the first experiment ran it: a window in, the next token out."""

import keras

from training.recipe import NetworkRecipe


def window_network(recipe: NetworkRecipe, values: int) -> keras.Model:
    """Build a network of Keras's own layers with fresh weights.

    Its weights have the order and the shapes of those of `training.network` for one field.

    Returns:
        A model from int32[B, T], the index of a value plus 1 or 0 for no value, to
        float32[B, values], the distribution of the next token.
    """
    *below, highest = recipe.lstm_units
    layers = [keras.Input((None,), dtype="int32")]
    layers.append(keras.layers.Embedding(values + 1, recipe.embedding_units))
    for units in below:
        layers.append(keras.layers.LSTM(units, return_sequences=True))
        layers.append(keras.layers.Dropout(recipe.dropout))
    layers.append(keras.layers.LSTM(highest))
    for units in recipe.dense_units:
        layers.append(keras.layers.Dropout(recipe.dropout))
        layers.append(keras.layers.Dense(units, activation="relu"))
    layers.append(keras.layers.Dropout(recipe.dropout))
    layers.append(keras.layers.Dense(values, activation="softmax"))
    return keras.Sequential(layers)
