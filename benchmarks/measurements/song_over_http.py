"""A song over HTTP, by the real API from the real model server, and where its milliseconds go."""

import http.client
import statistics
import time
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from api.composing.composer import Composer
from api.deadline import Deadline
from api.formats.encoders import midi
from api.http.parameters import RequestValue, song_request
from api.model_server.games import Games
from api.model_server.grpc_client import GrpcModelServer
from api.model_server.metering import CallMeter
from api.model_server.port import ModelServer
from benchmarks.checks import check_same_file
from benchmarks.errors import AnswerError
from benchmarks.models.bundle import Published
from benchmarks.models.graph_model import GraphModel
from benchmarks.models.song_sampling import PATIENCE_S
from benchmarks.processes.model_servers import Clock, InProcess
from benchmarks.processes.services import RunningApi
from benchmarks.sizes import Sizes
from benchmarks.timing import Percentiles, progress

WARM_UPS = 8  # songs that do not count: each of the API's processes should have had one
_MS = 1000


@dataclass(frozen=True)
class SongParts:
    """Where the median song's milliseconds go; together they are its p50.

    Attributes:
        model: Prefill and decode, in a session of this process.
        grpc: What the same calls take longer by gRPC, and asking which version there is.
        codec: Tokens to notes, arrays to tensors and back, and all else between two calls.
        midi: Notes to a MIDI file.
        http: The rest: Flask, gunicorn, and making a connection.
    """

    model: float
    grpc: float
    codec: float
    midi: float
    http: float


@dataclass(frozen=True)
class SongFigures:
    """What a song costs its caller, one caller at a time, at the default recipe.

    Attributes:
        http_500_notes_ms: From before the connection to the last byte.
        http_500_notes_parts_ms: Where they go.
        http_500_notes_tokens: The median song's.
    """

    http_500_notes_ms: Percentiles
    http_500_notes_parts_ms: SongParts
    http_500_notes_tokens: float


@dataclass(frozen=True)
class _Composed:
    """A song that the API's own composer made in this process.

    Attributes:
        server_s: Seconds in calls of the model server.
        codec_s: Seconds between them.
        midi_s: Seconds that writing it took.
        tokens: How many were drawn.
        body: The MIDI file.
    """

    server_s: float
    codec_s: float
    midi_s: float
    tokens: int
    body: bytes


@dataclass(frozen=True)
class _Composing:
    """All it takes to make a song in this process."""

    clock: Clock  # of the server's calls
    games: Games
    composer: Composer

    @classmethod
    def with_server(cls, server: ModelServer, clock: Clock, models_config: Path) -> "_Composing":
        return cls(clock, Games(models_config, server), Composer(server))

    def song(self, game: str, notes: int, seed: int) -> _Composed:
        said = (
            RequestValue("game", game),
            RequestValue("notes", str(notes)),
            RequestValue("seed", str(seed)),
        )
        before_s, tokens = self.clock.seconds, self.clock.tokens
        began = time.perf_counter()
        song = self.composer.compose(song_request(said), self.games, Deadline.after(PATIENCE_S))
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
    """Ask for songs, and make each of them twice more here: by gRPC and without any server.

    Args:
        api: The API, and behind it the model server.
        default: The network of the default recipe, which that serves.
        graph: The same in this process.
        models_dir: Where `models.config` is.
        sizes: How much.
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
            _ask(api, game, notes, seed)
        over_grpc.song(game, notes, 0)
        without.song(game, notes, 0)
        with progress("songs over HTTP", sizes.songs) as bar:
            for seed in range(sizes.songs):
                began = time.perf_counter()
                body = _ask(api, game, notes, seed)
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


def _ask(api: RunningApi, game: str, notes: int, seed: int) -> bytes:
    """Ask for a song over a connection of its own, as curl does; gives the MIDI file."""
    with closing(http.client.HTTPConnection("127.0.0.1", api.port, PATIENCE_S)) as connection:
        connection.request("POST", f"/generate?game={game}&notes={notes}&seed={seed}")
        response = connection.getresponse()
        body = response.read()
    if response.status != http.client.OK:
        raise AnswerError(f"the API answered {response.status}: {body[:500]!r}")
    return body
