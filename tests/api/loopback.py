"""A model server in this process with a tiny model, called over a real socket.

It obeys the contract that a trained bundle obeys: its state travels with the calls, and a token
follows from the seed, the position, the state and the tokens before alone. It keeps every call, so
that tests can read what was asked, and can be told to fail or to answer wrongly.
"""

import json
import threading
import time
from concurrent import futures
from dataclasses import dataclass, field
from pathlib import Path

import grpc
import numpy as np

from music.codec import FIRST
from music.codec.notetuple import BandTuple, NoteTuple
from music.description import Description, ModelCard, Opening, PieceForm
from music.form.plan import Section
from music.players.roles import ROLES
from proto import model_server_pb2 as wire
from proto import rpc

VOCABULARY = (
    ("TimeShift_0", "TimeShift_3", "TimeShift_6", "TimeShift_12"),
    tuple(f"Pitch_{pitch}" for pitch in range(60, 84)),
    ("Duration_3", "Duration_6", "Duration_12"),
)
CODEC = NoteTuple(VOCABULARY)
BAND_CODEC = BandTuple(
    (
        VOCABULARY[0],
        tuple(f"Role_{role}" for role in range(ROLES)),
        tuple(f"Pitch_{pitch}" for pitch in range(21, 109)),
        VOCABULARY[2],
    )
)
STATE_WIDTH = 4


def token(shift, pitch, duration):
    """Write a note by the places of its values."""
    return int(CODEC.merge_fields(np.array([[shift, pitch, duration]]))[0])


OPENINGS = (
    Opening("first", (token(0, 0, 0), token(1, 2, 0)), 90.0),
    Opening("second", (token(0, 4, 1), token(2, 6, 2), token(0, 9, 2)), 150.0),
)


FORMS = (
    PieceForm("first", (Section("A", 2), Section("B", 2), Section("A'", 2))),
    PieceForm("second", (Section("A", 4), Section("A", 4))),
)


def description(**changes):
    fields = {
        "game": "zelda",
        "title": "Zélda: Majora's Mask",
        "codec": NoteTuple.name,
        "vocabulary": VOCABULARY,
        "tempo_bpm": 120.0,
        "openings": OPENINGS,
        "forms": FORMS,
        "learned": (),
        "quote_notes": 6,
        "card": ModelCard("default", 9, 4321, 6.5, "2025-01-01T00:00:00Z", "2.20.0"),
    }
    return Description(**{**fields, **changes})


def _mixed(*numbers):
    """Hash whole numbers to one below 2 to the 20, which a float32 holds."""
    mixed = 17
    for number in numbers:
        mixed = (mixed * 1_000_003 + int(number) + 7) % 2_147_483_647
    return mixed % (1 << 20)


def _read(state, token):
    mixed = [_mixed(value, token, place) for place, value in enumerate(state[:STATE_WIDTH])]
    return [*mixed, *state[STATE_WIDTH:]]


def _draw(codec, state, token, *ingredients):
    number = _mixed(*state[:STATE_WIDTH], token, *ingredients)
    drawn = FIRST + number % (codec.vocabulary_size - FIRST)
    roles = np.flatnonzero(state[STATE_WIDTH:])
    if not len(roles):
        return drawn
    shift, role, *rest = codec.split_fields([drawn])[0]
    return int(codec.merge_fields(np.array([[shift, roles[role % len(roles)], *rest]]))[0])


def _share_of_others(temperature, top_p):
    """Return how likely it is that a tune known by heart, of probability 0.95, is left."""
    others = CODEC.vocabulary_size - 1
    known, other = (share ** (1 / max(temperature, 1e-3)) for share in (0.95, 0.05 / others))
    share = known / (known + others * other)
    return max(
        0.0, 1 - share / max(top_p, 1e-30)
    )  # the least that can be asked for is 0 in float32


