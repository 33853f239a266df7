import logging

import pytest

from serving.errors import FlagError
from serving.flags import Flags, parse

BASE = "--model_base_path=/models/affine"


def test_defaults_are_those_of_tensorflow_model_server():
    assert parse([BASE]) == Flags(
        port=8500,
        grpc_socket_path="",
        model_name="default",
        model_base_path="/models/affine",
        model_config_file="",
        model_config_file_poll_wait_seconds=0,
        file_system_poll_wait_seconds=1,
        allow_version_labels_for_unavailable_models=False,
        num_load_threads=0,
        max_num_load_retries=5,
        load_retry_interval_micros=60_000_000,
        enable_model_warmup=True,
        enable_batching=False,
        batching_parameters_file="",
        tensorflow_intra_op_parallelism=0,
        tensorflow_inter_op_parallelism=0,
    )


@pytest.mark.parametrize(
    ("arguments", "field", "value"),
    [
        (["--port=1234"], "port", 1234),
        (["--port", "1234"], "port", 1234),
        (["--model_name", "affine"], "model_name", "affine"),
        (["--file_system_poll_wait_seconds", "-1"], "file_system_poll_wait_seconds", -1),
        (["--enable_model_warmup=false"], "enable_model_warmup", False),
        (["--enable_model_warmup=false", "--enable_model_warmup"], "enable_model_warmup", True),
        (["--enable_model_warmup", "--port=1"], "enable_model_warmup", True),
        (["--enable_batching"], "enable_batching", True),
        (["--grpc_socket_path=/run/serving.sock"], "grpc_socket_path", "/run/serving.sock"),
        (["--num_load_threads=2"], "num_load_threads", 2),
        (
            ["--allow_version_labels_for_unavailable_models"],
            "allow_version_labels_for_unavailable_models",
            True,
        ),
        (["--grpc_channel_arguments=a=1,b=x"], "grpc_channel_arguments", "a=1,b=x"),
        (["--tensorflow_intra_op_parallelism=1"], "tensorflow_intra_op_parallelism", 1),
        (["--tensorflow_inter_op_parallelism=-1"], "tensorflow_inter_op_parallelism", -1),
        (
            ["--enable_batching=true", "--batching_parameters_file=/batching.txt"],
            "batching_parameters_file",
            "/batching.txt",
        ),
    ],
)
def test_a_value_follows_an_equals_sign_or_a_space(arguments, field, value):
    assert getattr(parse([*arguments, BASE]), field) == value


@pytest.mark.parametrize(
    "arguments",
    [
        ["--rest_api_port=8501"],
        ["--rest_api_port", "8501"],
        ["--enable_profiler"],
        ["--enable_profiler=true"],
        ["--tensorflow_session_parallelism=2"],
    ],
)
def test_a_flag_without_use_here_is_taken_with_a_warning(arguments, caplog):
    with caplog.at_level(logging.WARNING):
        assert parse([*arguments, BASE]).model_base_path == "/models/affine"
    name = arguments[0].partition("=")[0]
    assert caplog.messages == [f"{name} changes nothing in this server"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--prot=1", BASE], "unknown argument: --prot=1; did you mean --port?"),
        (["--model_basepath=/m"], "did you mean --model_base_path?"),
        (["--quite_unlike_any=1", BASE], "unknown argument: --quite_unlike_any=1"),
        (["affine", BASE], "unknown argument: affine"),
        (["--port=many", BASE], "invalid int value: 'many'"),
        (["--enable_model_warmup=perhaps", BASE], "'perhaps' is neither true nor false"),
        (
            ["--batching_parameters_file=/batching.txt", BASE],
            "--batching_parameters_file is set without setting --enable_batching to true",
        ),
        (["--port=1"], "Both --model_base_path and --model_config_file are empty"),
    ],
)
def test_a_wrong_command_line_says_what_is_wrong(arguments, message):
    with pytest.raises(FlagError) as raised:
        parse(arguments)
    assert message in str(raised.value)
