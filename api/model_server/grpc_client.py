"""The model server over gRPC: TensorFlow Serving, or anything that answers as it does."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import grpc
import numpy as np
from google.protobuf.wrappers_pb2 import Int64Value
from numpy.typing import NDArray

from api.deadline import Deadline
from api.errors import (
    BrokenContractError,
    ModelServerError,
    NoSuchModelError,
    OutOfTimeError,
    OverloadedError,
    UnavailableError,
)
from api.model_server.missing_version import retried_on_replicas
from api.model_server.port import Model, State, VersionStatus
from api.model_server.tensors import (
    byte_strings,
    float32_array,
    float32_tensor,
    int32_array,
    int32_tensor,
)
from api.telemetry import request_id
from music.codec import padded
from music.composing.model import (
    NO_STOP,
    DecodeRow,
    Draw,
    Prompt,
    SongState,
    drawn_lengths,
    draws_of,
)
from music.description import Description
from music.errors import DescriptionError
from music.players.roles import playing
from proto.model_server_pb2 import (
    GetModelStatusRequest,
    ModelSpec,
    ModelVersionStatus,
    PredictRequest,
    PredictResponse,
    TensorProto,
)
from proto.rpc import MODEL_SERVICE, PREDICTION_SERVICE, ModelServerStub

# No call changes the server, so one that a dying replica drops is asked of another. The pauses are
# 0.1, 0.2, 0.2 and 0.2 s, each up to a fifth shorter or longer, so who asks servers that are all
# gone hears it within a second.
RETRY_POLICY = {
    "maxAttempts": 5,
    "initialBackoff": "0.1s",
    "maxBackoff": "0.2s",
    "backoffMultiplier": 2,
    "retryableStatusCodes": ["UNAVAILABLE"],
}
_SERVICE_CONFIG = {
    "loadBalancingConfig": [{"round_robin": {}}],
    "methodConfig": [
        {
            "name": [{"service": PREDICTION_SERVICE}, {"service": MODEL_SERVICE}],
            "retryPolicy": RETRY_POLICY,
        }
    ],
}
CHANNEL_OPTIONS = (
    ("grpc.service_config", json.dumps(_SERVICE_CONFIG)),
    ("grpc.max_receive_message_length", -1),  # a description holds a whole collection
    # A server that has just started is found sooner than the retries above give up.
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.max_reconnect_backoff_ms", 300),
    ("grpc.enable_http_proxy", 0),  # the model server is of our own network
    # A server that hangs, or whose machine has gone without a word, counts as gone after eight
    # seconds, and its calls are asked of another.
    ("grpc.keepalive_time_ms", 3000),
    ("grpc.keepalive_timeout_ms", 5000),
    ("grpc.http2.ping_timeout_ms", 5000),  # of the pings that measure; none is sent while one waits
    ("grpc.http2.max_pings_without_data", 0),
    # Servers end connections now and then (--grpc_channel_arguments), upon which replicas that are
    # new are found.
    ("grpc.dns_min_time_between_resolutions_ms", 3000),
)

_GONE = "The model server cannot be reached; try again in a moment."
_BUSY = "The model server has more to do than it can; try again in a moment."
_TOO_SLOW = "The model server did not answer within the time for this request; ask for fewer notes."
_NO_MODEL = (
    "The model server does not have this version of the game's model; try again in a moment."
)
_BROKEN = "The model server did not answer as its contract says."
_FULL_QUEUE = "batch scheduling queue"  # how TensorFlow Serving tells overload from being gone
# Codes that are not here break the contract: the API sends only what it allows.
_ERRORS: dict[grpc.StatusCode, tuple[type[ModelServerError], str]] = {
    grpc.StatusCode.ABORTED: (UnavailableError, _GONE),
    grpc.StatusCode.CANCELLED: (UnavailableError, _GONE),
    grpc.StatusCode.DEADLINE_EXCEEDED: (OutOfTimeError, _TOO_SLOW),
    grpc.StatusCode.NOT_FOUND: (NoSuchModelError, _NO_MODEL),
    grpc.StatusCode.RESOURCE_EXHAUSTED: (OverloadedError, _BUSY),
    grpc.StatusCode.UNAVAILABLE: (UnavailableError, _GONE),
}


class GrpcModelServer:
    """A `ModelServer` over one channel, shared by all threads of a process.

    The id of the request that a call is made for goes with it, as metadata.

    Make it in the process that calls it, never before a fork: gRPC's threads do not survive one.
    """

    def __init__(
        self, target: str, interceptors: Sequence[grpc.UnaryUnaryClientInterceptor] = ()
    ) -> None:
        """Prepare to call `target`, host:port; nothing is connected before the first call."""
        channel = grpc.insecure_channel(target, options=CHANNEL_OPTIONS)
        self._channel = grpc.intercept_channel(channel, *interceptors)
        self._stub = ModelServerStub(self._channel)

    def close(self) -> None:
        """End the channel and every call on it."""
        self._channel.close()

    def versions(self, game: str, deadline: Deadline) -> tuple[VersionStatus, ...]:
        """Return what versions of a game's model there are."""
        request = GetModelStatusRequest(model_spec=ModelSpec(name=game))
        with _translated_errors():
            response = self._stub.get_model_status(
                request, timeout=deadline.left_s(), metadata=request_id.metadata()
            )
        return tuple(map(_version_status, response.model_version_status))

    def describe(self, model: Model, deadline: Deadline) -> Description:
        """Let a model say what it is."""
        outputs = self._predict(model, "describe", {"probe": int32_tensor([0])}, deadline)
        strings = byte_strings(outputs["bundle"])
        if len(strings) != 1:
            raise BrokenContractError(_BROKEN, f"describe answered {len(strings)} strings")
        try:
            return Description.from_json(strings[0])
        except DescriptionError as error:
            raise BrokenContractError(_BROKEN, str(error)) from error

    def prefill(self, model: Model, prompt: Prompt, deadline: Deadline) -> SongState:
        """Read what a song continues."""
        inputs = {
            "tokens": int32_tensor([prompt.tokens]),
            "lengths": int32_tensor([len(prompt.tokens)]),
            "bar_ticks": int32_tensor([prompt.bar_ticks]),
            "place_ticks": int32_tensor([prompt.place_ticks]),
        }
        if prompt.roles:
            inputs["line_up"] = int32_tensor([playing(prompt.roles)])
        (state,) = _song_states(self._predict(model, "prefill", inputs, deadline), rows=1)
        return state

    def decode(
        self, model: Model, rows: Sequence[DecodeRow], deadline: Deadline
    ) -> tuple[Draw, ...]:
        """Sample the next tokens of one or more songs, of each in its own way."""
        inputs = {
            **_state_tensors([row.state for row in rows]),
            "position": int32_tensor([row.position for row in rows]),
            "steps": int32_tensor([row.steps for row in rows]),
            "start_ticks": int32_tensor([row.start_ticks for row in rows]),
            "stop_ticks": int32_tensor([row.stop_ticks for row in rows]),
            "temperature": float32_tensor([row.sampling.temperature for row in rows]),
            "top_k": int32_tensor([row.sampling.top_k for row in rows]),
            "top_p": float32_tensor([row.sampling.top_p for row in rows]),
            "seed": int32_tensor([row.sampling.seed_words for row in rows]),
        }
        outputs = self._predict(model, "decode", inputs, deadline)
        tokens = outputs.int32("tokens")
        return _draws(outputs, tokens, _drawn_lengths(tokens, rows))

    def read(
        self,
        model: Model,
        states: Sequence[SongState],
        tokens: Sequence[Sequence[int]],
        deadline: Deadline,
    ) -> tuple[Draw, ...]:
        """Read the next tokens of one or more songs, which are known already."""
        rows, lengths = padded(tokens)
        inputs = {
            **_state_tensors(states),
            "tokens": int32_tensor(rows),
            "lengths": int32_tensor(lengths),
        }
        return _draws(self._predict(model, "read", inputs, deadline), rows, lengths)

    def _predict(
        self, model: Model, signature: str, inputs: dict[str, TensorProto], deadline: Deadline
    ) -> "_Outputs":
        version = Int64Value(value=model.version)
        spec = ModelSpec(name=model.game, version=version, signature_name=signature)
        request = PredictRequest(model_spec=spec, inputs=inputs)
        return retried_on_replicas(lambda: self._asked(request, deadline), deadline)

    def _asked(self, request: PredictRequest, deadline: Deadline) -> "_Outputs":
        with _translated_errors():
            response = self._stub.predict(
                request, timeout=deadline.left_s(), metadata=request_id.metadata()
            )
        return _Outputs(response)


