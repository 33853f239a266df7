"""Many concurrent callers: tokens per second and latencies, with and without merging."""

import asyncio
import statistics
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import cast

import grpc
import numpy as np
from numpy.typing import NDArray

from api.model_server.grpc_client import CHANNEL_OPTIONS
from api.model_server.port import Model
from api.model_server.tensors import float32_array, float32_tensor, int32_array, int32_tensor
from benchmarks.checks import SampledSong, check_same_song
from benchmarks.models.bundle import Published
from benchmarks.models.graph_model import GraphModel, SongStates
from benchmarks.models.song_sampling import PATIENCE_S, default_sampling, sample_songs
from benchmarks.sizes import Sizes
from benchmarks.timing import Percentiles, progress
from music.composing.continuation import EMPTY_PROMPT
from music.composing.model import NO_STOP
from music.sampling import CHUNK_STEPS
from proto.model_server_pb2 import ModelSpec, PredictRequest, PredictResponse
from proto.rpc import ModelServerStub

_MS = 1000

_Predict = Callable[..., Awaitable[PredictResponse]]


@dataclass(frozen=True)
class Load:
    """The throughput for a number of callers, each of whom samples a song chunk by chunk.

    Attributes:
        callers: The number of callers.
        batching: Whether the model server merges their calls.
        tokens_per_second: The rate of all callers together.
        latency_ms: The latency of a call for a chunk.
    """

    callers: int
    batching: bool
    tokens_per_second: float
    latency_ms: Percentiles


@dataclass(frozen=True)
class ThroughputFigures:
    """The load of every number of callers, with and without merging, with the default recipe."""

    tokens_per_second: tuple[Load, ...]


@dataclass(frozen=True)
class _Setting:
    callers: int
    batching: bool
    target: str


@dataclass(frozen=True, eq=False)
class _CallerSong:
    """A caller's song: int32[T], and the seconds of each call."""

    tokens: NDArray[np.int32]
    latencies_s: Sequence[float]


@dataclass(frozen=True, eq=False)
class _Turn:
    seconds: float
    songs: Sequence[_CallerSong]

    @property
    def tokens_per_second(self) -> float:
        return sum(len(song.tokens) for song in self.songs) / self.seconds


def measure_throughput(
    merging_target: str, plain_target: str, default: Published, graph: GraphModel, sizes: Sizes
) -> ThroughputFigures:
    """Measure all numbers of callers alternately, and compare each caller's song.

    Args:
        merging_target: A model server that merges calls, host:port.
        plain_target: A model server that does not.
        default: The network of the default recipe, which both serve.
        graph: The same network in this process.
        sizes: The sizes of the measurements.
    """
    settings = [
        _Setting(callers, batching, target)
        for callers in sizes.callers
        for batching, target in ((True, merging_target), (False, plain_target))
    ]
    most = max(sizes.callers)
    start = graph.prefill([EMPTY_PROMPT])
    expected = sample_songs(graph, range(most), sizes.calls_per_caller * CHUNK_STEPS)
    turns: list[list[_Turn]] = [[] for _ in settings]
    with progress("callers", (sizes.throughput_rounds + 1) * len(settings)) as bar:
        for _ in range(sizes.throughput_rounds + 1):
            for setting, taken in zip(settings, turns, strict=True):
                calls = max(sizes.calls_per_caller, sizes.calls // setting.callers)
                taken.append(asyncio.run(_turn(setting, default.model, start, calls)))
                _check(setting, taken[-1], expected)
                bar.update()
    return ThroughputFigures(tuple(map(_load, settings, (taken[1:] for taken in turns))))


def _load(setting: _Setting, turns: Sequence[_Turn]) -> Load:
    return Load(
        callers=setting.callers,
        batching=setting.batching,
        tokens_per_second=statistics.median(turn.tokens_per_second for turn in turns),
        latency_ms=Percentiles.of(
            [_MS * s for turn in turns for song in turn.songs for s in song.latencies_s]
        ),
    )


def _check(setting: _Setting, turn: _Turn, expected: NDArray[np.int32]) -> None:
    merging = "with merging" if setting.batching else "without merging"
    for seed, song in enumerate(turn.songs):
        check_same_song(
            [
                SampledSong(f"of seed {seed} in a batch in process", expected[seed]),
                SampledSong(f"as one of {setting.callers} callers {merging}", song.tokens),
            ]
        )


async def _turn(setting: _Setting, model: Model, start: SongStates, calls: int) -> _Turn:
    async with grpc.aio.insecure_channel(setting.target, options=CHANNEL_OPTIONS) as channel:
        await asyncio.wait_for(channel.channel_ready(), PATIENCE_S)
        predict = cast("_Predict", ModelServerStub(channel).predict)
        began = time.perf_counter()
        songs = await asyncio.gather(
            *(_compose(predict, model, start, seed, calls) for seed in range(setting.callers))
        )
        return _Turn(time.perf_counter() - began, songs)


async def _compose(
    predict: _Predict, model: Model, start: SongStates, seed: int, calls: int
) -> _CallerSong:
    hidden, token = start.hidden, start.token
    sampling = default_sampling(seed)
    same_in_every_call = {
        "steps": int32_tensor([CHUNK_STEPS]),
        "start_ticks": int32_tensor([0]),
        "stop_ticks": int32_tensor([NO_STOP]),
        "temperature": float32_tensor([sampling.temperature]),
        "top_k": int32_tensor([sampling.top_k]),
        "top_p": float32_tensor([sampling.top_p]),
        "seed": int32_tensor([sampling.seed_words]),
    }
    chunks, latencies_s = [], []
    for call in range(calls):
        request = PredictRequest(
            model_spec=ModelSpec(name=model.game, signature_name="decode"),
            inputs={
                **same_in_every_call,
                "token": int32_tensor(token),
                "state": float32_tensor(hidden),
                "position": int32_tensor([call * CHUNK_STEPS]),
            },
        )
        began = time.perf_counter()
        outputs = (await predict(request, timeout=PATIENCE_S)).outputs
        latencies_s.append(time.perf_counter() - began)
        hidden, token = float32_array(outputs["state"]), int32_array(outputs["token"])
        chunks.append(int32_array(outputs["tokens"])[0, :CHUNK_STEPS])
    return _CallerSong(np.concatenate(chunks), latencies_s)
