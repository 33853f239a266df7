"""A trained network to a bundle: a SavedModel with all that a server and its callers need."""

from pathlib import Path
from typing import Any

import keras
import tensorflow as tf
from tensorflow_serving.apis import model_pb2, predict_pb2, prediction_log_pb2

from music.codec import BOS, open_codec
from music.composing.model import NO_STOP
from music.description import Description
from training.errors import ExportError
from training.export.decoder import Network
from training.export.quantised_matmul import PRODUCTS
from training.export.sampling import Sampling
from training.network.network import field_sizes

_VECTOR_I = tf.TensorSpec([None], tf.int32)
_VECTOR_F = tf.TensorSpec([None], tf.float32)
_WINDOWS = tf.TensorSpec([None, None], tf.int32)
_WARMUP_STEPS = 2


def export_bundle(model: keras.Model, description: Description, folder: Path, weights: str) -> None:
    """Write a SavedModel with its vocabulary, model card and warm-up requests.

    Args:
        model: As `training.network` builds it.
        description: What `describe` answers.
        folder: Where to; must not exist.
        weights: One of `training.export.quantised_matmul.PRODUCTS`.

    Raises:
        ExportError: The model and the vocabulary do not belong together.
    """
    drawn, named = field_sizes(model), tuple(map(len, description.vocabulary))
    if drawn != named:
        raise ExportError(f"the network draws fields of {drawn} values, the vocabulary has {named}")
    codec = open_codec(description.codec, description.vocabulary)
    network = Network(model, PRODUCTS[weights], codec.advance_ticks)
    archive = keras.export.ExportArchive()
    archive.track(network)
    _add_signatures(archive, network, description)
    archive.write_out(folder, verbose=False)
    _write_assets(description, folder / "assets")
    _write_warmup(network, description.game, folder / "assets.extra")


def _add_signatures(archive: Any, network: Network, description: Description) -> None:
    """Add the signatures; an argument's name is the input's name."""

    def serving_default(
        tokens: Any, lengths: Any, bar_ticks: Any, place_ticks: Any, line_up: Any = ()
    ) -> dict[str, Any]:
        probabilities = network.probabilities(tokens, lengths, bar_ticks, place_ticks, line_up)
        return {"probabilities": probabilities}

    def prefill(
        tokens: Any, lengths: Any, bar_ticks: Any, place_ticks: Any, line_up: Any = ()
    ) -> dict[str, Any]:
        state, token = network.prefill(tokens, lengths, bar_ticks, place_ticks, line_up)
        return {"state": state, "token": token}

    def decode(
        token: Any,
        state: Any,
        position: Any,
        steps: Any,
        start_ticks: Any,
        stop_ticks: Any,
        temperature: Any,
        top_k: Any,
        top_p: Any,
        seed: Any,
    ) -> dict[str, Any]:
        sampling = Sampling(temperature, top_k, top_p)
        drawn = network.decode(
            token, state, position, steps, start_ticks, stop_ticks, sampling, seed
        )
        return {
            "tokens": drawn.tokens,
            "state": drawn.state,
            "token": drawn.token,
            "log_probability": drawn.log_probability,
        }

    def read(token: Any, state: Any, tokens: Any, lengths: Any) -> dict[str, Any]:
        after = network.read(token, state, tokens, lengths)
        return {
            "state": after.state,
            "token": after.token,
            "log_probability": after.log_probability,
        }

    text = description.to_json()

    def describe(probe: Any) -> dict[str, Any]:
        return {"bundle": tf.fill(tf.shape(probe), tf.constant(text))}

    state = tf.TensorSpec([None, network.state_width], tf.float32)
    seed = tf.TensorSpec([None, 2], tf.int32)
    row = (_VECTOR_I, state, *[_VECTOR_I] * 4, _VECTOR_F, _VECTOR_I, _VECTOR_F, seed)
    start = [_WINDOWS, _VECTOR_I, _VECTOR_I, _VECTOR_I]
    if network.roles:
        start.append(tf.TensorSpec([None, network.roles], tf.int32))
    archive.add_endpoint("serving_default", serving_default, start)
    archive.add_endpoint("prefill", prefill, start)
    archive.add_endpoint("decode", decode, list(row))
    archive.add_endpoint("read", read, [_VECTOR_I, state, _WINDOWS, _VECTOR_I])
    archive.add_endpoint("describe", describe, [_VECTOR_I])


def _write_assets(description: Description, assets: Path) -> None:
    """Write for people what `describe` tells programs."""
    assets.mkdir(exist_ok=True)
    names = "\n\n".join("\n".join(field) for field in description.vocabulary)
    (assets / "vocabulary.txt").write_text(f"{names}\n", "utf-8")
    (assets / "model_card.json").write_text(description.card_json(), "utf-8")


def _write_warmup(network: Network, game: str, extra: Path) -> None:
    """Write the requests that a server runs before it calls a version available.

    Source: TensorFlow Serving's guide to SavedModel warm-up: a TFRecord of PredictionLog.
    """
    one = {
        "tokens": tf.constant([[BOS]]),
        "lengths": tf.constant([1]),
        "bar_ticks": tf.constant([0]),
        "place_ticks": tf.constant([0]),
        "line_up": tf.ones([1, network.roles], tf.int32),
        "token": tf.constant([BOS]),
        "state": network.initial_state(1),
        "position": tf.constant([0]),
        "steps": tf.constant([_WARMUP_STEPS]),
        "start_ticks": tf.constant([0]),
        "stop_ticks": tf.constant([NO_STOP]),
        "temperature": tf.constant([1.0]),
        "top_k": tf.constant([0]),
        "top_p": tf.constant([0.9]),
        "seed": tf.constant([[0, 0]]),
        "probe": tf.constant([0]),
    }
    line_up = ("line_up",) if network.roles else ()
    start = ("tokens", "lengths", "bar_ticks", "place_ticks", *line_up)
    bounds = ("steps", "start_ticks", "stop_ticks")
    decode = ("token", "state", "position", *bounds, "temperature", "top_k", "top_p", "seed")
    inputs = {
        "serving_default": start,
        "prefill": start,
        "decode": decode,
        "read": ("token", "state", "tokens", "lengths"),
        "describe": ("probe",),
    }
    extra.mkdir(exist_ok=True)
    with tf.io.TFRecordWriter(str(extra / "tf_serving_warmup_requests")) as writer:
        for signature, names in inputs.items():
            request = predict_pb2.PredictRequest(
                model_spec=model_pb2.ModelSpec(name=game, signature_name=signature),
                inputs={name: tf.make_tensor_proto(one[name]) for name in names},
            )
            log = prediction_log_pb2.PredictLog(request=request)
            record = prediction_log_pb2.PredictionLog(predict_log=log)
            writer.write(record.SerializeToString())
