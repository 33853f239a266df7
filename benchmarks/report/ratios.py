"""The ratios between the figures of a run; unlike times, they hardly depend on the machine."""

from dataclasses import dataclass
from typing import Self

from benchmarks.measurements.throughput import Load
from benchmarks.report.results import Results

SONG_EVENTS = 500  # a token of the original loop is an event: a note or a chord
MANY_CALLERS = 32


@dataclass(frozen=True)
class Ratios:
    """Speedups compared with something else.

    Attributes:
        window_rpc: A window by RPC, compared with the original loop.
        step_rpc: A step by RPC, compared with the original loop.
        chunk_rpc: A chunk by RPC, compared with the original loop.
        song: 500 notes over HTTP, compared with 500 tokens of the original loop.
        callers: Tokens per second of 32 callers whose calls are merged, compared with one caller.
        api_import: The API's import, compared with that of a `tensorflow-serving-api` client.
        training: Targets per second, compared with training on windows.
    """

    window_rpc: float
    step_rpc: float
    chunk_rpc: float
    song: float
    callers: float
    api_import: float
    training: float

    @classmethod
    def of(cls, results: Results) -> Self:
        """Compute the ratios."""
        loops, memory, training = results.loops, results.memory, results.training
        original = loops.original_loop_ms_per_token
        return cls(
            window_rpc=original / loops.window_rpc_ms_per_token,
            step_rpc=original / loops.step_rpc_ms_per_token,
            chunk_rpc=original / loops.chunk_rpc_ms_per_token,
            song=SONG_EVENTS * original / results.song.http_500_notes_ms.p50,
            callers=speedup(_merged(results, MANY_CALLERS), results),
            api_import=memory.serving_api_client_import_seconds / memory.api_import_seconds,
            training=(training.train_targets_per_second / training.window_train_targets_per_second),
        )


def speedup(load: Load, results: Results) -> float:
    """Return the ratio of tokens per second to those of one caller."""
    return load.tokens_per_second / _merged(results, 1).tokens_per_second


def _merged(results: Results, callers: int) -> Load:
    loads = results.throughput.tokens_per_second
    return next(load for load in loads if load.batching and load.callers == callers)
