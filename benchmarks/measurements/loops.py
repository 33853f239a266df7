"""The time per token of sampling loops on the same network, from the old one to the service's."""

from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from functools import partial

import grpc
import numpy as np
from numpy.typing import NDArray

from api.model_server.grpc_client import CHANNEL_OPTIONS, GrpcModelServer
from api.model_server.tensors import float32_array, int32_tensor
from benchmarks.checks import SampledSong, check_same_likelihoods, check_same_song
from benchmarks.models.bundle import Published
from benchmarks.models.graph_model import GraphModel
from benchmarks.models.song_sampling import PATIENCE_S, sample_song, sample_songs
from benchmarks.models.window_network import window_network
from benchmarks.processes.model_servers import InProcess
from benchmarks.sizes import BATCH, WINDOW_TOKENS, Sizes
from benchmarks.timing import interleaved
from music.bars import COMMON_TIME
from music.codec import FIRST
from music.sampling import CHUNK_STEPS
from proto.model_server_pb2 import ModelSpec, PredictRequest
from proto.rpc import ModelServerStub

_SEED = 0
_MS = 1000

Window = NDArray[np.int32]  # int32[WINDOW_TOKENS]
Probabilities = NDArray[np.float32]  # float32[V]


@dataclass(frozen=True)
class LoopFigures:
    """Milliseconds that one token takes, one song at a time, on the network of the experiment.

    Attributes:
        original_loop_ms_per_token: `model.predict` on a window, then the most likely token.
        window_rpc_ms_per_token: The same window by a call of `serving_default`.
        step_rpc_ms_per_token: `decode` with the state in and out, one token per call.
        chunk_rpc_ms_per_token: The same with the API's chunks.
    """

    original_loop_ms_per_token: float
    window_rpc_ms_per_token: float
    step_rpc_ms_per_token: float
    chunk_rpc_ms_per_token: float


def measure_loops(target: str, original: Published, graph: GraphModel, sizes: Sizes) -> LoopFigures:
    """Check that all four sample the same, and measure them alternately.

    Args:
        target: The model server, host:port.
        original: The network that it serves.
        graph: The same network in this process.
        sizes: The sizes of the measurements.
    """
    random = np.random.default_rng(_SEED)
    values = original.network.output_shape[-1]
    window = random.integers(FIRST, FIRST + values, WINDOW_TOKENS, np.int32)
    with (
        grpc.insecure_channel(target, options=CHANNEL_OPTIONS) as channel,
        closing(GrpcModelServer(target)) as server,
    ):
        predict, window_rpc = _by_predict(original), _by_rpc(ModelServerStub(channel), original)
        by_predict, by_window_rpc = (
            partial(_most_likely, ask, window, sizes.window_tokens) for ask in (predict, window_rpc)
        )
        by_step_rpc, by_chunk_rpc = (
            partial(
                sample_song,
                server,
                original.model,
                seed=_SEED,
                tokens=sizes.song_tokens,
                steps=steps,
            )
            for steps in (1, CHUNK_STEPS)
        )
        check_same_likelihoods("serving_default", predict(window), window_rpc(window))
        check_same_song(
            [
                SampledSong("in chunks by RPC", by_chunk_rpc()),
                SampledSong("step by step by RPC", by_step_rpc()),
                *_in_process(graph, original, sizes.song_tokens),
            ]
        )
        loops = (by_predict, by_window_rpc, by_step_rpc, by_chunk_rpc)
        seconds = interleaved("loops", loops, sizes.rounds)
    tokens = (sizes.window_tokens, sizes.window_tokens, sizes.song_tokens, sizes.song_tokens)
    return LoopFigures(*(s * _MS / t for s, t in zip(seconds, tokens, strict=True)))


def _in_process(graph: GraphModel, original: Published, tokens: int) -> list[SampledSong]:
    """Sample a song alone and as the first of a batch, both without a server."""
    alone = sample_song(
        InProcess(graph, original.model), original.model, seed=_SEED, tokens=tokens, steps=tokens
    )
    together = sample_songs(graph, range(_SEED, _SEED + BATCH), tokens)
    return [
        SampledSong("in one call in process", alone),
        SampledSong(f"first of {BATCH} in process", together[0]),
    ]


def _most_likely(
    probabilities: Callable[[Window], Probabilities], window: Window, tokens: int
) -> NDArray[np.int32]:
    """Continue a window with the most likely tokens, as the experiment did: int32[tokens]."""
    for _ in range(tokens):
        most_likely = int(probabilities(window[-WINDOW_TOKENS:]).argmax())
        window = np.append(window, np.int32(most_likely))
    return window[-tokens:]


def _by_predict(original: Published) -> Callable[[Window], Probabilities]:
    network = window_network(original.recipe, original.network.output_shape[-1])
    network.set_weights(original.network.get_weights())

    def ask(window: Window) -> Probabilities:
        probabilities: Probabilities = network.predict(window[None] - FIRST + 1, verbose=0)[0]
        return np.concatenate([np.zeros(FIRST, np.float32), probabilities])

    return ask


def _by_rpc(stub: ModelServerStub, published: Published) -> Callable[[Window], Probabilities]:
    spec = ModelSpec(name=published.model.game, signature_name="serving_default")

    def ask(window: Window) -> Probabilities:
        inputs = {
            "tokens": int32_tensor([window]),
            "lengths": int32_tensor([len(window)]),
            "bar_ticks": int32_tensor([COMMON_TIME.bar_ticks]),
            "place_ticks": int32_tensor([0]),
        }
        request = PredictRequest(model_spec=spec, inputs=inputs)
        response = stub.predict(request, timeout=PATIENCE_S)
        probabilities: Probabilities = float32_array(response.outputs["probabilities"])[0]
        return probabilities

    return ask
