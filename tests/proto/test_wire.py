"""Our messages are TensorFlow Serving's, byte for byte, without TensorFlow."""

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from proto import model_server_pb2, rpc

ROOT = Path(__file__).parents[2]
OURS = "proto.model_server_pb2"
UPSTREAM = (
    "tensorflow.core.framework.tensor_pb2",
    "tensorflow_serving.apis.get_model_status_pb2",
    "tensorflow_serving.apis.predict_pb2",
    "tensorflow_serving.config.model_server_config_pb2",
)
MESSAGES = (
    "Dim",
    "GetModelStatusRequest",
    "GetModelStatusResponse",
    "InputsEntry",
    "ModelConfig",
    "ModelConfigList",
    "ModelServerConfig",
    "ModelSpec",
    "ModelVersionStatus",
    "OutputsEntry",
    "PredictRequest",
    "PredictResponse",
    "StatusProto",
    "TensorProto",
    "TensorShapeProto",
    "VersionLabelsEntry",
)
ENUMS = ("Code", "DataType", "State")


def run_python(*arguments):
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "TF_CPP_MIN_LOG_LEVEL": "3"}
    run = subprocess.run(
        [sys.executable, *arguments],
        capture_output=True,
        check=False,
        cwd=ROOT,
        env=environment,
        text=True,
        timeout=120,
    )
    assert run.returncode == 0, run.stderr
    return run.stdout


@pytest.fixture(
    scope="module", params=[(OURS, *UPSTREAM), (*UPSTREAM, OURS)], ids=["ours first", "ours last"]
)
def both(request):
    output = run_python(Path(__file__).with_name("describe_both.py"), *request.param)
    return json.loads(output.splitlines()[-1])


def test_every_message_and_enum_of_ours_is_compared(both):
    assert sorted(both["messages"]) == sorted(MESSAGES)
    assert sorted(both["enums"]) == sorted(ENUMS)


@pytest.mark.parametrize("name", MESSAGES)
def test_a_field_has_the_number_type_and_label_of_its_counterpart(both, name):
    ours, upstream = both["messages"][name]
    assert ours["fields"] == {field: upstream["fields"].get(field) for field in ours["fields"]}
    assert ours["is_map"] == upstream["is_map"]


@pytest.mark.parametrize("name", MESSAGES)
def test_a_oneof_is_a_oneof_upstream(both, name):
    ours, upstream = both["messages"][name]
    for oneof, fields in ours["oneofs"].items():
        assert set(fields) <= set(upstream["oneofs"][oneof])


@pytest.mark.parametrize("name", ENUMS)
def test_an_enum_value_has_the_number_of_its_counterpart(both, name):
    ours, upstream = both["enums"][name]
    assert ours == {value: upstream.get(value) for value in ours}


@pytest.mark.parametrize("name", ["Code", "State"])
def test_enums_that_only_come_in_are_complete(both, name):
    ours, upstream = both["enums"][name]
    # Upstream ends Code with a value whose name asks nobody to use it.
    assert {value for value in upstream if not value.startswith("DO_NOT_USE")} == set(ours)


def test_messages_survive_the_way_through_tensorflow(both):
    assert both["round_trips"] == {
        "PredictRequest": True,
        "PredictResponse": True,
        "GetModelStatusResponse": True,
    }


@pytest.mark.parametrize(
    ("path", "stub"),
    [
        (rpc.PREDICT, "prediction_service_pb2_grpc.py"),
        (rpc.GET_MODEL_STATUS, "model_service_pb2_grpc.py"),
    ],
)
def test_a_call_has_the_path_that_the_official_client_calls(path, stub):
    # Read, not imported: the official stubs do not import under protobuf 7.
    package = Path(importlib.util.find_spec("tensorflow_serving.apis").origin).parent
    assert f"'{path}'" in (package / stub).read_text()


def test_the_generated_files_are_what_the_proto_file_generates(tmp_path):
    run_python(
        *("-m", "grpc_tools.protoc", "-I.", f"--python_out={tmp_path}"),
        *(f"--pyi_out={tmp_path}", "proto/model_server.proto"),
    )
    for name in ("model_server_pb2.py", "model_server_pb2.pyi"):
        committed = Path(model_server_pb2.__file__).with_name(name).read_text()
        assert (tmp_path / "proto" / name).read_text() == committed


def test_importing_the_contract_imports_no_tensorflow():
    program = (
        "import proto, proto.rpc, sys;"
        "print(sorted(m for m in sys.modules if m.startswith('tensorflow')))"
    )
    assert run_python("-c", program).strip() == "[]"
