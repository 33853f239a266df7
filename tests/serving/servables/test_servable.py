import grpc
import pytest
import tensorflow as tf
from tensorflow_serving.apis import prediction_log_pb2

from serving.batching.batching import Scheduler
from serving.batching.parameters import BatchingParameters
from serving.errors import LoadError
from serving.servables.servable import ServableId, Threads, load
from serving.servables.warmup import MAX_RECORDS
from tests.serving.support import log_of, predict_request, save

ID = ServableId("affine", 1)


class EagerOnly(tf.Module):
    """A module that tf.saved_model.load() can call, but that has no signatures."""

    @tf.function(input_signature=[tf.TensorSpec([None], tf.float32, "x")])
    def double(self, x):
        return 2.0 * x

    @tf.function(input_signature=[tf.TensorSpec([None], tf.float32, "x")])
    def triple(self, x):
        return 3.0 * x


class CallsPython(tf.Module):
    """A signature whose work is done by this very process."""

    @tf.function(input_signature=[tf.TensorSpec([None], tf.float32, "x")])
    def double(self, x):
        return {"y": tf.ensure_shape(tf.py_function(lambda v: 2.0 * v, [x], tf.float32), [None])}


def eager_only(path):
    tf.saved_model.save(EagerOnly(), str(path))


def calls_python(path):
    module = CallsPython()
    tf.saved_model.save(module, str(path), signatures={"serving_default": module.double})


def damaged(path):
    path.mkdir()
    (path / "saved_model.pb").write_bytes(b"not a saved model")


def without_weights(path):
    save(path.parent, int(path.name))
    for file in (path / "variables").iterdir():
        file.unlink()


@pytest.mark.parametrize(
    ("make", "code", "opening"),
    [
        (lambda path: path.mkdir(), grpc.StatusCode.NOT_FOUND, "Could not find SavedModel .pb"),
        (damaged, grpc.StatusCode.UNKNOWN, "Could not load the SavedModel at "),
        (without_weights, grpc.StatusCode.UNKNOWN, "Could not load the SavedModel at "),
        (calls_python, grpc.StatusCode.NOT_FOUND, "Op type not registered 'EagerPyFunc'"),
        (eager_only, grpc.StatusCode.FAILED_PRECONDITION, "The SavedModel at "),
    ],
    ids=["empty", "damaged", "without weights", "calls Python", "eager only"],
)
def test_a_bundle_that_a_session_cannot_serve_does_not_load(tmp_path, make, code, opening):
    path = tmp_path / "1"
    make(path)
    with pytest.raises(LoadError) as raised:
        load(ID, path)
    assert str(raised.value).startswith(opening)
    assert raised.value.code is code


GOOD = log_of(predict_request(x=[1.0]))


def test_warm_up_requests_are_replayed(tmp_path):
    save(tmp_path / "affine", 1, warmup=[GOOD, GOOD])
    servable = load(ID, tmp_path / "affine" / "1")
    ((signature, _),) = servable.runner._callables  # made ready by the warm-up
    assert signature == "serving_default"
    servable.close()


def test_warm_up_requests_are_batched_as_others(tmp_path):
    save(tmp_path / "affine", 1, warmup=[log_of(predict_request(x=[1.0, 2.0], outputs=["y"]))])
    scheduler = Scheduler(BatchingParameters(max_batch_size=1))
    with pytest.raises(LoadError, match="Task size 2 is larger than maximum input batch size 1"):
        load(ID, tmp_path / "affine" / "1", scheduler=scheduler)
    scheduler.close()


def test_a_session_computes_on_the_threads_that_it_is_given(tmp_path):
    save(tmp_path / "affine", 1)
    servable = load(ID, tmp_path / "affine" / "1", threads=Threads(intra_op=1, inter_op=-1))
    config = servable.session._config
    assert config.intra_op_parallelism_threads == 1
    assert config.inter_op_parallelism_threads == -1
    request = predict_request(x=[1.0], outputs=["y"])
    assert list(servable.predict(request).outputs["y"].float_val) == [3.0]
    servable.close()


def test_warm_up_can_be_turned_off(tmp_path):
    save(tmp_path / "affine", 1, warmup=[log_of(predict_request(z=[1.0]))])
    servable = load(ID, tmp_path / "affine" / "1", warm_up=False)
    assert not servable.runner._callables
    servable.close()


@pytest.mark.parametrize(
    ("logs", "code", "words"),
    [
        (
            [GOOD, log_of(predict_request(z=[1.0]))],
            grpc.StatusCode.INVALID_ARGUMENT,
            "failed: Signature input alias: x",
        ),
        (
            [log_of(predict_request(signature="pick", row=[9], wait=0.0))],
            grpc.StatusCode.INVALID_ARGUMENT,
            "failed: indices[0] = 9 is not in [0, 3)",
        ),
        (
            [prediction_log_pb2.PredictionLog(session_run_log={})],
            grpc.StatusCode.UNIMPLEMENTED,
            "Unsupported log_type for warmup: session_run_log",
        ),
        (
            [GOOD] * (MAX_RECORDS + 1),
            grpc.StatusCode.INVALID_ARGUMENT,
            "Number of warmup records exceeds the maximum (1000)",
        ),
    ],
    ids=["wrong input", "failing operation", "other log", "too many"],
)
def test_a_failing_warm_up_fails_the_load(tmp_path, logs, code, words):
    save(tmp_path / "affine", 1, warmup=logs)
    with pytest.raises(LoadError) as raised:
        load(ID, tmp_path / "affine" / "1")
    assert words in str(raised.value)
    assert raised.value.code is code


def test_a_damaged_warm_up_file_fails_the_load(tmp_path):
    save(tmp_path / "affine", 1, warmup=[GOOD])
    path = tmp_path / "affine" / "1" / "assets.extra" / "tf_serving_warmup_requests"
    path.write_bytes(path.read_bytes()[:-3])
    with pytest.raises(LoadError, match="verify your warmup data is in TFRecord format") as raised:
        load(ID, path.parent.parent)
    assert raised.value.code is grpc.StatusCode.DATA_LOSS
