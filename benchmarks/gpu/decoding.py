"""Tokens per second on a GPU, by the number of songs that are sampled together."""

from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass

from api.deadline import Deadline
from api.model_server.grpc_client import GrpcModelServer
from api.model_server.port import Model
from benchmarks.gpu.compiled import compiled_decode
from benchmarks.gpu.sizes import GpuSizes
from benchmarks.models.bundle import Published
from benchmarks.models.graph_model import GraphModel, SamplingRows
from benchmarks.models.song_sampling import PATIENCE_S, default_sampling
from benchmarks.timing import interleaved
from music.codec import open_codec
from music.composing.continuation import EMPTY_PROMPT
from music.composing.model import DecodeRow

_MS = 1000


@dataclass(frozen=True)
class DecodeRates:
    """The rates of one batch size; tokens per second of all its songs together.

    Attributes:
        batch: The number of songs.
        ms_per_step: A step of all songs on the GPU, in a session of this process.
        gpu_tokens_per_second: The same, as a rate.
        compiled_ms_per_step: The same, compiled by XLA for this number of songs.
        compiled_tokens_per_second: The same, as a rate.
        served_tokens_per_second: From the model server on the GPU, all songs in one call.
    """

    batch: int
    ms_per_step: float
    gpu_tokens_per_second: float
    compiled_ms_per_step: float
    compiled_tokens_per_second: float
    served_tokens_per_second: float


def measure_decoding(
    target: str, published: Published, on_gpu: GraphModel, sizes: GpuSizes
) -> tuple[DecodeRates, ...]:
    """Measure the batch sizes one after the other, and the three ways alternately.

    Args:
        target: The model server, host:port; it does not merge, which would limit a call's songs.
        published: The model that it serves.
        on_gpu: The same model in a session of this process.
        sizes: The sizes of the measurements.
    """
    description = published.description
    advance_ticks = open_codec(description.codec, description.vocabulary).advance_ticks
    with closing(GrpcModelServer(target)) as server:
        return tuple(
            _rates(
                batch,
                sizes,
                (
                    _in_session(on_gpu, batch, sizes.steps),
                    compiled_decode(published.network, advance_ticks, batch, sizes.steps),
                    _served(server, published.model, batch, sizes.steps),
                ),
            )
            for batch in sizes.batches
        )


def _rates(batch: int, sizes: GpuSizes, variants: Sequence[Callable[[], object]]) -> DecodeRates:
    seconds = interleaved(f"{batch} songs", variants, sizes.rounds)
    steps_ms = [s / sizes.steps * _MS for s in seconds]
    on_gpu, compiled, served = (batch * sizes.steps / s for s in seconds)
    return DecodeRates(batch, steps_ms[0], on_gpu, steps_ms[1], compiled, served)


def _in_session(graph: GraphModel, batch: int, steps: int) -> Callable[[], object]:
    states = graph.prefill([EMPTY_PROMPT] * batch)
    samplings = SamplingRows.of([default_sampling(seed) for seed in range(batch)])
    return lambda: graph.decode(states, [0] * batch, steps, samplings)


def _served(server: GrpcModelServer, model: Model, batch: int, steps: int) -> Callable[[], object]:
    state = server.prefill(model, EMPTY_PROMPT, Deadline.after(PATIENCE_S))
    rows = [DecodeRow(state, 0, steps, default_sampling(seed)) for seed in range(batch)]
    return lambda: server.decode(model, rows, Deadline.after(PATIENCE_S))