@dataclass
class LoopbackModelServer:
    """The server and its switches.

    Attributes:
        versions: Game -> version -> state.
        descriptions: Game -> the JSON text that its model describes itself by.
        calls: Every PredictRequest, in order.
        request_ids: The id that came with every call, of either service; empty where none did.
        traceparents: As request_ids: the span that made the call.
        typed: Answer in lists of typed values instead of tensor_content.
        failure: A gRPC status to fail with, once `healthy_calls` calls have gone by.
        failures_left: How often.
        mangle: Changes an answer before it leaves.
        by_heart: Tokens that the model knows by heart: one of them is followed by the next far
            more likely than by all others together; nothing where it is empty.
        tune: Tokens that are drawn over and over, whatever the song; none where it is empty.
        after_draw: Called with the number of draws so far, after each.
        slow_s: Seconds that every Predict takes.
        extra_width: Places of PAD behind what was drawn, as in a batch with longer draws.
        on_status: Called whenever the versions of a game are asked for.
        hung: What never responds: (game, "status") or (game, the name of a signature).
        salts: (game, version) -> a number, other than 0, that makes all its songs others.
        codecs: Game -> the codec of its model, if it is not `CODEC`. The state of a band's song has
            its line-up too.
    """

    versions: dict = field(default_factory=lambda: {"zelda": {1: "AVAILABLE"}})
    descriptions: dict = field(default_factory=lambda: {"zelda": description().to_json()})
    calls: list = field(default_factory=list)
    request_ids: list = field(default_factory=list)
    traceparents: list = field(default_factory=list)
    load_failure: str = ""
    typed: bool = False
    failure: grpc.StatusCode | None = None
    healthy_calls: int = 0
    failures_left: int = 1_000_000
    mangle: object = None
    by_heart: tuple = ()
    tune: tuple = ()
    after_draw: object = None
    slow_s: float = 0.0
    extra_width: int = 0
    on_status: object = None
    hung: set = field(default_factory=set)
    salts: dict = field(default_factory=dict)
    codecs: dict = field(default_factory=dict)

    def start(self, port=0):
        self._stopped = threading.Event()
        self._server = grpc.server(
            futures.ThreadPoolExecutor(8), options=(("grpc.so_reuseport", 0),)
        )
        self._server.add_generic_rpc_handlers(
            (
                _handler(rpc.PREDICTION_SERVICE, "Predict", self._predict, wire.PredictRequest),
                _handler(
                    rpc.MODEL_SERVICE, "GetModelStatus", self._status, wire.GetModelStatusRequest
                ),
            )
        )
        self.port = self._server.add_insecure_port(f"127.0.0.1:{port}")
        self._server.start()
        return self

    @property
    def target(self):
        return f"127.0.0.1:{self.port}"

    def stop(self):
        self._stopped.set()
        self._server.stop(None).wait()

    def signatures(self):
        return [call.model_spec.signature_name for call in self.calls]

    def _status(self, request, context):
        self._record_call(context)
        self._hang(request.model_spec.name, "status")
        if self.on_status:
            self.on_status()
        versions = self.versions.get(request.model_spec.name)
        if not versions:
            context.abort(grpc.StatusCode.NOT_FOUND, "Could not find any versions of model")
        response = wire.GetModelStatusResponse()
        for number, state in versions.items():
            status = response.model_version_status.add(version=number, state=state)
            status.status.error_message = self.load_failure
        return response

    def _predict(self, request, context):
        self._record_call(context)
        self.calls.append(request)
        time.sleep(self.slow_s)
        spec = request.model_spec
        self._hang(spec.name, spec.signature_name)
        if self.versions.get(spec.name, {}).get(spec.version.value) != "AVAILABLE":
            context.abort(grpc.StatusCode.NOT_FOUND, "Servable not found for request")
        inputs = {name: _array(tensor) for name, tensor in request.inputs.items()}
        outputs = getattr(self, f"_{spec.signature_name}")(spec.name, **inputs)
        if spec.signature_name == "prefill":
            salt = np.float32(self.salts.get((spec.name, spec.version.value), 0))
            outputs["state"][:, :STATE_WIDTH] += salt
        response = wire.PredictResponse(model_spec=spec)
        for name, array in outputs.items():
            response.outputs[name].CopyFrom(_tensor(array, typed=self.typed))
        if self.mangle:
            self.mangle(spec.signature_name, response)
        if self.after_draw and spec.signature_name == "decode":
            self.after_draw(self.signatures().count("decode"))
        return response

    def _record_call(self, context):
        metadata = dict(context.invocation_metadata())
        self.request_ids.append(metadata.get("x-request-id", ""))
        self.traceparents.append(metadata.get("traceparent", ""))
        if self.failure is not None and self.healthy_calls <= 0 < self.failures_left:
            self.failures_left -= 1
            context.abort(self.failure, "as told\nby the test")
        self.healthy_calls -= 1

    def _hang(self, game, call):
        if (game, call) in self.hung:
            self._stopped.wait()

    def _describe(self, game, probe):
        assert probe.shape == (1,)
        return {"bundle": [self.descriptions[game].encode()]}

    def _prefill(self, game, tokens, lengths, bar_ticks, place_ticks, line_up=((),)):
        assert lengths.tolist() == [tokens.shape[1]]
        assert bar_ticks.shape == place_ticks.shape == (1,)
        state = [256 * (int(bar_ticks[0]) - 48) + int(place_ticks[0])] * STATE_WIDTH
        assert len(line_up[0]) == (ROLES if self._codec(game).has_roles else 0)
        state += list(line_up[0])
        for token in tokens[0, :-1]:
            state = _read(state, token)
        return _state_outputs(state, tokens[0, -1])

    def _codec(self, game):
        return self.codecs.get(game, CODEC)

    def _decode(self, game, **inputs):
        rows = [dict(zip(inputs, row, strict=True)) for row in zip(*inputs.values(), strict=True)]
        return _together([self._row(self._codec(game), **row) for row in rows])

    def _row(self, codec, token, state, position, steps, start_ticks, stop_ticks, **how):
        temperature, top_k, top_p = (float(how[name]) for name in ("temperature", "top_k", "top_p"))
        leaves = _share_of_others(temperature, top_p)
        how = (*how["seed"], temperature * 1000, top_k, top_p * 1000)
        hidden, last, tokens, moved = state.tolist(), int(token), [], 0
        for place in range(position, position + steps):
            after = _read(hidden, last)
            following = self._next(codec, after, last, place, leaves, *how)
            if not tokens:
                following = _late_enough(codec, following, int(start_ticks))
            moved += _waited(codec, following) if last >= FIRST else 0
            if moved >= stop_ticks:
                break
            hidden, last = after, following
            tokens.append(last)
        tokens += [0] * (self.extra_width + int(steps) - len(tokens))
        return {
            "tokens": np.array([tokens], np.int32),
            "log_probability": _log_probability(tokens),
            **_state_outputs(hidden, last),
        }

    def _read(self, _game, token, state, tokens, lengths):
        rows = []
        for row, hidden, those, length in zip(token, state.tolist(), tokens, lengths, strict=True):
            read = [row, *those[:length]]
            for last in read[:-1]:
                hidden[:] = _read(hidden, last)
            likely = _log_probability([*those, *[0] * self.extra_width])
            rows.append({"log_probability": likely, **_state_outputs(hidden, read[-1])})
        return _together(rows)

    def _next(self, codec, state, token, place, leaves, *how):
        if self.tune:
            return self.tune[place % len(self.tune)]
        if token in self.by_heart and _mixed(place, *how) >= leaves * (1 << 20):
            return self.by_heart[(self.by_heart.index(token) + 1) % len(self.by_heart)]
        return _draw(codec, state, token, place, *how)