class _Outputs:
    """The outputs of a call, by name."""

    def __init__(self, response: PredictResponse) -> None:
        self._tensors = response.outputs

    def __getitem__(self, name: str) -> TensorProto:
        if name not in self._tensors:  # asking a protobuf map would make the entry
            raise BrokenContractError(_BROKEN, f"there is no output {name}")
        return self._tensors[name]

    def int32(self, name: str) -> NDArray[np.int32]:
        return int32_array(self[name])

    def float32(self, name: str) -> NDArray[np.float32]:
        return float32_array(self[name])


def _state_tensors(states: Sequence[SongState]) -> dict[str, TensorProto]:
    return {
        "token": int32_tensor([state.token for state in states]),
        "state": float32_tensor([state.hidden for state in states]),
    }


def _drawn_lengths(tokens: NDArray[np.int32], rows: Sequence[DecodeRow]) -> list[int]:
    """Return how many tokens each row has; as many as its steps where the song does not stop."""
    if tokens.ndim != 2 or tokens.shape[0] != len(rows):
        most = max(row.steps for row in rows)
        raise BrokenContractError(_BROKEN, f"{tokens.shape} drawn, not ({len(rows)}, {most})")
    lengths = drawn_lengths(tokens)
    for length, row in zip(lengths, rows, strict=True):
        if length > row.steps or (length < row.steps and row.stop_ticks == NO_STOP):
            raise BrokenContractError(_BROKEN, f"{length} tokens drawn, not {row.steps}")
    return lengths


