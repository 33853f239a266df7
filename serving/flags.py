"""Command-line flags, with the names of ``tensorflow_model_server``'s.

The names come from ``tensorflow_serving/model_servers/main.cc``.
"""

from __future__ import annotations

import argparse
import difflib
import logging
import os
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, NoReturn

from serving.errors import FlagError

if TYPE_CHECKING:
    from collections.abc import Sequence

logger = logging.getLogger(__name__)

_UNUSED_FLAGS = """
    enable_grpc_healthcheck_service
    enable_per_model_batching_parameters enable_profiler enable_serialization_as_tensor_content
    enable_signature_method_name_check flush_filesystem_caches mixed_precision
    monitoring_config_file num_request_iterations_for_warmup num_tflite_pools
    num_tflite_interpreters_per_pool
    num_unload_threads per_process_gpu_memory_fraction platform_config_file prefer_tflite_model
    remove_unused_fields_from_bundle_metagraph rest_api_enable_cors_support rest_api_num_threads
    rest_api_port rest_api_timeout_in_ms saved_model_tags skip_initialize_tpu ssl_config_file
    tensorflow_session_config_file tensorflow_session_parallelism thread_pool_factory_config_file
    use_alts_credentials version xla_cpu_compilation_enabled xla_gpu_compilation_enabled
"""
UNUSED_FLAGS = frozenset(_UNUSED_FLAGS.split())
"""Flags of ``tensorflow_model_server`` that are accepted and ignored."""


@dataclass(frozen=True)
class Flags:
    """The flags that this server supports, with ``tensorflow_model_server``'s defaults.

    Attributes:
        port: the gRPC port; 0 picks a free one.
        grpc_socket_path: a Unix domain socket to listen on as well.
        model_name: the name of the single model, used without a configuration file.
        model_base_path: the folder of that model's versions.
        model_config_file: a ModelServerConfig in protobuf's text format.
        model_config_file_poll_wait_seconds: seconds between reads of that file; 0 reads it once.
        file_system_poll_wait_seconds: seconds between polls for new versions; 0 polls once, a
            negative number never, so the start never completes.
        allow_version_labels_for_unavailable_models: whether a new label may be assigned to a
            version that is not available.
        num_load_threads: how many versions load at once after the start. With 0, a version that is
            loading or waits for a retry blocks all other loading and unloading.
        max_num_load_retries: how often loading a version is retried.
        load_retry_interval_micros: microseconds between a failure and the retry.
        enable_model_warmup: whether a version's warm-up requests are replayed while it loads.
        enable_batching: whether the requests of different clients are merged.
        batching_parameters_file: BatchingParameters in protobuf's text format.
        grpc_max_threads: how many calls may run or wait in a batching queue at once.
        grpc_channel_arguments: more gRPC options, as `grpc.max_connection_age_ms=2000,...`.
        tensorflow_intra_op_parallelism: threads per operation; 0 means one per core.
        tensorflow_inter_op_parallelism: threads that run operations, shared by all calls; 0 means
            one per core, a negative number means the thread of each call.
    """

    port: int = 8500
    grpc_socket_path: str = ""
    model_name: str = "default"
    model_base_path: str = ""
    model_config_file: str = ""
    model_config_file_poll_wait_seconds: int = 0
    file_system_poll_wait_seconds: int = 1
    allow_version_labels_for_unavailable_models: bool = False
    num_load_threads: int = 0
    max_num_load_retries: int = 5
    load_retry_interval_micros: int = 60_000_000
    enable_model_warmup: bool = True
    enable_batching: bool = False
    batching_parameters_file: str = ""
    grpc_max_threads: int = 4 * (os.cpu_count() or 1)
    grpc_channel_arguments: str = ""
    tensorflow_intra_op_parallelism: int = 0
    tensorflow_inter_op_parallelism: int = 0


def parse(arguments: Sequence[str]) -> Flags:
    """Parses a command line; ``--flag=value`` and ``--flag value`` are equivalent.

    Raises:
        FlagError: a flag is unknown, has an invalid value, requires another flag, or no model is
            named.
    """
    known, unknown = _parser().parse_known_args(arguments)
    if unknown:
        raise FlagError(_unknown(unknown[0]))
    flags = Flags(**{field.name: getattr(known, field.name) for field in fields(Flags)})
    if not flags.model_base_path and not flags.model_config_file:
        raise FlagError("Both --model_base_path and --model_config_file are empty; give one.")
    if flags.batching_parameters_file and not flags.enable_batching:
        raise FlagError(
            "--batching_parameters_file is set without setting --enable_batching to true."
        )
    for name in sorted(UNUSED_FLAGS & vars(known).keys()):
        logger.warning("--%s changes nothing in this server", name)
    return flags


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise FlagError(message)


def _parser() -> _Parser:
    parser = _Parser(prog="python -m serving", allow_abbrev=False)
    for field in fields(Flags):
        parser.add_argument(f"--{field.name}", default=field.default, **_kind(field.default))
    for name in sorted(UNUSED_FLAGS):
        parser.add_argument(
            f"--{name}", nargs="?", default=argparse.SUPPRESS, help=argparse.SUPPRESS
        )
    return parser


def _kind(default: object) -> dict[str, Any]:
    if isinstance(default, bool):
        return {"nargs": "?", "const": True, "type": _boolean}
    return {"type": type(default)}


def _boolean(text: str) -> bool:
    try:
        return {"true": True, "1": True, "false": False, "0": False}[text.lower()]
    except KeyError:
        raise argparse.ArgumentTypeError(f"{text!r} is neither true nor false") from None


def _unknown(argument: str) -> str:
    name = argument.partition("=")[0].lstrip("-")
    close = difflib.get_close_matches(name, [f.name for f in fields(Flags)] + [*UNUSED_FLAGS], 1)
    hint = f"; did you mean --{close[0]}?" if close else ""
    return f"unknown argument: {argument}{hint}"
