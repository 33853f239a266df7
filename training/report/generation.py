"""Composes songs to evaluate as the service does, with a network in this process."""

import statistics
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from music.codec import Codec, as_encoded, padded
from music.composing.brief import Brief
from music.composing.composition import Composition
from music.composing.continuation import Continuation
from music.composing.game_music import GameMusic, notes_per_beat
from music.composing.model import DecodeRow, Draw, Prompt, SongState, drawn_lengths, draws_of
from music.description import LearnedPiece, PieceForm
from music.expression.articulation import learned_articulation
from music.form.analysis import form_of
from music.piece import Piece
from music.players.roles import playing
from music.quotes.bound import usual_quote_notes
from music.quotes.finder import QuoteFinder
from training.export import sampling as rows_sampling
from training.export.decoder import Network
from training.export.prompts import opening
from training.export.quantised_matmul import PRODUCTS, weights_here
from training.report.result import Sampling as Requested

# Without fixed sizes, so that each call is traced once, whatever its rows and its tokens.
_VECTOR_I = tf.TensorSpec([None], tf.int32)
_VECTOR_F = tf.TensorSpec([None], tf.float32)
_WINDOWS = tf.TensorSpec([None, None], tf.int32)


class InProcessModel:
    """A `Model` of a network in this process, in the arithmetic of a bundle."""

    def __init__(self, model: keras.Model, codec: Codec) -> None:
        """Take the weights of a model as `training.network` builds it, and its codec."""
        network = Network(model, PRODUCTS[weights_here()], codec.advance_ticks)
        states = tf.TensorSpec([None, network.state_width], tf.float32)
        seeds = tf.TensorSpec([None, 2], tf.int32)

        def decode(*inputs: Any) -> Any:
            token, state, position, *bounds, temperature, top_k, top_p, seed = inputs
            sampling = rows_sampling.Sampling(temperature, top_k, top_p)
            steps, start_ticks, stop_ticks = bounds
            drawn = network.decode(
                token, state, position, steps, start_ticks, stop_ticks, sampling, seed
            )
            return drawn.tokens, drawn.log_probability, drawn.state, drawn.token

        def read(token: Any, state: Any, tokens: Any, lengths: Any) -> Any:
            after = network.read(token, state, tokens, lengths)
            return after.tokens, after.log_probability, after.state, after.token

        row = [_VECTOR_I, states, *[_VECTOR_I] * 4]
        self._has_roles = network.roles > 0
        line_up = [tf.TensorSpec([None, network.roles], tf.int32)] if self._has_roles else []
        self._prefill = _compiled(network.prefill, [_WINDOWS, *[_VECTOR_I] * 3, *line_up])
        self._decode = _compiled(decode, [*row, _VECTOR_F, _VECTOR_I, _VECTOR_F, seeds])
        self._read = _compiled(read, [_VECTOR_I, states, _WINDOWS, _VECTOR_I])

    def prefill(self, prompt: Prompt) -> SongState:
        """Read what a song continues."""
        meter = ([prompt.bar_ticks], [prompt.place_ticks])
        line_up = [_int32([playing(prompt.roles)])] if self._has_roles else []
        state, token = self._prefill(
            _int32([prompt.tokens]), _int32([len(prompt.tokens)]), *meter, *line_up
        )
        return SongState(state[0], int(token[0]))

    def decode(self, rows: Sequence[DecodeRow]) -> tuple[Draw, ...]:
        """Sample the next tokens of songs."""
        drawn = self._decode(
            *_columns([row.state for row in rows]),
            _int32([row.position for row in rows]),
            _int32([row.steps for row in rows]),
            _int32([row.start_ticks for row in rows]),
            _int32([row.stop_ticks for row in rows]),
            np.array([row.sampling.temperature for row in rows], np.float32),
            _int32([row.sampling.top_k for row in rows]),
            np.array([row.sampling.top_p for row in rows], np.float32),
            _int32([row.sampling.seed_words for row in rows]),
        )
        return _draws(drawn, drawn_lengths(drawn[0]))

    def read(
        self, states: Sequence[SongState], tokens: Sequence[Sequence[int]]
    ) -> tuple[Draw, ...]:
        """Read the next tokens of songs."""
        rows, lengths = padded(tokens)
        return _draws(self._read(*_columns(states), rows, _int32(lengths)), lengths)


def learned_music(pieces: Sequence[Piece], codec: Codec) -> GameMusic:
    """Return what the service knows about a game whose model has learned some pieces."""
    learned = [LearnedPiece(piece.name, as_encoded(codec, piece.notes)) for piece in pieces]
    return GameMusic(
        codec=codec,
        finder=QuoteFinder(learned),
        quote_notes=usual_quote_notes(learned),
        tempo_bpm=statistics.median_low(piece.tempo_bpm for piece in pieces),
        openings=tuple(opening(piece, codec) for piece in pieces),
        forms=tuple(PieceForm(piece.name, form_of(piece)) for piece in pieces),
        notes_per_beat=notes_per_beat(learned),
        articulation=learned_articulation(pieces),
        pieces=tuple(learned),
    )


def without_bound(music: GameMusic) -> GameMusic:
    """Remove the bound on quotes: there is no piece to compare songs with."""
    return replace(music, finder=QuoteFinder(()))


def generate(model: keras.Model, music: GameMusic, requested: Requested) -> list[Piece]:
    """Compose a song for every seed, which chooses the prompt and the form as in the service.

    Args:
        model: As `training.network` builds it.
        music: Of the pieces that it has learned.
        requested: Length, sampling and seeds.
    """
    network = InProcessModel(model, music.codec)
    return [_song(network, music, requested, seed) for seed in requested.seeds]


def _song(network: InProcessModel, music: GameMusic, requested: Requested, seed: int) -> Piece:
    brief = Brief(
        seed,
        notes=None if requested.is_planned else requested.notes,
        temperature=requested.temperature,
        top_k=requested.top_k,
        top_p=requested.top_p,
    )
    composition = Composition.of(brief, music, Continuation.of_opening(music, seed))
    return composition.composed(network, f"seed {seed}")


def _compiled(call: Callable[..., Any], signature: list[Any]) -> Callable[..., list[Any]]:
    traced = tf.function(call, input_signature=signature)
    return lambda *inputs: [output.numpy() for output in traced(*inputs)]


def _int32(values: Any) -> NDArray[np.int32]:
    return np.array(values, np.int32)


def _columns(states: Sequence[SongState]) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    return _int32([state.token for state in states]), np.stack([s.hidden for s in states])


def _draws(drawn: Sequence[Any], lengths: Sequence[int]) -> tuple[Draw, ...]:
    tokens, log_probability, hidden, token = drawn
    states = [SongState(h, int(t)) for h, t in zip(hidden, token, strict=True)]
    return draws_of(tokens, log_probability, states, lengths)
