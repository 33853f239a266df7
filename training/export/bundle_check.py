"""The check of a bundle before it is published: it must load and sample as a model server does.

A version that does not load ends TensorFlow Serving at its start, and blocks the list of models of
one that is running. So the bundle is loaded as TensorFlow Serving loads it, into a graph-mode
session; the warm-up requests are run, as there; and a song is sampled through the signatures.

B is the batch size, T time, N steps, S the state's width, V the vocabulary.
"""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf
from google.protobuf.message import DecodeError
from numpy.typing import NDArray
from tensorflow_serving.apis import prediction_log_pb2

from music.codec import BOS, FIRST, PAD, open_codec
from music.composing.model import NO_STOP
from music.description import Description
from music.errors import MusicError
from music.players.roles import playing
from training.errors import ExportError
from training.export.decoder_cells import probable_values
from training.failures import reason

_STEPS = 16
_READ_ATOL = 0.05  # nats; the two may round differently
_WARMUP = "assets.extra/tf_serving_warmup_requests"

Arrays = dict[str, NDArray[Any]]


def check_bundle(folder: Path) -> None:
    """Load a bundle and sample from it.

    Raises:
        ExportError: A model server could not load it or sample from it; the message says why.
    """
    with _loaded(folder) as bundle:
        _check_warmup(bundle, folder / _WARMUP)
        _check_sampling(bundle, _description(bundle))


class _Bundle:
    """A loaded SavedModel."""

    def __init__(self, session: Any, signatures: Any) -> None:
        self._session = session
        self._signatures = signatures

    def call(self, name: str, **inputs: Any) -> Arrays:
        """Run a signature.

        Raises:
            ExportError: The signature does not exist, or it fails.
        """
        if name not in self._signatures:
            raise _unusable(f"it has no signature {name}")
        signature = self._signatures[name]
        try:
            feed = {signature.inputs[key].name: value for key, value in inputs.items()}
            fetch = {key: info.name for key, info in signature.outputs.items()}
            outputs: Arrays = self._session.run(fetch, feed)
        except (tf.errors.OpError, TypeError, ValueError) as error:
            raise _unusable(f"its signature {name} fails: {reason(error)}") from error
        return outputs


@contextmanager
def _loaded(folder: Path) -> Iterator[_Bundle]:
    with closing(tf.compat.v1.Session(graph=tf.Graph())) as session:
        try:
            with session.graph.as_default():
                loaded = tf.compat.v1.saved_model.load(session, ["serve"], str(folder))
        except (tf.errors.OpError, OSError, RuntimeError, ValueError) as error:
            raise _unusable(f"it does not load: {reason(error)}") from error
        yield _Bundle(session, loaded.signature_def)


def _check_warmup(bundle: _Bundle, path: Path) -> None:
    """Run the requests that a model server runs before a version is available."""
    try:
        records = [record.numpy() for record in tf.data.TFRecordDataset(str(path))]
        logs = [prediction_log_pb2.PredictionLog.FromString(record) for record in records]
    except (tf.errors.OpError, DecodeError) as error:
        raise _unusable(f"its warm-up requests cannot be read: {reason(error)}") from error
    _require(bool(logs), "it has no warm-up requests")
    for request in (log.predict_log.request for log in logs):
        inputs = {name: tf.make_ndarray(tensor) for name, tensor in request.inputs.items()}
        bundle.call(request.model_spec.signature_name, **inputs)


def _description(bundle: _Bundle) -> Description:
    (text,) = bundle.call("describe", probe=[0])["bundle"]
    try:
        return Description.from_json(text)
    except MusicError as error:
        raise _unusable(f"its description cannot be read: {error}") from error


def _check_sampling(bundle: _Bundle, description: Description) -> None:
    """Read two starts of different lengths, one of them empty, and sample the next tokens."""
    codec = open_codec(description.codec, description.vocabulary)
    size = codec.vocabulary_size
    opening = description.openings[0]
    starts = [BOS], [BOS, *opening.tokens]
    lengths = [len(start) for start in starts]
    tokens = [[*start, *[PAD] * (max(lengths) - len(start))] for start in starts]

    start = {
        "tokens": tokens,
        "lengths": lengths,
        "bar_ticks": [opening.meter.bar_ticks] * 2,
        "place_ticks": [opening.meter.place_ticks(0)] * 2,
    }
    if codec.has_roles:
        start["line_up"] = [playing(opening.line_up.roles)] * 2

    likely = bundle.call("serving_default", **start)["probabilities"]
    shape = 2, FIRST + probable_values(codec.field_sizes)
    _require(likely.shape == shape, f"probabilities have the shape {likely.shape}")
    _require(np.allclose(likely.sum(axis=1), 1, atol=1e-3), "probabilities do not sum to 1")

    read = bundle.call("prefill", **start)
    last = [start[-1] for start in starts]
    _require(read["token"].tolist() == last, f"prefill gives the tokens {read['token']}")
    _require(bool(np.isfinite(read["state"]).all()), "prefill gives a state that is not finite")

    bounds = {"position": 0, "steps": _STEPS, "start_ticks": 0, "stop_ticks": NO_STOP}
    row = {**bounds, "temperature": 1.0, "top_k": 0, "top_p": 0.95}
    sampling = {name: [value, value] for name, value in row.items()}
    drawn = bundle.call("decode", **read, **sampling, seed=[[0, 0], [1, 0]])
    sampled, state = drawn["tokens"], drawn["state"]
    _require(sampled.shape == (2, _STEPS), f"decode gives tokens of the shape {sampled.shape}")
    is_music = (sampled >= FIRST) & (sampled < size)
    _require(bool(is_music.all()), f"decode gives tokens outside of {FIRST} to {size - 1}")
    _require(state.shape == read["state"].shape, f"decode gives a state of shape {state.shape}")
    _require(bool(np.isfinite(state).all()), "decode gives a state that is not finite")

    again = bundle.call("read", **read, tokens=sampled, lengths=[_STEPS, _STEPS])
    _require(again["state"].shape == state.shape, f"read gives a state of shape {state.shape}")
    _require(
        bool(np.allclose(again["log_probability"], drawn["log_probability"], atol=_READ_ATOL)),
        "read gives other probabilities than decode",
    )


def _require(holds: bool, otherwise: str) -> None:  # noqa: FBT001  the condition itself
    if not holds:
        raise _unusable(otherwise)


def _unusable(why: str) -> ExportError:
    return ExportError(f"nothing is published, since no model server could use the bundle: {why}")
