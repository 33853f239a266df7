"""Songs from an empty state, token by token or chunk by chunk, one at a time or many at once."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from api.deadline import Deadline
from api.model_server.port import Model, ModelServer
from benchmarks.models.graph_model import GraphModel, SamplingRows
from music.composing.continuation import EMPTY_PROMPT
from music.composing.model import DecodeRow, Sampling
from music.sampling import CHUNK_STEPS, TEMPERATURE, TOP_K, TOP_P

PATIENCE_S = 120.0  # the timeout of calls that take seconds at most


def default_sampling(seed: int) -> Sampling:
    """Sample with the service's default settings."""
    return Sampling(TEMPERATURE, TOP_K, TOP_P, seed)


def sample_song(
    server: ModelServer, model: Model, *, seed: int, tokens: int, steps: int
) -> NDArray[np.int32]:
    """Sample the beginning of a song, `steps` tokens per call.

    Returns:
        int32[tokens].
    """
    deadline, sampling = Deadline.after(PATIENCE_S), default_sampling(seed)
    state = server.prefill(model, EMPTY_PROMPT, deadline)
    chunks = []
    for position in range(0, tokens, steps):
        (draw,) = server.decode(
            model,
            [DecodeRow(state, position, min(steps, tokens - position), sampling)],
            deadline,
        )
        state = draw.state
        chunks.append(draw.tokens)
    return np.concatenate(chunks)


def sample_songs(graph: GraphModel, seeds: Sequence[int], tokens: int) -> NDArray[np.int32]:
    """Sample the beginnings of B songs together, in the API's chunks.

    Returns:
        int32[B, tokens].
    """
    sampling = SamplingRows.of([default_sampling(seed) for seed in seeds])
    states = graph.prefill([EMPTY_PROMPT] * len(seeds))
    chunks = []
    for position in range(0, tokens, CHUNK_STEPS):
        sampled = graph.decode(
            states, [position] * len(seeds), min(CHUNK_STEPS, tokens - position), sampling
        )
        states = sampled.states
        chunks.append(sampled.tokens)
    return np.concatenate(chunks, axis=1)
