"""How well a served network predicts notes, computed by the decoder cells of the export."""

from collections.abc import Sequence

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from music.bars import places
from music.codec import BOS, Codec, padded
from music.piece import Piece
from music.players.roles import playing
from training.export.decoder import Network
from training.export.quantised_matmul import ProductOf


def served_nats(
    model: keras.Model, product_of: ProductOf, pieces: Sequence[Piece], codec: Codec
) -> list[NDArray[np.float64]]:
    """Compute the cost of every token of some pieces, in the arithmetic of a bundle.

    A bundle reads a piece in the meter that it starts in.

    Returns:
        float64[T] for each piece of T tokens, in nats.
    """
    sequences = [codec.encode(piece.notes) for piece in pieces]
    rows, _ = padded([[BOS, *tokens] for tokens in sequences])
    starts = [places(piece) for piece in pieces]
    line_ups = [playing(piece.line_up.roles) for piece in pieces]
    costs = tf.function(Network(model, product_of).nats)(
        tf.constant(rows),
        tf.constant([int(start.bar_ticks[0]) for start in starts]),
        tf.constant([int(start.place_ticks[0]) for start in starts]),
        *([tf.constant(line_ups)] if codec.has_roles else []),
    )
    each = costs.numpy().astype(np.float64)
    return [row[: len(tokens)] for row, tokens in zip(each, sequences, strict=True)]
