"""Times, taken so that they can be compared: variants take turns, and medians are told."""

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Never, Self

import numpy as np
from tqdm import tqdm


@dataclass(frozen=True)
class Percentiles:
    """The median and the 95th percentile of some values, in the values' unit."""

    p50: float
    p95: float

    @classmethod
    def of(cls, values: Sequence[float]) -> Self:
        """Take them of one or more values, between neighbours where they fall between."""
        p50, p95 = np.percentile(values, (50, 95)).tolist()
        return cls(p50, p95)


def seconds_of(run: Callable[[], object]) -> float:
    """Run something once and say how many seconds it took."""
    began = time.perf_counter()
    run()
    return time.perf_counter() - began


def interleaved(
    benchmark: str, variants: Sequence[Callable[[], object]], rounds: int
) -> tuple[float, ...]:
    """Run variants in turns, so that whatever else the machine does hits all of them alike.

    A first round warms up and does not count.

    Args:
        benchmark: What the progress line says.
        variants: What is compared.
        rounds: How often each of them runs.

    Returns:
        Each variant's median, in seconds a run.
    """
    with progress(benchmark, (rounds + 1) * len(variants)) as bar:
        times: list[list[float]] = []
        for _ in range(rounds + 1):
            times.append([])
            for run in variants:
                times[-1].append(seconds_of(run))
                bar.update()
    return tuple(statistics.median(column) for column in zip(*times[1:], strict=True))


def progress(benchmark: str, turns: int) -> "tqdm[Never]":
    """Show how far a benchmark is."""
    return tqdm(
        desc=benchmark, total=turns, bar_format="{desc}: {n_fmt} of {total_fmt} [{elapsed}]"
    )
