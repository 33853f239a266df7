"""A server that merges requests, as its callers see it."""

import os
import threading
from contextlib import contextmanager
from pathlib import Path

import grpc
import pytest
import tensorflow as tf

from serving.errors import ConfigurationError
from serving.flags import Flags
from serving.server import Server
from tests.serving.support import client_of, predict_request, serve, until

HOUR = "batch_timeout_micros { value: 3600000000 }"  # so a batch runs when it is full
ONE_AT_A_TIME = "max_batch_size { value: 1 } num_batch_threads { value: 1 }"


class Rows(tf.Module):
    """Signatures whose answers tell how large their batch was."""

    @tf.function(
        input_signature=[
            tf.TensorSpec([None], tf.int32, "row"),
            tf.TensorSpec([None], tf.string, "gate"),
        ]
    )
    def pick(self, row, gate):
        """10, 20 or 30 for each row of 0, 1 or 2, once the gates have been opened."""
        passed = tf.map_fn(
            lambda path: tf.cond(path == b"", lambda: 0, lambda: self._pass(path)),
            gate,
            fn_output_signature=tf.int32,
        )
        picked = tf.raw_ops.Gather(params=tf.constant([10, 20, 30]), indices=row + passed)
        return {"picked": picked, "batch": _batch(row)}

    @tf.function(
        input_signature=[
            tf.TensorSpec([None, None], tf.int32, "tokens"),
            tf.TensorSpec([None], tf.int32, "lengths"),
        ]
    )
    def total(self, tokens, lengths):
        """The sum of as many tokens as count, and that of all there are."""
        counts = tf.sequence_mask(lengths, tf.shape(tokens)[1], tf.int32)
        return {
            "total": tf.reduce_sum(tokens * counts, axis=1),
            "everything": tf.reduce_sum(tokens, axis=1),
            "batch": _batch(lengths),
        }

    def _pass(self, path):
        reached = tf.io.write_file(path + ".reached", "")
        with tf.control_dependencies([reached]):
            opened = tf.io.write_file(path, "")  # a pipe, which waits for a reader
        with tf.control_dependencies([opened]):
            return tf.constant(0)


def _batch(rows):
    return tf.fill(tf.shape(rows), tf.size(rows))


class Gate:
    """Holds a call in the middle of the graph until it is opened."""

    def __init__(self, path: Path) -> None:
        os.mkfifo(path)
        self.path = path

    def wait_until_reached(self) -> None:
        until(Path(f"{self.path}.reached").exists, "the call is at the gate")

    def open(self) -> None:
        self.path.read_bytes()


@pytest.fixture
def gate(tmp_path):
    return Gate(tmp_path / "gate")


@pytest.fixture(scope="module")
def rows(tmp_path_factory):
    """The base path of that model, with version 1."""
    base_path = tmp_path_factory.mktemp("rows")
    save_rows(base_path, 1)
    return base_path


def save_rows(base_path: Path, version: int) -> None:
    module = Rows()
    signatures = {"serving_default": module.pick, "total": module.total}
    tf.saved_model.save(module, str(base_path / f"{version}.made"), signatures=signatures)
    (base_path / f"{version}.made").rename(base_path / str(version))


def batching_flags(tmp_path: Path, parameters: str) -> dict:
    path = tmp_path / "batching_parameters.txt"
    path.write_text(parameters, encoding="utf-8")
    return {
        "enable_batching": True,
        "batching_parameters_file": str(path),
        "grpc_max_threads": 32,
    }


@pytest.fixture
def batched(tmp_path, rows):
    """Serves that model with the batching parameters it is given."""

    @contextmanager
    def serve_rows(parameters: str, base_path=rows, **flags):
        flags = {**batching_flags(tmp_path, parameters), **flags}
        with serve(model_name="rows", model_base_path=str(base_path), **flags) as client:
            yield client

    return serve_rows


def pick(*row, gate="", **keywords):
    return predict_request("rows", row=list(row), gate=[str(gate)] * len(row), **keywords)


def total(*tokens, **keywords):
    return predict_request(
        "rows", "total", tokens=[list(tokens)], lengths=[len(tokens)], **keywords
    )


def values(call, output="picked"):
    return list(call.result().outputs[output].int_val)


def assert_told(call, code, opening):
    assert call.exception().code() is code
    assert call.exception().details().startswith(opening)


def test_concurrent_callers_share_a_batch_and_each_gets_its_own_rows(batched):
    with batched(f"max_batch_size {{ value: 6 }} {HOUR}") as client:
        calls = [client.begin(pick(*row)) for row in ([0], [1, 2], [2], [0, 1])]
        assert [values(call) for call in calls] == [[10], [20, 30], [30], [10, 20]]
        assert {size for call in calls for size in values(call, "batch")} == {6}


