"""All figures of a run, and the JSON that they are written as."""

import json
from dataclasses import asdict, dataclass

from benchmarks.loops import LoopFigures
from benchmarks.machine import Machine
from benchmarks.matmul import MatmulFigures
from benchmarks.memory import MemoryFigures
from benchmarks.peers import PeerFigures
from benchmarks.song_over_http import SongFigures
from benchmarks.throughput import ThroughputFigures
from benchmarks.training_speed import TrainingFigures


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
