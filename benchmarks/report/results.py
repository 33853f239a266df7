"""All figures of a run, and the JSON that they are written as."""

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
    """What a run measured; each figure has the name of its field in one of the parts.

    Attributes:
        machine: What it ran on.
        loops: A token's time, from the old way to the service's.
        song: A song over HTTP.
        throughput: Many callers.
        matmul: The machine's matrix product, and `decode` beside it.
        memory: What the API costs beside another client.
        training: Targets a second.
        peers: Empty where they were not asked for.
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
        """Write all figures side by side, under their own names."""
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
