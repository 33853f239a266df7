"""`python -m benchmarks --gpu`: its messages and its table; the measurements, on the processor."""

import json
from dataclasses import replace

import pytest
import tensorflow as tf

import benchmarks.__main__ as program
from benchmarks.errors import DifferentSongsError
from benchmarks.gpu import agreement, device
from benchmarks.gpu.compiled import compiled_decode
from benchmarks.gpu.decoding import DecodeRates
from benchmarks.gpu.learning import LearningRate
from benchmarks.gpu.results import GpuResults, gpu_table
from benchmarks.gpu.sizes import GPU_FULL, GPU_TINY
from benchmarks.gpu.suite import run_gpu
from benchmarks.models.graph_model import SamplingRows
from benchmarks.models.song_sampling import default_sampling
from benchmarks.processes.machine import Machine
from benchmarks.timing import Percentiles
from music.codec.notetuple import NoteTuple
from music.composing.continuation import EMPTY_PROMPT
from music.composing.model import NO_STOP
from training.export.decoder import Network
from training.export.quantised_matmul import Float32Product
from training.export.sampling import Sampling
from training.network.network import build_network
from training.recipe import DEFAULT, load_recipe


@pytest.fixture
def gpu_results() -> GpuResults:
    """Made-up figures, no two of them alike."""
    return GpuResults(
        gpu="A GPU",
        machine=Machine("A Processor", 16, "3.12.3", "2.20.0", "3.15.1", "2.4.6", "2026-01-02"),
        agreement=agreement.Agreement(0.0012, 0.0034, 0.056),
        decoding=(
            DecodeRates(1, 1.25, 800.0, 0.125, 8000.0, 700.0),
            DecodeRates(2048, 4.5, 455000.0, 0.5, 4000000.0, 300000.0),
        ),
        http_500_notes_ms=Percentiles(610.0, 640.0),
        learning=(LearningRate("default", 123456.0),),
    )


def test_the_table_is_markdown(gpu_results):
    songs = "compiled by XLA {}; from the model server {} |"
    assert gpu_table(gpu_results).splitlines() == [
        "| on A GPU |  |  |",
        "| --- | ---: | --- |",
        "| tokens per second, 1 song at once | 800 | 1.25 ms per step; "
        + songs.format("8,000, 0.12 ms", "700"),
        "| tokens per second, 2,048 songs at once | 455,000 | 4.50 ms per step; "
        + songs.format("4,000,000, 0.50 ms", "300,000"),
        "| 500 notes over HTTP | 610 ms | p95 640 ms |",
        "| targets per second, recipe default | 123,456 |  |",
        (
            "| difference from the processor's probabilities | 0.12% | of the probability is "
            "elsewhere; a sampled token's differs by 0.0034 nats, at most by 0.056 |"
        ),
    ]


def test_the_figures_are_written_and_printed(monkeypatch, tmp_path, capsys, gpu_results):
    path = tmp_path / "gpu_results.json"
    monkeypatch.setattr(program, "GPU_RESULTS", path)
    monkeypatch.setattr(program.signal, "signal", lambda *_: None)
    monkeypatch.setattr(program, "gpu_name", lambda: "A GPU")
    asked = []
    monkeypatch.setattr(program, "run_gpu", lambda _, *how: (asked.append(how), gpu_results)[1])
    assert program.main(["--gpu"]) == 0
    assert asked == [(GPU_FULL, "A GPU")]
    assert json.loads(path.read_text())["decoding"][0]["gpu_tokens_per_second"] == 800.0
    assert "| on A GPU |" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("built_with_cuda", "driver", "message"),
    [
        (False, "libc.so.6", "TensorFlow is built without CUDA here; a GPU needs tensorflow[and-"),
        (True, "libnone.so.1", "this machine has no GPU, or no driver for it: libnone.so.1 is"),
        (True, "libc.so.6", "although there is a driver: install its CUDA libraries (pip install"),
    ],
)
def test_without_a_gpu_one_line_names_what_is_missing(
    monkeypatch, capsys, built_with_cuda, driver, message
):
    monkeypatch.setattr(program.signal, "signal", lambda *_: None)
    monkeypatch.setattr(tf.config, "list_physical_devices", lambda _: [])
    monkeypatch.setattr(tf.test, "is_built_with_cuda", lambda: built_with_cuda)
    monkeypatch.setattr(device, "_DRIVER", driver)
    assert program.main(["--gpu"]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("benchmarks: ")
    assert message in line


def test_songs_that_the_processor_finds_unlikely_end_it(monkeypatch):
    monkeypatch.setattr(agreement, "_nats", lambda *_: agreement.np.array([0.01, 0.05]))
    with pytest.raises(DifferentSongsError, match=r"0\.030 nats per token, more than 0\.02"):
        agreement.compare(None, None, None, GPU_TINY)


def test_songs_compiled_by_xla_are_the_same():
    recipe = load_recipe(DEFAULT).network
    codec = NoteTuple.over()
    model = build_network(replace(recipe, lstm_units=(8,), embedding_units=8), codec.field_sizes)
    compiled = compiled_decode(model, codec.advance_ticks, batch=2, steps=5)()
    plain = Network(model, Float32Product, codec.advance_ticks)
    rows = SamplingRows.of([default_sampling(seed) for seed in range(2)])
    tokens, ones = tf.constant([EMPTY_PROMPT.tokens] * 2), tf.ones(2, tf.int32)
    state, token = plain.prefill(tokens, ones, ones * EMPTY_PROMPT.bar_ticks, ones * 0)
    drawn = plain.decode(
        token,
        state,
        position=tf.zeros(2, tf.int32),
        steps=tf.fill([2], 5),
        start_ticks=tf.zeros(2, tf.int32),
        stop_ticks=tf.fill([2], NO_STOP),
        sampling=Sampling(rows.temperature, rows.top_k, rows.top_p),
        seed=rows.seed,
    )
    assert compiled.tokens.tolist() == drawn.tokens.numpy().tolist()
    assert compiled.log_probability == pytest.approx(drawn.log_probability.numpy(), abs=1e-4)


@pytest.mark.slow
def test_all_measurements_run_at_a_small_size(tmp_path):
    results = run_gpu(tmp_path, GPU_TINY, "a processor")
    # Without a GPU, the processor is compared with itself.
    assert results.agreement == agreement.Agreement(0.0, 0.0, 0.0)
    assert [rates.batch for rates in results.decoding] == list(GPU_TINY.batches)
    assert all(rates.served_tokens_per_second > 0 for rates in results.decoding)
    assert results.http_500_notes_ms.p50 > 0
    assert len(results.learning) == 1
