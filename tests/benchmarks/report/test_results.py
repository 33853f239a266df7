"""The fields of `benchmarks/results.json`, which other programs read."""

import json
from dataclasses import replace

import pytest

from benchmarks.measurements.training_speed import TrainingFigures
from benchmarks.peers import PeerFigures


def test_the_layout_is_this_one(results):
    assert json.loads(results.to_json()) == {
        "machine": {
            "processor": "A Processor",
            "cores": 2,
            "python": "3.11.1",
            "tensorflow": "2.20.1",
            "keras": "3.11.2",
            "numpy": "2.4.3",
            "date": "2026-01-02T03:04:05+00:00",
        },
        "original_loop_ms_per_token": 100.0,
        "window_rpc_ms_per_token": 50.0,
        "step_rpc_ms_per_token": 4.0,
        "chunk_rpc_ms_per_token": 1.25,
        "http_500_notes_ms": {"p50": 200.0, "p95": 260.0},
        "http_500_notes_parts_ms": {
            "model": 150.0,
            "grpc": 30.0,
            "codec": 10.0,
            "midi": 2.0,
            "http": 8.0,
        },
        "http_500_notes_tokens": 1300.0,
        "tokens_per_second": [
            {
                "callers": callers,
                "batching": batching,
                "tokens_per_second": tokens_per_second,
                "latency_ms": {"p50": p50, "p95": p95},
            }
            for callers, batching, tokens_per_second, p50, p95 in (
                (1, True, 1000.0, 31.0, 35.0),
                (1, False, 1100.0, 30.0, 34.0),
                (32, True, 5000.0, 205.0, 300.0),
                (32, False, 1500.0, 680.0, 900.0),
            )
        ],
        "matmul_gflops": 80.0,
        "matmul_products": [{"product": "[64,2] x [2,3] by TensorFlow", "gflops": 80.0}],
        "decode_at_batch_64": [
            {
                "network": "2x512",
                "tokens_per_second": 9000.0,
                "gflops": 40.0,
                "share_of_matmul": 0.5,
            }
        ],
        "api_import_seconds": 0.5,
        "api_rss_mb": {"after_import": 41.0, "worker": 55.0, "all_processes": 140.0},
        "serving_api_client_import_seconds": 6.0,
        "serving_api_client_rss_mb": 600.0,
        "train_targets_per_second": 1700.0,
        "window_train_targets_per_second": 17.0,
        "peers": [
            {
                "network": "2x512",
                "batch": 32,
                "weights": "int8",
                "cores": 2,
                "leitmotif_ms_per_step": 2.0,
                "peers": [
                    {"peer": "ONNX Runtime", "ms_per_step": 1.5},
                    {"peer": "PyTorch", "ms_per_step": 6.0},
                ],
            }
        ],
        "peer_learning": [
            {
                "recipe": "default",
                "leitmotif_with_memory_targets_per_second": 1800.0,
                "leitmotif_targets_per_second": 2400.0,
                "leitmotif_share_of_matmul": 0.3,
                "pytorch_targets_per_second": 1600.0,
                "pytorch_share_of_matmul": 0.2,
            }
        ],
    }


def test_peers_that_were_not_measured_are_empty_lists(results):
    figures = json.loads(replace(results, peers=PeerFigures()).to_json())
    assert figures["peers"] == figures["peer_learning"] == []


def test_a_figure_that_is_no_number_is_not_written(results):
    with pytest.raises(ValueError, match="not JSON compliant"):
        replace(results, training=TrainingFigures(float("nan"), 1.0)).to_json()
