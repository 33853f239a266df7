"""Pieces to listen to and to measure, drawn as the service draws them."""

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from music.codec import BOS, PAD, Codec
from music.description import Opening
from music.notes import Notes, cleaned, join
from music.piece import Piece
from training.decoding import MOST_STEPS, Network
from training.products import PRODUCTS, weights_here
from training.report.result import Sampling as Asked
from training.sampling import Sampling

_MOST_TOKENS_PER_NOTE = 8  # a song that needs more has run dry


def generate(
    model: keras.Model, codec: Codec, asked: Asked, openings: Sequence[Opening]
) -> list[Piece]:
    """Draw a piece for every seed, all of them at once.

    Args:
        model: As `training.network` builds it.
        codec: Reads what it draws.
        asked: Length, sampling and seeds.
        openings: What pieces go on from; a seed chooses one as it does in the service.
    """
    network = Network(model, codec.followers(), PRODUCTS[weights_here()])
    starts = [openings[seed % len(openings)] for seed in asked.seeds]
    songs = _drawn(network, codec, asked, starts)
    return [
        Piece(f"seed {seed}", cleaned(notes[: asked.notes]), start.tempo_bpm)
        for seed, notes, start in zip(asked.seeds, songs, starts, strict=True)
    ]


def _drawn(network: Network, codec: Codec, asked: Asked, starts: Sequence[Opening]) -> list[Notes]:
    rows = len(asked.seeds)
    sampling = Sampling(
        tf.fill([rows], asked.temperature),
        tf.fill([rows], asked.top_k),
        tf.fill([rows], asked.top_p),
    )
    seed = tf.constant([_halves(seed) for seed in asked.seeds])
    steps = tf.fill([rows], MOST_STEPS)

    @tf.function
    def decode(token: Any, state: Any, position: Any) -> tuple[Any, Any, Any]:
        drawn = network.decode(token, state, position, steps, sampling, seed)
        return drawn.tokens, drawn.token, drawn.state

    state, token = network.prefill(*_read_first(starts))
    songs: list[list[Notes]] = [[] for _ in range(rows)]
    cursors = [codec.decode(start.tokens)[1] for start in starts]
    for position in range(0, asked.notes * _MOST_TOKENS_PER_NOTE, MOST_STEPS):
        drawn, token, state = decode(token, state, tf.fill([rows], position))
        for row, tokens in enumerate(drawn.numpy()):
            notes, cursors[row] = codec.decode(tokens, cursors[row])
            songs[row].append(notes)
        if all(_length(parts) >= asked.notes for parts in songs):
            break
    return [join(parts) for parts in songs]


def _read_first(starts: Sequence[Opening]) -> tuple[Any, Any]:
    """Give the tokens to read first, int32[B, T], and how many of a row's count, int32[B]."""
    rows = [[BOS, *start.tokens] for start in starts]
    longest = max(map(len, rows))
    padded = [row + [PAD] * (longest - len(row)) for row in rows]
    return tf.constant(padded, tf.int32), tf.constant([len(row) for row in rows], tf.int32)


def _length(parts: Sequence[Notes]) -> int:
    return sum(len(part) for part in parts)


def _halves(seed: int) -> list[int]:
    """Part a seed into its low and high 32 bits, as the API does."""
    halves: list[int] = np.array([seed], "<u8").view("<i4").tolist()
    return halves