def _draws(
    outputs: _Outputs, tokens: NDArray[np.int32], lengths: Sequence[int]
) -> tuple[Draw, ...]:
    """Cut the rows of a call, of which each has its length."""
    rows, width = len(lengths), max(lengths)
    log_probability = outputs.float32("log_probability")
    for array in (tokens, log_probability):
        # Batched with longer rows of other callers, a row is as wide as theirs.
        if array.ndim != 2 or array.shape[0] != rows or array.shape[1] < width:
            raise BrokenContractError(_BROKEN, f"{array.shape} drawn, not ({rows}, {width})")
    return draws_of(tokens, log_probability, _song_states(outputs, rows), lengths)


def _song_states(outputs: _Outputs, rows: int) -> list[SongState]:
    hidden, token = outputs.float32("state"), outputs.int32("token")
    if hidden.ndim != 2 or hidden.shape[0] != rows or token.shape != (rows,):
        raise BrokenContractError(_BROKEN, f"state {hidden.shape} and token {token.shape}")
    if not np.isfinite(hidden).all():
        raise BrokenContractError(_BROKEN, "the state is not finite")
    return [SongState(h, int(t)) for h, t in zip(hidden, token, strict=True)]


def _version_status(status: ModelVersionStatus) -> VersionStatus:
    name = ModelVersionStatus.State.Name(status.state)
    return VersionStatus(status.version, State(name), status.status.error_message)


@contextmanager
def _translated_errors() -> Iterator[None]:
    """Raise gRPC's errors as ours."""
    try:
        yield
    except grpc.RpcError as error:
        raise translated(error.code(), error.details()) from error


def translated(code: grpc.StatusCode, details: str | None) -> ModelServerError:
    """Say in our words what a gRPC status means; what the server said goes to the log alone."""
    kind, message = _ERRORS.get(code, (BrokenContractError, _BROKEN))
    if code is grpc.StatusCode.UNAVAILABLE and _FULL_QUEUE in (details or ""):
        kind, message = OverloadedError, _BUSY
    return kind(message, f"{code.name}: {details}")