def test_merged_responses_equal_those_of_a_server_without_merging(batched, rows, bundles, tmp_path):
    requests = [pick(*(i * j % 3 for i in range(j % 4 + 1)), outputs=["picked"]) for j in range(40)]
    with (
        serve(model_name="rows", model_base_path=str(rows)) as plain,
        batched("max_batch_size { value: 16 } num_batch_threads { value: 2 }") as client,
    ):
        calls = [client.begin(each) for each in requests]
        for request, call in zip(requests, calls, strict=True):
            assert call.result() == plain.predict(request)

    words = [predict_request(signature="echo", a=[[i, -i]], b=[b"\0%d\0" % i]) for i in range(8)]
    flags = batching_flags(tmp_path, f"max_batch_size {{ value: 8 }} {HOUR}")
    with serve(model_name="affine", model_base_path=str(bundles / "affine"), **flags) as client:
        calls = [client.begin(each) for each in words]
        for i, call in enumerate(calls):
            assert values(call, "a") == [i, -i]
            assert list(call.result().outputs["b"].string_val) == [b"\0%d\0" % i]


def test_requests_for_the_same_outputs_are_merged_in_any_order(batched):
    with batched(f"max_batch_size {{ value: 2 }} {HOUR}") as client:
        calls = [
            client.begin(pick(0, outputs=outputs))
            for outputs in (["picked"], ["batch", "picked"], ["picked", "batch"], ["picked"])
        ]
        assert [values(call) for call in calls] == [[10]] * 4
        assert values(calls[1], "batch") == [2]
        assert set(calls[0].result().outputs) == {"picked"}


def test_signatures_are_not_mixed(batched):
    with batched(f"max_batch_size {{ value: 2 }} {HOUR}") as client:
        calls = [client.begin(each) for each in (pick(1), total(5), pick(2), total(6))]
        assert [values(calls[0]), values(calls[2])] == [[20], [30]]
        assert [values(calls[1], "total"), values(calls[3], "total")] == [[5], [6]]


def test_inputs_of_different_lengths_are_padded_with_their_first_value(batched):
    pads = f"max_batch_size {{ value: 2 }} {HOUR} pad_variable_length_inputs: true"
    with batched(pads) as client:
        long, short = client.begin(total(1, 2, 3, 4)), client.begin(total(7, 8))
        assert [values(each, "total") for each in (long, short)] == [[10], [15]]
        assert values(short, "everything") == [7 + 8 + 7 + 7]


def test_without_padding_inputs_of_different_lengths_fail_together(batched):
    with batched(f"max_batch_size {{ value: 2 }} {HOUR}") as client:
        for call in [client.begin(total(1, 2, 3)), client.begin(total(7))]:
            assert_told(
                call, grpc.StatusCode.FAILED_PRECONDITION, "Tensors with name 'total_tokens:0' from"
            )


def test_an_invalid_request_does_not_fail_others(batched):
    bad = [
        predict_request("rows", row=[0]),
        predict_request("rows", row=[0.5], gate=[b""]),
        predict_request("rows", row=[0], gate=[b""], extra=[0]),
        predict_request("rows", row=[0, 1], gate=[b""]),
        pick(0, outputs=["other"]),
    ]
    with batched(f"max_batch_size {{ value: 2 }} {HOUR}") as client:
        first = client.begin(pick(1))
        for request in bad:
            call = client.begin(request)
            assert call.exception().code() is grpc.StatusCode.INVALID_ARGUMENT
        second = client.begin(pick(2))
        assert [values(first), values(second)] == [[20], [30]]
        assert values(first, "batch") == [2]


@pytest.mark.parametrize("pad", ["true", "false"])
def test_a_tensor_of_another_rank_fails_those_it_is_merged_with(batched, pad):
    padding = f"pad_variable_length_inputs: {pad}"
    with batched(f"max_batch_size {{ value: 2 }} {HOUR} {padding}") as client:
        calls = [
            client.begin(pick(1)),
            client.begin(predict_request("rows", row=[[0]], gate=[b""])),
        ]
        for call in calls:
            assert_told(call, grpc.StatusCode.FAILED_PRECONDITION, "Tensors with name '")
        again = [client.begin(pick(row)) for row in (0, 1)]
        assert [values(call) for call in again] == [[10], [20]]


def test_an_operation_that_fails_for_one_fails_for_all_in_its_batch(batched):
    with batched(f"max_batch_size {{ value: 3 }} {HOUR}") as client:
        for call in [client.begin(pick(row)) for row in (0, 7, 1)]:
            assert_told(call, grpc.StatusCode.INVALID_ARGUMENT, "indices[")
        again = [client.begin(pick(row)) for row in (0, 1, 2)]
        assert [values(call) for call in again] == [[10], [20], [30]]


