"""Songs to measure, sampled in chunks with the same bound on quotes as the service."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from music.codec import BOS, PAD, Codec, Cursor
from music.description import Opening
from music.notes import Notes, cleaned, join
from music.piece import Piece, constant_tempo, meter_map
from music.quotes.bound import ATTEMPTS, Attempt, QuoteBound, is_degenerate
from music.quotes.finder import NO_QUOTES, QuoteFinder, QuoteState
from music.sampling import CHUNK_STEPS
from training.export.decoder import Drawn, Network
from training.export.quantised_matmul import PRODUCTS, weights_here
from training.export.sampling import Sampling
from training.report.result import Sampling as Asked

_MOST_TOKENS_PER_NOTE = 4  # a song that needs more repeats degenerately


@dataclass(frozen=True)
class _Row:
    """The state of a song; resampling restarts from an older one.

    Attributes:
        cursor: The codec's.
        parts: Its notes, chunk by chunk.
        quote_state: What they share with the collection.
        is_degenerate: Whether the last chunk was degenerate repetition.
    """

    cursor: Cursor
    parts: tuple[Notes, ...] = ()
    quote_state: QuoteState = NO_QUOTES
    is_degenerate: bool = False

    @property
    def length(self) -> int:
        return sum(len(part) for part in self.parts)

    def with_part(self, notes: Notes, cursor: Cursor, finder: QuoteFinder) -> "_Row":
        quote_state = finder.listen(notes, self.quote_state)
        return _Row(cursor, (*self.parts, notes), quote_state, is_degenerate(notes, CHUNK_STEPS))


def generate(
    model: keras.Model,
    codec: Codec,
    asked: Asked,
    openings: Sequence[Opening],
    bound: QuoteBound,
) -> list[Piece]:
    """Sample a piece for every seed, all of them in one batch.

    Args:
        model: As `training.network` builds it.
        codec: Decodes its tokens.
        asked: Length, sampling and seeds.
        openings: What songs continue; a seed chooses one as in the service.
        bound: How much they may quote.
    """
    network = Network(model, PRODUCTS[weights_here()])
    starts = [openings[seed % len(openings)] for seed in asked.seeds]
    songs = _drawn(network, codec, asked, starts, bound)
    return [
        _song(f"seed {seed}", notes[: asked.notes], start)
        for seed, notes, start in zip(asked.seeds, songs, starts, strict=True)
    ]


def _song(name: str, notes: Notes, start: Opening) -> Piece:
    """Make a song of notes that continue an opening, in the opening's meter."""
    first_note_ticks = int(notes.onset_ticks[:1].max(initial=0))
    return Piece(
        name,
        cleaned(notes),
        constant_tempo(start.tempo_bpm),
        meter_map(start.time_signatures, first_note_ticks),
    )


def _drawn(
    network: Network,
    codec: Codec,
    asked: Asked,
    starts: Sequence[Opening],
    bound: QuoteBound,
) -> list[Notes]:
    decode = _decoder(network, asked)
    # In a graph: eagerly, the weights would be quantised again for every token.
    prefill = tf.function(network.prefill)
    state, token = (each.numpy() for each in prefill(*_read_first(starts)))
    rows = [_Row(codec.decode(start.tokens)[1]) for start in starts]
    for position in range(0, asked.notes * _MOST_TOKENS_PER_NOTE, CHUNK_STEPS):
        best: list[_Row | None] = [None] * len(rows)
        state_after, token_after = state.copy(), token.copy()
        again = np.array([row.length < asked.notes for row in rows])
        if not again.any():
            break
        for attempt in ATTEMPTS:
            drawn = decode(token, state, position, attempt, again)
            for n in np.flatnonzero(again):
                notes, cursor = codec.decode(drawn.tokens[n], rows[n].cursor)
                tried, so_far = rows[n].with_part(notes, cursor, bound.finder), best[n]
                if so_far is None or _rank(tried) < _rank(so_far):
                    best[n], state_after[n] = tried, drawn.state[n]
                    token_after[n] = drawn.token[n]
                again[n] = tried.is_degenerate or not bound.is_kept(tried.quote_state)
            if not again.any():
                break
        rows = [after or row for after, row in zip(best, rows, strict=True)]
        state, token = state_after, token_after
    return [join(row.parts) for row in rows]


def _rank(row: _Row) -> tuple[bool, int, int]:
    return row.is_degenerate, row.quote_state.latest_notes, -row.length


def _decoder(network: Network, asked: Asked) -> Callable[..., Drawn]:
    """Compile a call that samples some rows and leaves the others idle."""
    rows = len(asked.seeds)
    seed = tf.constant([_halves(seed) for seed in asked.seeds])

    @tf.function
    def decode(*inputs: Any) -> tuple[Any, Any, Any]:
        token, state, position, steps, *how = inputs
        drawn = network.decode(token, state, position, steps, Sampling(*how), seed)
        return drawn.tokens, drawn.state, drawn.token

    def draw(
        token: NDArray[np.int32],
        state: NDArray[np.float32],
        position: int,
        attempt: Attempt,
        is_asked: NDArray[np.bool_],
    ) -> Drawn:
        how = attempt.sampling(asked.temperature, asked.top_k, asked.top_p)
        tokens, after, last = decode(
            tf.constant(token),
            tf.constant(state),
            tf.fill([rows], position + attempt.position_added),
            tf.constant(np.where(is_asked, CHUNK_STEPS, 0).astype(np.int32)),
            *(tf.fill([rows], value) for value in how),
        )
        return Drawn(tokens.numpy(), None, after.numpy(), last.numpy())

    return draw


def _read_first(starts: Sequence[Opening]) -> tuple[Any, Any, Any, Any]:
    """Return prompts and meters as `Network.prefill` takes them."""
    rows = [[BOS, *start.tokens] for start in starts]
    longest = max(map(len, rows))
    padded = [row + [PAD] * (longest - len(row)) for row in rows]
    bar_ticks = [start.meter.bar_ticks for start in starts]
    place_ticks = [start.meter.place_ticks(0) for start in starts]
    return (
        tf.constant(padded, tf.int32),
        tf.constant([len(row) for row in rows], tf.int32),
        tf.constant(bar_ticks, tf.int32),
        tf.constant(place_ticks, tf.int32),
    )


def _halves(seed: int) -> list[int]:
    """Split a seed into its low and high 32 bits, as the API does."""
    halves: list[int] = np.array([seed], "<u8").view("<i4").tolist()
    return halves
