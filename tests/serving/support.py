"""Real bundles, and a real server on a loopback port that serves them."""

import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import grpc
import tensorflow as tf
from tensorflow.core.framework import tensor_pb2
from tensorflow_serving.apis import (
    get_model_metadata_pb2,
    get_model_status_pb2,
    model_management_pb2,
    model_service_pb2_grpc,
    predict_pb2,
    prediction_log_pb2,
    prediction_service_pb2_grpc,
)

from serving.flags import Flags
from serving.server import Server


class Affine(tf.Module):
    """y = factor · x + 1, and a few signatures to ask wrong things of."""

    def __init__(self, factor: float) -> None:
        super().__init__()
        self.factor = tf.Variable(factor)

    @tf.function(input_signature=[tf.TensorSpec([None], tf.float32, "x")])
    def affine(self, x):
        return {"y": self.factor * x + 1.0, "factor": self.factor + 0.0}

    @tf.function(
        input_signature=[
            tf.TensorSpec([None, 2], tf.int32, "a"),
            tf.TensorSpec([None], tf.string, "b"),
        ]
    )
    def echo(self, a, b):
        return {"a": a, "b": b}

    @tf.function(
        input_signature=[
            tf.TensorSpec([None], tf.int32, "row"),
            tf.TensorSpec([], tf.float32, "wait"),
        ]
    )
    def pick(self, row, wait):
        steps = tf.cast(wait, tf.int32)
        work = tf.while_loop(
            lambda i, _: i < steps,
            lambda i, w: (i + 1, tf.tanh(w @ w)),
            (tf.constant(0), tf.random.stateless_normal([64, 64], [1, 2])),
        )[1]
        picked = tf.raw_ops.Gather(params=tf.constant([10, 20, 30]), indices=row)
        return {"picked": picked + tf.cast(0.0 * work[0, 0], tf.int32)}

    def signatures(self) -> dict[str, Any]:
        return {"serving_default": self.affine, "echo": self.echo, "pick": self.pick}


def save(base_path, version: int, factor: float = 2.0, warmup: list[Any] | None = None) -> None:
    """Writes a bundle under another name and renames it, so that no server sees a part of it."""
    made = base_path.parent / f"{base_path.name}.{version}.made"
    module = Affine(factor)
    tf.saved_model.save(module, str(made), signatures=module.signatures())
    if warmup is not None:
        (made / "assets.extra").mkdir()
        with tf.io.TFRecordWriter(str(made / "assets.extra/tf_serving_warmup_requests")) as writer:
            for log in warmup:
                writer.write(log.SerializeToString())
    base_path.mkdir(parents=True, exist_ok=True)
    made.rename(base_path / str(version))


def predict_request(
    name="affine", signature="", version=None, label=None, outputs=(), **inputs: Any
):
    request = predict_pb2.PredictRequest(output_filter=outputs)
    request.model_spec.name = name
    request.model_spec.signature_name = signature
    if version is not None:
        request.model_spec.version.value = version
    if label is not None:
        request.model_spec.version_label = label
    for alias, value in inputs.items():
        tensor = value if isinstance(value, tensor_pb2.TensorProto) else None
        request.inputs[alias].CopyFrom(tensor or tf.make_tensor_proto(value))
    return request


@dataclass(frozen=True)
class Client:
    """What a client of TensorFlow Serving sees of the server on ``port``."""

    channel: grpc.Channel

    def predict(self, request=None, /, **keywords: Any):
        stub = prediction_service_pb2_grpc.PredictionServiceStub(self.channel)
        return stub.Predict(request or predict_request(**keywords), timeout=30)

    def begin(self, request=None, /, timeout_s: float = 60, **keywords: Any):
        """Sends a call and returns its future."""
        stub = prediction_service_pb2_grpc.PredictionServiceStub(self.channel)
        return stub.Predict.future(request or predict_request(**keywords), timeout=timeout_s)

    def y(self, **keywords: Any) -> list[float]:
        return list(self.predict(**keywords, x=[1.0]).outputs["y"].float_val)

    def metadata(self, name="affine", fields=("signature_def",)):
        request = get_model_metadata_pb2.GetModelMetadataRequest(metadata_field=fields)
        request.model_spec.name = name
        stub = prediction_service_pb2_grpc.PredictionServiceStub(self.channel)
        return stub.GetModelMetadata(request, timeout=30)

    def status(self, name="affine", version=None):
        request = get_model_status_pb2.GetModelStatusRequest()
        request.model_spec.name = name
        if version is not None:
            request.model_spec.version.value = version
        stub = model_service_pb2_grpc.ModelServiceStub(self.channel)
        return list(stub.GetModelStatus(request, timeout=30).model_version_status)

    def states(self, name="affine") -> dict[int, str]:
        """The state of each version; none where the server does not know the model."""
        try:
            return {each.version: each.State.Name(each.state) for each in self.status(name)}
        except grpc.RpcError as error:
            if error.code() is grpc.StatusCode.NOT_FOUND:
                return {}
            raise

    def reload(self, *, timeout_s: float = 30, **base_paths: Any):
        request = model_management_pb2.ReloadConfigRequest()
        request.config.model_config_list.SetInParent()
        for name, base_path in base_paths.items():
            request.config.model_config_list.config.add(
                name=name, base_path=str(base_path), model_platform="tensorflow"
            )
        stub = model_service_pb2_grpc.ModelServiceStub(self.channel)
        return stub.HandleReloadConfigRequest(request, timeout=timeout_s)


def client_of(port: int) -> Client:
    options = [("grpc.max_receive_message_length", -1)]
    return Client(grpc.insecure_channel(f"localhost:{port}", options))


@contextmanager
def serve(**flags: Any):
    """Run a server with these flags in this process; yields a client."""
    server = Server(Flags(**{"port": 0, **flags}))
    try:
        server.load()
        server.start()
        client = client_of(server.port)
        yield client
        client.channel.close()
    finally:
        server.stop(grace_s=1)


def until(condition, what: str, timeout_s: float = 30.0) -> None:
    """Waits for a condition, and fails loudly when it does not come about."""
    deadline_s = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline_s, f"still not so after {timeout_s} s: {what}"
        time.sleep(0.02)


@contextmanager
def calling(client: Client):
    """Calls the affine model without a pause from two threads; yields the answers so far."""
    answers: list[float] = []
    errors: list[Exception] = []
    done = threading.Event()

    def call() -> None:
        while not done.is_set():
            try:
                answers.extend(client.y())
            except grpc.RpcError as error:
                errors.append(error)

    threads = [threading.Thread(target=call) for _ in range(2)]
    for thread in threads:
        thread.start()
    try:
        yield answers
    finally:
        done.set()
        for thread in threads:
            thread.join()
    assert not errors


def log_of(request):
    return prediction_log_pb2.PredictionLog(predict_log={"request": request})
