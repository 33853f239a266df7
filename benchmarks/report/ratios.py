"""What the figures of a run say about each other; times drift with the machine, ratios hardly."""

from dataclasses import dataclass
from typing import Self

from benchmarks.measurements.throughput import Load
from benchmarks.report.results import Results

SONG_EVENTS = 500  # the original loop draws an event a token, a note or a chord
MANY_CALLERS = 32


@dataclass(frozen=True)
class Ratios:
    """How many times as fast as something else.

    Attributes:
        window_rpc: A window by RPC, beside the original loop.
        step_rpc: A step by RPC, likewise.
        chunk_rpc: A chunk by RPC, likewise.
        song: 500 notes over HTTP, beside 500 tokens of the original loop.
        callers: Tokens a second of 32 callers whose calls are merged, beside one's.
        api_import: The API's import, beside that of a client with `tensorflow-serving-api`.
        training: Targets a second, beside training on windows.
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
        """Divide."""
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
    """Return how many times the tokens a second of one caller that is."""
    return load.tokens_per_second / _merged(results, 1).tokens_per_second


def _merged(results: Results, callers: int) -> Load:
    loads = results.throughput.tokens_per_second
    return next(load for load in loads if load.batching and load.callers == callers)