def _waited(codec, token):
    """Return the ticks from the note before a token's note to it."""
    return int(codec.shift_ticks[codec.split_fields([token])[0, 0]])


def _late_enough(codec, token, start_ticks):
    """Let a note wait longer where it would start too early."""
    shift, *rest = codec.split_fields([token])[0]
    least = int(np.searchsorted(codec.shift_ticks, start_ticks))
    return int(codec.merge_fields(np.array([[max(shift, least), *rest]]))[0])


def _together(rows):
    """Stack the rows of a call; PAD follows the tokens of those that have fewer steps."""
    width = max((row["tokens"].shape[1] for row in rows if "tokens" in row), default=0)
    for row in rows:
        for name in {"tokens", "log_probability"} & row.keys():
            missing = width - row[name].shape[1]
            row[name] = np.pad(row[name], [(0, 0), (0, max(0, missing))])
    return {name: np.concatenate([row[name] for row in rows]) for name in rows[0]}


def _log_probability(tokens):
    """Return how likely tokens are: some more than others."""
    return np.array([[-1.5 - int(token) % 8 / 8 for token in tokens]], np.float32)


def _state_outputs(state, token):
    return {"state": np.array([state], np.float32), "token": np.array([token], np.int32)}


def _handler(service, method, behaviour, request):
    handler = grpc.unary_unary_rpc_method_handler(
        behaviour,
        request_deserializer=request.FromString,
        response_serializer=lambda response: response.SerializeToString(),
    )
    return grpc.method_handlers_generic_handler(service, {method: handler})


def _array(tensor):
    dtype = {wire.DT_FLOAT: "<f4", wire.DT_INT32: "<i4"}[tensor.dtype]
    shape = [dim.size for dim in tensor.tensor_shape.dim]
    return np.frombuffer(tensor.tensor_content, dtype).reshape(shape)


def _tensor(array, *, typed):
    if isinstance(array, list):
        tensor = wire.TensorProto(dtype=wire.DT_STRING, string_val=array)
        tensor.tensor_shape.dim.add(size=len(array))
        return tensor
    tensor = wire.TensorProto(dtype=wire.DT_INT32 if array.dtype == np.int32 else wire.DT_FLOAT)
    for size in array.shape:
        tensor.tensor_shape.dim.add(size=size)
    if not typed:
        tensor.tensor_content = array.tobytes()
    elif array.dtype == np.int32:
        tensor.int_val.extend(_without_repeats(array))
    else:
        tensor.float_val.extend(_without_repeats(array))
    return tensor


def _without_repeats(array):
    """Leave out the values at the end that repeat the one before them."""
    values = array.ravel().tolist()
    while len(values) > 1 and values[-1] == values[-2]:
        values.pop()
    return values


def write_models_config(path: Path, *games):
    """Write a configuration as training does, fields that the API does not know included."""
    models = "\n".join(
        f'  config {{ name: "{game}" base_path: "/models/{game}" model_platform: "tensorflow"\n'
        f"    model_version_policy {{ latest {{ num_versions: 2 }} }} }}"
        for game in games
    )
    path.write_text(f"# written by training\nmodel_config_list {{\n{models}\n}}\n")


def write_labels(models_config: Path, **labels: dict[str, int]):
    """Write the labels of games as training does, next to the list of models."""
    models_config.with_name("labels.json").write_text(json.dumps(labels))
