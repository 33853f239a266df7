import pytest

from benchmarks.measurements.loops import LoopFigures
from benchmarks.measurements.matmul import DecodeShare, MatmulFigures, ProductRate
from benchmarks.measurements.memory import ApiMemory, MemoryFigures
from benchmarks.measurements.song_over_http import SongFigures, SongParts
from benchmarks.measurements.throughput import Load, ThroughputFigures
from benchmarks.measurements.training_speed import TrainingFigures
from benchmarks.peers import PeerFigures, PeerLearning, PeerStep, PeerTime
from benchmarks.processes.machine import Machine
from benchmarks.report.results import Results
from benchmarks.timing import Percentiles


def load(callers: int, rate: float, p50: float, p95: float, *, batching: bool) -> Load:
    return Load(callers, batching, rate, Percentiles(p50, p95))


@pytest.fixture
def results() -> Results:
    """Made-up figures, no two of them alike."""
    return Results(
        machine=Machine(
            "A Processor", 2, "3.11.1", "2.20.1", "3.11.2", "2.4.3", "2026-01-02T03:04:05+00:00"
        ),
        loops=LoopFigures(100.0, 50.0, 4.0, 1.25),
        song=SongFigures(Percentiles(200.0, 260.0), SongParts(150.0, 30.0, 10.0, 2.0, 8.0), 1300.0),
        throughput=ThroughputFigures(
            (
                load(1, 1000.0, 31.0, 35.0, batching=True),
                load(1, 1100.0, 30.0, 34.0, batching=False),
                load(32, 5000.0, 205.0, 300.0, batching=True),
                load(32, 1500.0, 680.0, 900.0, batching=False),
            )
        ),
        matmul=MatmulFigures(
            80.0,
            (ProductRate("[64,2] x [2,3] by TensorFlow", 80.0),),
            (DecodeShare("2x512", 9000.0, 40.0, 0.5),),
        ),
        memory=MemoryFigures(0.5, ApiMemory(41.0, 55.0, 140.0), 6.0, 600.0),
        training=TrainingFigures(1700.0, 17.0),
        peers=PeerFigures(
            (
                PeerStep(
                    *("2x512", 32, "int8", 2, 2.0),
                    (PeerTime("ONNX Runtime", 1.5), PeerTime("PyTorch", 6.0)),
                ),
            ),
            (PeerLearning("default", 1800.0, 2400.0, 0.3, 1600.0, 0.2),),
        ),
    )
