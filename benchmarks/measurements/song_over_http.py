"""The time of a song over HTTP, from the real API and model server, and its parts."""

import statistics
import time
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from api.composing.composer import Composer
from api.deadline import Deadline
from api.formats.encoders import midi
from api.http.request.parameter import RequestValue
from api.http.request.song_request import song_request
from api.model_server.games import Games
from api.model_server.grpc_client import GrpcModelServer
from api.model_server.metering import CallMeter
from api.model_server.port import ModelServer
from benchmarks.checks import check_same_file
from benchmarks.models.bundle import Published
from benchmarks.models.graph_model import GraphModel
from benchmarks.models.song_sampling import PATIENCE_S
from benchmarks.processes.model_servers import Clock, InProcess
from benchmarks.processes.services import RunningApi
from benchmarks.sizes import Sizes
from benchmarks.timing import Percentiles, progress

WARM_UPS = 8  # songs that do not count, so that each of the API's processes has composed one
_MS = 1000


@dataclass(frozen=True)
class SongParts:
    """The parts of the median song's milliseconds; they add up to its p50.

    Attributes:
        model: Prefill and decode, in a session of this process.
        grpc: The additional time of the same calls by gRPC, and of asking for the version.
        codec: Tokens to notes, arrays to tensors and back, and everything else between calls.
        midi: Notes to a MIDI file.
        http: The rest: Flask, gunicorn, and the connection.
    """

    model: float
    grpc: float
    codec: float
    midi: float
    http: float


@dataclass(frozen=True)
class SongFigures:
    """The time of a song for its caller, one caller at a time, with the default recipe.

    Attributes:
        http_500_notes_ms: From before the connection to the last byte.
        http_500_notes_parts_ms: The parts of the median.
        http_500_notes_tokens: The tokens of the median song.
    """

    http_500_notes_ms: Percentiles
    http_500_notes_parts_ms: SongParts
    http_500_notes_tokens: float


@dataclass(frozen=True)
class _Composed:
    """A song that the API's own composer made in this process.

    Attributes:
        server_s: Seconds in calls of the model server.
        codec_s: Seconds between these calls.
        midi_s: Seconds to write the MIDI file.
        tokens: The number of sampled tokens.
        body: The MIDI file.
    """

    server_s: float
    codec_s: float
    midi_s: float
    tokens: int
    body: bytes


@dataclass(frozen=True)
class _Composing:
    """The objects that compose a song in this process."""

    clock: Clock  # of the server's calls
    games: Games
    composer: Composer

    @classmethod
    def with_server(cls, server: ModelServer, clock: Clock, models_config: Path) -> "_Composing":
        return cls(clock, Games(models_config, server), Composer(server))

    def song(self, game: str, notes: int, seed: int) -> _Composed:
        values = [RequestValue(*value) for value in _values(game, notes, seed).items()]
        before_s, tokens = self.clock.seconds, self.clock.tokens
        began = time.perf_counter()
        song = self.composer.compose(song_request(values), self.games, Deadline.after(PATIENCE_S))
        composed = time.perf_counter()
        body = midi(song, Deadline.after(PATIENCE_S))
        written = time.perf_counter()
        server_s = self.clock.seconds - before_s
        return _Composed(
            server_s=server_s,
            codec_s=composed - began - server_s,
            midi_s=written - composed,
            tokens=self.clock.tokens - tokens,
            body=body,
        )


def measure_song(
    api: RunningApi, default: Published, graph: GraphModel, models_dir: Path, sizes: Sizes
) -> SongFigures:
    """Request songs, and compose each of them again by gRPC and without any server.

    Args:
        api: The API, which uses the model server.
        default: The network of the default recipe, which the model server serves.
        graph: The same network in this process.
        models_dir: The folder with `models.config`.
        sizes: The sizes of the measurements.
    """
    game, notes = default.model.game, sizes.notes
    config = models_dir / "models.config"
    http_s: list[float] = []
    by_grpc: list[_Composed] = []
    in_process: list[_Composed] = []
    grpc_clock, own_clock = Clock(), Clock()
    with closing(GrpcModelServer(api.model_server, [CallMeter(grpc_clock.called)])) as server:
        over_grpc = _Composing.with_server(server, grpc_clock, config)
        without = _Composing.with_server(
            InProcess(graph, default.model, own_clock), own_clock, config
        )
        for seed in range(WARM_UPS):
            api.song(_values(game, notes, seed))
        over_grpc.song(game, notes, 0)
        without.song(game, notes, 0)
        with progress("songs over HTTP", sizes.songs) as bar:
            for seed in range(sizes.songs):
                began = time.perf_counter()
                body = api.song(_values(game, notes, seed))
                http_s.append(time.perf_counter() - began)
                by_grpc.append(over_grpc.song(game, notes, seed))
                in_process.append(without.song(game, notes, seed))
                check_same_file("by gRPC", body, by_grpc[-1].body)
                check_same_file("in process", body, in_process[-1].body)
                bar.update()
    total = Percentiles.of([seconds * _MS for seconds in http_s])
    return SongFigures(
        http_500_notes_ms=total,
        http_500_notes_parts_ms=_parts(total.p50, by_grpc, in_process),
        http_500_notes_tokens=statistics.median(song.tokens for song in by_grpc),
    )


def _parts(total_ms: float, by_grpc: list[_Composed], in_process: list[_Composed]) -> SongParts:
    model = _MS * statistics.median(song.server_s for song in in_process)
    server = _MS * statistics.median(song.server_s for song in by_grpc)
    codec = _MS * statistics.median(song.codec_s for song in by_grpc)
    midi = _MS * statistics.median(song.midi_s for song in by_grpc)
    return SongParts(model, server - model, codec, midi, total_ms - server - codec - midi)


def _values(game: str, notes: int, seed: int) -> dict[str, str]:
    return {"game": game, "notes": str(notes), "seed": str(seed)}
