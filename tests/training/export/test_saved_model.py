"""The bundle: signatures that a graph-mode session runs by name, and its other files."""

import json
from dataclasses import replace

import numpy as np
import pytest
import tensorflow as tf
from tensorflow.core.protobuf import saved_model_pb2
from tensorflow_serving.apis import prediction_log_pb2

from music.bars import COMMON_TIME
from music.codec import BOS, FIRST, PAD
from music.composing.model import NO_STOP
from music.description import Description
from tests.training.conftest import CODEC, TINY, WITHOUT_MEMORY, scale
from tests.training.export.support import description
from training.errors import ExportError
from training.export.quantised_matmul import FLOAT32, INT8
from training.export.saved_model import export_bundle
from training.fitting.encoded import encode, window
from training.memory.recall import Recall
from training.network.network import build_network

V = CODEC.vocabulary_size
S = 2 * sum(TINY.network.lstm_units) + Recall(CODEC).state_width
MOST_OPERATIONS = 385  # of one step of `decode`, a session's own included
START = {
    "tokens": ("int32", (None, None)),
    "lengths": ("int32", (None,)),
    "bar_ticks": ("int32", (None,)),
    "place_ticks": ("int32", (None,)),
}
CONTRACT = {
    "serving_default": (START, {"probabilities": ("float32", (None, V))}),
    "prefill": (START, {"state": ("float32", (None, S)), "token": ("int32", (None,))}),
    "decode": (
        {
            "token": ("int32", (None,)),
            "state": ("float32", (None, S)),
            "position": ("int32", (None,)),
            "steps": ("int32", (None,)),
            "start_ticks": ("int32", (None,)),
            "stop_ticks": ("int32", (None,)),
            "temperature": ("float32", (None,)),
            "top_k": ("int32", (None,)),
            "top_p": ("float32", (None,)),
            "seed": ("int32", (None, 2)),
        },
        {
            "tokens": ("int32", (None, None)),
            "state": ("float32", (None, S)),
            "token": ("int32", (None,)),
            "log_probability": ("float32", (None, None)),
        },
    ),
    "read": (
        {
            "token": ("int32", (None,)),
            "state": ("float32", (None, S)),
            "tokens": ("int32", (None, None)),
            "lengths": ("int32", (None,)),
        },
        {
            "state": ("float32", (None, S)),
            "token": ("int32", (None,)),
            "log_probability": ("float32", (None, None)),
        },
    ),
    "describe": ({"probe": ("int32", (None,))}, {"bundle": ("string", (None,))}),
}


@pytest.fixture(scope="module")
def model():
    return build_network(TINY.network, CODEC.field_sizes)


@pytest.fixture(scope="module", params=[INT8, FLOAT32])
def bundle(request, model, tmp_path_factory):
    folder = tmp_path_factory.mktemp("models") / "1"
    export_bundle(model, description(), folder, request.param)
    return folder


def meter(*bars: int) -> dict[str, list[int]]:
    """Return the meters of songs that start with a bar, as signatures take them."""
    return {"bar_ticks": list(bars), "place_ticks": [0] * len(bars)}


class Session:
    """A SavedModel as TensorFlow Serving runs it: in a graph, signatures by name."""

    def __init__(self, folder) -> None:
        self._session = tf.compat.v1.Session(graph=tf.Graph())
        with self._session.graph.as_default():
            loaded = tf.compat.v1.saved_model.load(self._session, ["serve"], str(folder))
        self.signatures = loaded.signature_def

    def run(self, signature: str, **inputs) -> dict[str, np.ndarray]:
        definition = self.signatures[signature]
        feed = {definition.inputs[name].name: value for name, value in inputs.items()}
        return self._session.run({k: v.name for k, v in definition.outputs.items()}, feed)

    def executed_operations(self, signature: str, **inputs) -> int:
        """Count the operations that a call runs, those of a loop once per iteration."""
        definition = self.signatures[signature]
        trace = tf.compat.v1.RunMetadata()
        self._session.run(
            [output.name for output in definition.outputs.values()],
            {definition.inputs[name].name: value for name, value in inputs.items()},
            options=tf.compat.v1.RunOptions(trace_level=tf.compat.v1.RunOptions.FULL_TRACE),
            run_metadata=trace,
        )
        return sum(len(device.node_stats) for device in trace.step_stats.dev_stats)


@pytest.fixture(scope="module")
def session(bundle):
    return Session(bundle)


def test_it_has_the_signatures_of_the_contract(session):
    found = {
        name: tuple(
            {
                key: (
                    tf.as_dtype(info.dtype).name,
                    tuple(None if d.size < 0 else d.size for d in info.tensor_shape.dim),
                )
                for key, info in side.items()
            }
            for side in (definition.inputs, definition.outputs)
        )
        for name, definition in session.signatures.items()
        if not name.startswith("__")
    }
    assert found == CONTRACT


def test_a_graph_mode_session_gives_the_same_song_for_any_chunks(session):
    start = session.run("prefill", tokens=[[BOS, 42, 93]], lengths=[3], **meter(36))
    row = {"temperature": [1.0], "top_k": [0], "top_p": [0.9], "seed": [[7, 0]]}
    row |= {"start_ticks": [0], "stop_ticks": [NO_STOP]}
    whole = session.run("decode", **start, position=[0], steps=[40], **row)
    first = session.run("decode", **start, position=[0], steps=[15], **row)
    rest = {"state": first["state"], "token": first["token"]}
    second = session.run("decode", **rest, position=[15], steps=[25], **row)
    chunks = np.concatenate([first["tokens"], second["tokens"]], axis=1)
    assert np.array_equal(chunks, whole["tokens"])
    assert whole["tokens"].shape == (1, 40)


