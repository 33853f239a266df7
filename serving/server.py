"""The server: connects source, manager and services, and polls for changes."""

from __future__ import annotations

import functools
import logging
import socket
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import grpc
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from tensorflow_serving.apis import model_service_pb2_grpc, prediction_service_pb2_grpc

from serving.batching import parameters as batching_parameters
from serving.batching.batching import Scheduler
from serving.batching.parameters import BatchingParameters
from serving.core import configuration
from serving.core.manager import Manager, RetryPolicy
from serving.core.polling import Poller
from serving.core.server_core import Core
from serving.errors import ConfigurationError, FlagError, ServingError
from serving.servables import servable
from serving.services.model_service import ModelService
from serving.services.prediction_service import PredictionService

if TYPE_CHECKING:
    from serving.flags import Flags

logger = logging.getLogger(__name__)

LOOPBACK = "127.0.0.1"

_OPTIONS = (
    ("grpc.max_receive_message_length", -1),
    ("grpc.max_send_message_length", -1),
    ("grpc.so_reuseport", 0),  # otherwise two servers could share one port
)


class Server:
    """A model server in this process."""

    def __init__(self, flags: Flags, host: str = LOOPBACK) -> None:
        """Binds the port, without listening yet.

        TensorFlow Serving listens on all addresses, since it usually runs in a container. This
        server runs without one and has no authentication, so by default it listens on loopback
        only.

        Args:
            flags: the models to serve, the port, and all other settings.
            host: the address to listen on; the IPv4 loopback address includes that of IPv6.

        Raises:
            FlagError: the port or the socket cannot be bound.
            ConfigurationError: a configuration file cannot be read or is invalid.
        """
        self._config = _configured(flags)
        self._scheduler = _scheduler(flags)
        manager = Manager(
            functools.partial(
                servable.load,
                warm_up=flags.enable_model_warmup,
                scheduler=self._scheduler,
                threads=servable.Threads(
                    flags.tensorflow_intra_op_parallelism, flags.tensorflow_inter_op_parallelism
                ),
            ),
            RetryPolicy(flags.max_num_load_retries, flags.load_retry_interval_micros / 1e6),
            flags.num_load_threads,
        )
        self._core = Core(
            manager,
            flags.file_system_poll_wait_seconds,
            allow_unavailable=flags.allow_version_labels_for_unavailable_models,
        )
        self._executor = ThreadPoolExecutor(flags.grpc_max_threads, "grpc")
        # gRPC uses the first of several options with the same name.
        self._grpc = grpc.server(
            self._executor, options=(*_channel_options(flags.grpc_channel_arguments), *_OPTIONS)
        )
        self._add_services()
        self.port = self._bind(flags.port, host)
        if flags.grpc_socket_path:
            self._bind_socket(flags.grpc_socket_path)
        self._poller: Poller | None = None
        if flags.model_config_file and flags.model_config_file_poll_wait_seconds > 0:
            reload = functools.partial(self._reload, Path(flags.model_config_file))
            self._poller = Poller(reload, flags.model_config_file_poll_wait_seconds)

    def load(self) -> None:
        """Loads the configured models; returns when each has an available version.

        Raises:
            ConfigurationError: The configuration is invalid.
            ModelsUnavailableError: A model's version failed to load.
        """
        self._core.reload(self._config)

    def start(self) -> None:
        """Starts to listen. As in TensorFlow Serving, the first models must be loaded before."""
        self._grpc.start()
        if self._poller:
            self._poller.start()
        logger.info("Serving on port %d", self.port)

    def stop(self, grace_s: float = 5.0) -> None:
        """Refuses new calls, waits for running ones, and closes every session.

        Calls that still run after ``grace_s`` seconds end with CANCELLED.
        """
        if self._scheduler:
            self._scheduler.drain()
        self._grpc.stop(grace_s).wait()
        self._core.close()
        if self._poller:
            self._poller.stop()
        self._executor.shutdown()
        if self._scheduler:
            self._scheduler.close()

    def _add_services(self) -> None:
        prediction_service_pb2_grpc.add_PredictionServiceServicer_to_server(
            PredictionService(self._core), self._grpc
        )
        model_service_pb2_grpc.add_ModelServiceServicer_to_server(
            ModelService(self._core), self._grpc
        )
        healthy = health.HealthServicer()
        healthy.set("", health_pb2.HealthCheckResponse.SERVING)
        health_pb2_grpc.add_HealthServicer_to_server(healthy, self._grpc)

    def _bind(self, port: int, host: str) -> int:
        """Binds a port and returns its number, which is a free one for port 0."""
        try:
            for address in _addresses(host):
                port = int(self._grpc.add_insecure_port(f"{address}:{port}"))
        except RuntimeError as error:
            raise FlagError(
                f"--port={port} cannot be bound on {host}; is it in use? Stop the process that "
                "listens there, or choose another port (make serve: MODEL_SERVER_PORT)."
            ) from error
        return port

    def _bind_socket(self, path: str) -> None:
        try:
            self._grpc.add_insecure_port(f"unix:{path}")
        except RuntimeError as error:
            raise FlagError(
                f"--grpc_socket_path={path} cannot be bound; its folder must exist and be "
                "writable, and the path may have at most 107 bytes."
            ) from error

    def _reload(self, path: Path) -> None:
        try:
            config = configuration.read(path)
        except ConfigurationError as error:
            logger.error("Failed to read ModelServerConfig file: %s", error)  # noqa: TRY400
            return
        try:
            self._core.reload(config)
        except ServingError as error:
            logger.error("PollFilesystemAndReloadConfig failed to ReloadConfig: %s", error)  # noqa: TRY400


def _channel_options(arguments: str) -> tuple[tuple[str, int | str], ...]:
    """Parses a list of gRPC channel arguments; numeric values become integers."""
    pairs = (argument.partition("=") for argument in arguments.split(",") if argument)
    return tuple(
        (name, int(text) if text.removeprefix("-").isdecimal() else text) for name, _, text in pairs
    )


def _addresses(host: str) -> tuple[str, ...]:
    if host == LOOPBACK and _has_ipv6_loopback():
        return (host, "[::1]")  # a client resolves localhost to either
    return (f"[{host}]" if ":" in host and not host.startswith("[") else host,)


def _has_ipv6_loopback() -> bool:
    # Otherwise gRPC writes to stderr that it cannot bind the address.
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::1", 0))
    except OSError:
        return False
    return True


def _scheduler(flags: Flags) -> Scheduler | None:
    if not flags.enable_batching:
        return None
    if not flags.batching_parameters_file:
        return Scheduler(BatchingParameters())
    return Scheduler(batching_parameters.read(Path(flags.batching_parameters_file)))


def _configured(flags: Flags) -> Any:
    if flags.model_config_file:
        return configuration.read(Path(flags.model_config_file))
    return configuration.single_model(flags.model_name, flags.model_base_path)
