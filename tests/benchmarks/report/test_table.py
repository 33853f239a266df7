"""The ratios, and the table that shows them."""

from dataclasses import replace

import pytest

from benchmarks.peers import PeerFigures
from benchmarks.report.ratios import Ratios
from benchmarks.report.table import Row, layout, table


@pytest.fixture
def lines(results) -> dict[str, str]:
    """Each line of the table, by the figure's name."""
    split = [line.split("   ", 1) for line in table(results).splitlines()]
    return {name: rest.strip() for name, rest in split if name}


def test_ratios_say_how_many_times_as_fast(results):
    assert Ratios.of(results) == Ratios(
        window_rpc=2.0,
        step_rpc=25.0,
        chunk_rpc=80.0,
        song=250.0,  # 500 tokens of 100 ms beside 200 ms
        callers=5.0,
        api_import=12.0,
        training=100.0,
    )


@pytest.mark.parametrize(
    ("figure", "told"),
    [
        ("original_loop_ms_per_token", "100 ms"),
        ("chunk_rpc_ms_per_token", "1.25 ms   80.0 x as fast as the original loop"),
        ("http_500_notes_ms, p50", "200 ms   250 x as fast as 500 tokens of the original loop"),
        (
            "tokens_per_second, 32 callers, merged",
            "5,000 /s   5.0 x one caller; a call takes 205 ms, p95 300 ms",
        ),
        (
            "tokens_per_second, 1 caller, not merged",
            "1,100 /s   1.1 x one caller; a call takes 30 ms, p95 34 ms",
        ),
        ("matmul_gflops", "80.0 Gflop/s   the best of these:"),
        ("api_import_seconds", "0.50 s   12.0 x as fast as tensorflow-serving-api's client"),
        ("api_rss_mb, a worker that has served", "55 MB"),
        ("train_targets_per_second", "1,700 /s   100 x training on windows"),
        ("a step, 2x512, 8 bits, batch 32, 2 cores", "2.00 ms"),
        ("  ONNX Runtime", "1.50 ms   Leitmotif is 0.75 x as fast: BEHIND"),
        ("  PyTorch", "6.00 ms   Leitmotif is 3.00 x as fast: ahead"),
        ("targets per second, recipe default", "1,800 /s"),
        ("  without memory", "2,400 /s   30% of matmul_gflops"),
        ("  PyTorch, without memory", "1,600 /s   20%; Leitmotif is 1.50 x as fast: ahead"),
    ],
)
def test_every_figure_has_its_comparison(lines, figure, told):
    assert lines[figure] == told


def test_the_parts_of_a_song_are_shares_of_it(results):
    parts = [line for line in table(results).splitlines() if line.startswith("  of p50: ")]
    assert [line.split()[2] for line in parts] == ["model", "gRPC", "codec", "MIDI", "HTTP"]
    assert [line.split()[-1] for line in parts] == ["75.0%", "15.0%", "5.0%", "1.0%", "4.0%"]


def test_peers_that_were_not_measured_are_left_out(results):
    assert "PyTorch" in table(results)
    assert "PyTorch" not in table(replace(results, peers=PeerFigures()))


def test_columns_stand_under_each_other():
    rows = (Row("a", "100 ms", "beside"), Row("longer", "1 ms"))
    assert layout(rows) == "a        100 ms   beside\nlonger     1 ms"