@pytest.mark.parametrize(
    ("request_", "code", "opening"),
    [
        (
            predict_request(x=[1.0] * 9, outputs=["y"]),
            grpc.StatusCode.INVALID_ARGUMENT,
            "Task size 9 is larger than maximum input batch size 8",
        ),
        (
            predict_request(signature="pick", row=[1], wait=0.0),
            grpc.StatusCode.INVALID_ARGUMENT,
            "Batching Run() input tensors must have at least one dimension",
        ),
        (
            predict_request(signature="echo", a=[[1, 2]], b=[b"x", b"y"]),
            grpc.StatusCode.INVALID_ARGUMENT,
            "Batching Run() input tensors must have equal 0th-dimension size",
        ),
        (
            predict_request(x=[1.0]),  # whose output "factor" is a scalar
            grpc.StatusCode.FAILED_PRECONDITION,
            "Batched output tensor has 0 dimensions",
        ),
    ],
)
def test_a_request_that_cannot_be_batched_is_refused(bundles, tmp_path, request_, code, opening):
    flags = batching_flags(tmp_path, "max_batch_size { value: 8 }")
    with serve(model_name="affine", model_base_path=str(bundles / "affine"), **flags) as client:
        assert_told(client.begin(request_), code, opening)
        assert list(client.predict(x=[1.0], outputs=["y"]).outputs["y"].float_val) == [3.0]


def test_a_full_queue_is_unavailable_and_serves_those_it_took(batched, gate):
    with batched(f"{ONE_AT_A_TIME} max_enqueued_batches {{ value: 1 }}") as client:
        under_way = client.begin(pick(0, gate=gate.path))
        gate.wait_until_reached()
        calls = [client.begin(pick(1)), client.begin(pick(1))]
        until(lambda: any(call.done() for call in calls), "one of them is refused")
        refused, waits = calls if calls[0].done() else reversed(calls)
        assert_told(
            refused,
            grpc.StatusCode.UNAVAILABLE,
            "The batch scheduling queue to which this task was submitted is full; "
            "currently 1 batches enqueued and max_enqueued_batches is 1",
        )
        gate.open()
        assert [values(under_way), values(waits)] == [[10], [20]]


def cancel(client, request):
    call = client.begin(request)
    client.status("rows")  # calls are taken in order: the one before has been taken by now
    call.cancel()


def run_out_of_time(client, request):
    call = client.begin(request, timeout_s=0.1)
    assert call.exception().code() is grpc.StatusCode.DEADLINE_EXCEEDED


@pytest.mark.parametrize("leave", [cancel, run_out_of_time])
def test_a_request_whose_caller_has_gone_does_not_run(batched, gate, leave):
    with batched("max_batch_size { value: 3 } num_batch_threads { value: 1 }") as client:
        under_way = client.begin(pick(0, gate=gate.path))
        gate.wait_until_reached()
        stays = client.begin(pick(1))
        leave(client, pick(7))  # would fail the batch
        client.status("rows")  # calls are taken in order: the server knows by now that it left
        gate.open()
        assert [values(under_way), values(stays)] == [[10], [20]]
        assert values(stays, "batch") == [1]


def test_a_version_is_unloaded_after_its_waiting_requests(batched, gate, tmp_path):
    base_path = tmp_path / "rows"
    save_rows(base_path, 1)
    with batched(ONE_AT_A_TIME, base_path, file_system_poll_wait_seconds=1) as client:
        calls = [client.begin(pick(0, gate=gate.path))]
        gate.wait_until_reached()
        calls.append(client.begin(pick(1)))
        assert client.states("rows") == {1: "AVAILABLE"}
        save_rows(base_path, 2)
        until(
            lambda: client.states("rows") == {2: "AVAILABLE", 1: "UNLOADING"},
            "the new version is there, and the old one still in use",
        )
        gate.open()
        assert [values(call) for call in calls] == [[10], [20]]
        assert [call.result().model_spec.version.value for call in calls] == [1, 1]
        until(lambda: client.states("rows")[1] == "END", "the old version is gone")
        assert client.predict(pick(2)).model_spec.version.value == 2


def test_a_stopping_server_does_not_wait_for_full_batches(rows, tmp_path):
    flags = batching_flags(tmp_path, HOUR)
    server = Server(Flags(port=0, model_name="rows", model_base_path=str(rows), **flags))
    server.load()
    server.start()
    client = client_of(server.port)
    call = client.begin(pick(1))
    assert client.states("rows") == {1: "AVAILABLE"}  # calls are taken in order
    server.stop()
    assert values(call) == [20]
    client.channel.close()
    assert not [thread for thread in threading.enumerate() if "batch_threads" in thread.name]


def test_batching_without_a_file_has_tensorflow_servings_parameters(rows):
    flags = {"model_name": "rows", "model_base_path": str(rows), "enable_batching": True}
    with serve(**flags) as client:
        assert values(client.begin(pick(1))) == [20]
        assert_told(
            client.begin(pick(*[0] * 1001)),
            grpc.StatusCode.INVALID_ARGUMENT,
            "Task size 1001 is larger than maximum input batch size 1000",
        )


def test_a_parameters_file_that_is_broken_stops_the_server_from_being_built(rows, tmp_path):
    flags = batching_flags(tmp_path, "max_batchsize { value: 8 }")
    with pytest.raises(ConfigurationError, match='has no field named "max_batchsize"'):
        Server(Flags(port=0, model_base_path=str(rows), **flags))
