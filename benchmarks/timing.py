"""Comparable times: variants alternate, and the results are medians."""

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
        """Compute them from one or more values, with linear interpolation."""
        p50, p95 = np.percentile(values, (50, 95)).tolist()
        return cls(p50, p95)


def seconds_of(run: Callable[[], object]) -> float:
    """Run a function once and return its duration in seconds."""
    began = time.perf_counter()
    run()
    return time.perf_counter() - began


def interleaved(
    benchmark: str, variants: Sequence[Callable[[], object]], rounds: int
) -> tuple[float, ...]:
    """Alternate between variants, so that other load on the machine affects all of them equally.

    The first round is a warm-up and does not count.

    Args:
        benchmark: The label of the progress line.
        variants: The functions to compare.
        rounds: How often each of them runs.

    Returns:
        Each variant's median, in seconds per run.
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
    """Show the progress of a benchmark."""
    return tqdm(
        desc=benchmark, total=turns, bar_format="{desc}: {n_fmt} of {total_fmt} [{elapsed}]"
    )
