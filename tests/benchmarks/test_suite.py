"""All benchmarks once, at a small size, with real processes."""

import json
import os
from multiprocessing import resource_tracker

import pytest

from benchmarks.processes.resident import children
from benchmarks.report.table import table
from benchmarks.sizes import TINY
from benchmarks.suite import run_all

pytestmark = pytest.mark.slow


def numbers(value):
    """List every number in JSON, whichever way it is nested."""
    if isinstance(value, dict):
        value = value.values()
    elif not isinstance(value, list):
        return [value] if isinstance(value, float) else []
    return [number for each in value for number in numbers(each)]


def test_all_benchmarks_run_at_a_small_size(tmp_path):
    resource_tracker.ensure_running()  # Python's own, which stays: pieces are read in processes
    before = children(os.getpid())
    results = run_all(tmp_path, TINY, with_peers=False)
    figures = json.loads(results.to_json())
    parts = figures.pop("http_500_notes_parts_ms")  # of few short songs, a part may be below zero
    assert sum(parts.values()) == pytest.approx(figures["http_500_notes_ms"]["p50"])
    assert min(numbers(figures)) > 0
    assert [(load["callers"], load["batching"]) for load in figures["tokens_per_second"]] == [
        (1, True),
        (1, False),
        (32, True),
        (32, False),
    ]
    assert [share["network"] for share in figures["decode_at_batch_64"]] == ["2x512", "3x16"]
    assert figures["peers"] == []
    assert "original_loop_ms_per_token" in table(results)
    assert children(os.getpid()) == before
