"""The figures of a run on a GPU, their JSON and their table."""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass

from benchmarks.gpu.agreement import Agreement
from benchmarks.gpu.decoding import DecodeRates
from benchmarks.gpu.learning import LearningRate
from benchmarks.processes.machine import Machine
from benchmarks.timing import Percentiles


@dataclass(frozen=True)
class GpuResults:
    """The results of a run.

    Attributes:
        gpu: The name of the GPU.
        machine: The machine beside it.
        agreement: The differences between the GPU and the processor.
        decoding: The rates of every batch size, with the default recipe.
        http_500_notes_ms: A song of 500 notes from the API, one caller at a time.
        learning: The speed of every training.
    """

    gpu: str
    machine: Machine
    agreement: Agreement
    decoding: tuple[DecodeRates, ...]
    http_500_notes_ms: Percentiles
    learning: tuple[LearningRate, ...]

    def to_json(self) -> str:
        """Write all figures as members of one object."""
        return json.dumps(asdict(self), indent=1, allow_nan=False) + "\n"


def gpu_table(results: GpuResults) -> str:
    """Write all figures as one table, in Markdown."""
    rows = ((f"on {results.gpu}", "", ""), ("---", "---:", "---"), *_rows(results))
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def _rows(results: GpuResults) -> Iterator[tuple[str, str, str]]:
    for rates in results.decoding:
        songs = "1 song" if rates.batch == 1 else f"{rates.batch:,} songs"
        yield (
            f"tokens per second, {songs} at once",
            f"{rates.gpu_tokens_per_second:,.0f}",
            (
                f"{rates.ms_per_step:.2f} ms per step; compiled by XLA "
                f"{rates.compiled_tokens_per_second:,.0f}, {rates.compiled_ms_per_step:.2f} ms; "
                f"from the model server {rates.served_tokens_per_second:,.0f}"
            ),
        )
    song = results.http_500_notes_ms
    yield "500 notes over HTTP", f"{song.p50:.0f} ms", f"p95 {song.p95:.0f} ms"
    for each in results.learning:
        yield (
            f"targets per second, recipe {each.recipe}",
            f"{each.targets_per_second:,.0f}",
            "",
        )
    agreement = results.agreement
    yield (
        "difference from the processor's probabilities",
        f"{agreement.moved_probability:.2%}",
        (
            "of the probability is elsewhere; a sampled token's differs by "
            f"{agreement.nats:.4f} nats, at most by {agreement.most_nats:.3f}"
        ),
    )
