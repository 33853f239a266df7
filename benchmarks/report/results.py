"""All figures of a run, and their JSON."""

import json
from dataclasses import asdict, dataclass

from benchmarks.measurements.loops import LoopFigures
from benchmarks.measurements.matmul import MatmulFigures
from benchmarks.measurements.memory import MemoryFigures
from benchmarks.measurements.song_over_http import SongFigures
from benchmarks.measurements.throughput import ThroughputFigures
from benchmarks.measurements.training_speed import TrainingFigures
from benchmarks.peers import PeerFigures
from benchmarks.processes.machine import Machine


@dataclass(frozen=True)
class Results:
    """The results of a run; each figure has the name of its field in one of the parts.

    Attributes:
        machine: The machine.
        loops: The time per token of the sampling loops.
        song: A song over HTTP.
        throughput: Many callers.
        matmul: The speed of a matrix product, and of `decode`.
        memory: The cost of the API, compared with another client.
        training: Targets per second.
        peers: Empty if peers were not measured.
    """

    machine: Machine
    loops: LoopFigures
    song: SongFigures
    throughput: ThroughputFigures
    matmul: MatmulFigures
    memory: MemoryFigures
    training: TrainingFigures
    peers: PeerFigures

    def to_json(self) -> str:
        """Write all figures as members of one object."""
        figures = {"machine": asdict(self.machine)}
        for part in (
            self.loops,
            self.song,
            self.throughput,
            self.matmul,
            self.memory,
            self.training,
            self.peers,
        ):
            figures |= asdict(part)
        return json.dumps(figures, indent=1, allow_nan=False) + "\n"