def test_a_step_has_few_operations(session):
    """The number of its small operations decides how long a step takes for one song."""
    row = session.run("prefill", tokens=[[BOS]], lengths=[1], **meter(0))
    bounds = {"position": [0], "start_ticks": [0], "stop_ticks": [NO_STOP]}
    row |= bounds | {"temperature": [1.0], "top_k": [0], "top_p": [0.9], "seed": [[1, 0]]}
    few, many = (session.executed_operations("decode", **row, steps=[n]) for n in (8, 72))
    assert 100 < (many - few) / 64 < MOST_OPERATIONS


@pytest.mark.parametrize("steps", [[0], [-1], [0, 0], []])
def test_a_session_takes_a_call_in_which_every_row_rests(session, steps):
    rows = len(steps)
    start = {"token": [BOS] * rows, "state": np.zeros((rows, S)), "position": [0] * rows}
    sampling = {"temperature": [1.0] * rows, "top_k": [0] * rows, "top_p": [1.0] * rows}
    seed = np.zeros((rows, 2), np.int32)
    bounds = {"start_ticks": [0] * rows, "stop_ticks": [NO_STOP] * rows}
    drawn = session.run("decode", **start, steps=steps, **bounds, **sampling, seed=seed)
    assert drawn["tokens"].tolist() == [[PAD]] * rows
    assert drawn["token"].tolist() == [BOS] * rows


def test_the_session_gives_kerass_distribution(session, model):
    meters = (COMMON_TIME,)
    pieces = [replace(scale("x", root, notes=20), time_signatures=meters) for root in (60, 50)]
    windows = [[BOS, *CODEC.encode(piece.notes)] for piece in pieces]
    read = [window(encode(piece, CODEC, memory=True), range(20), 21) for piece in pieces]
    inputs = {name: np.stack([each.inputs[name] for each in read]) for name in read[0].inputs}
    logits = model.predict_on_batch(inputs)[:, 20, : CODEC.field_sizes[0]]
    found = session.run("serving_default", tokens=windows, lengths=[21, 21], **meter(48, 48))
    found = found["probabilities"]
    found = found[:, FIRST:]
    by_shift = found.reshape(2, CODEC.field_sizes[0], -1).sum(axis=2)
    np.testing.assert_allclose(by_shift, tf.nn.softmax(logits), rtol=1e-2)


def test_padded_windows_give_the_same_results_as_single_ones(session):
    windows = ([BOS], [BOS, 42, 93_000], [BOS, 600_000, 93, 62, 93])
    lengths = [len(each) for each in windows]
    padded = [[*each, *[0] * (5 - len(each))] for each in windows]
    bars = (48, 36, 30)
    together = session.run("serving_default", tokens=padded, lengths=lengths, **meter(*bars))
    for row, (read, length, bar) in enumerate(zip(windows, lengths, bars, strict=True)):
        alone = session.run("serving_default", tokens=[read], lengths=[length], **meter(bar))
        likely = together["probabilities"][row], alone["probabilities"][0]
        np.testing.assert_allclose(*likely, rtol=1e-4)


def test_every_row_of_describe_is_the_description(session):
    texts = session.run("describe", probe=[0, 0])["bundle"]
    assert [Description.from_json(text) for text in texts] == [description()] * 2


def test_no_operation_needs_a_gpu_library_or_xla(bundle):
    saved_model = saved_model_pb2.SavedModel.FromString((bundle / "saved_model.pb").read_bytes())
    graph = saved_model.meta_graphs[0].graph_def
    functions = [node for function in graph.library.function for node in function.node_def]
    operations = {node.op for node in [*graph.node, *functions]}
    assert "StatelessWhile" in operations
    assert not [op for op in operations if "Cudnn" in op or op.startswith("Xla")]


def test_the_graph_has_no_large_table_more_than_once(bundle):
    size_bytes = (bundle / "saved_model.pb").stat().st_size
    assert size_bytes < 4 * 2**20


def test_people_find_the_vocabulary_and_the_model_card(bundle):
    assets = bundle / "assets"
    assert (assets / "vocabulary.txt").read_text().split() == [
        name for field in CODEC.vocabulary for name in field
    ]
    card = json.loads((assets / "model_card.json").read_text())
    assert card["title"] == "Scales — up & down"
    assert card["held_out_bits_per_note"] == 3.5


def test_the_warm_up_has_a_request_for_every_signature(bundle, session):
    path = bundle / "assets.extra" / "tf_serving_warmup_requests"
    logs = [
        prediction_log_pb2.PredictionLog.FromString(record.numpy())
        for record in tf.data.TFRecordDataset(str(path))
    ]
    requests = [log.predict_log.request for log in logs]
    assert {r.model_spec.signature_name for r in requests} == set(CONTRACT)
    for request in requests:
        inputs = {name: tf.make_ndarray(value) for name, value in request.inputs.items()}
        assert session.run(request.model_spec.signature_name, **inputs)


def test_a_network_of_another_vocabulary_is_refused(tmp_path):
    other = build_network(WITHOUT_MEMORY, (99,))
    with pytest.raises(ExportError, match=r"fields of \(99,\) values, the vocabulary has \(89,"):
        export_bundle(other, description(), tmp_path / "1", INT8)
