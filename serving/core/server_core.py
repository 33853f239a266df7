"""Applies configurations of models and version labels.

Follows TensorFlow Serving's ``model_servers/server_core.cc``: the same checks in the same order, so
that a configuration which fails halfway takes effect to the same extent.
"""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import grpc

from serving.core import configuration
from serving.core.source import Source
from serving.core.version_policy import State
from serving.errors import (
    ConfigurationError,
    InvalidRequestError,
    ModelsUnavailableError,
    ServableNotFoundError,
    ServingError,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from contextlib import AbstractContextManager

    from serving.core.configuration import ModelConfig
    from serving.core.manager import Manager
    from serving.core.monitor import VersionStatus
    from serving.servables.servable import Servable

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class ServableRequest:
    """A model and one of its versions: by number, by label, or the latest if neither is set."""

    name: str
    version: int | None = None
    label: str | None = None


class Core:
    """The models and versions that a server serves. Thread-safe."""

    def __init__(
        self, manager: Manager, poll_interval_s: float, *, allow_unavailable: bool = False
    ) -> None:
        """Creates a core without models.

        Args:
            manager: Loads the versions.
            poll_interval_s: Seconds between polls of the file system; 0 polls once, a negative
                number never.
            allow_unavailable: Whether a new label may be assigned to a version that is not
                available.
        """
        self._manager = manager
        self._source = Source(manager.aspire, poll_interval_s)
        self._allow_unavailable = allow_unavailable
        self._models: Mapping[str, ModelConfig] | None = None
        self._labels: Mapping[str, Mapping[str, int]] | None = None
        self._is_started = False
        self._lock = threading.Lock()

    def reload(self, config: Any) -> None:
        """Serves the models of a ModelServerConfig message, and no others.

        Returns when each new model has an available version; waits indefinitely for a model without
        versions. Labels take effect first, before models are added or removed.

        Raises:
            ConfigurationError: The models or labels are invalid. Nothing changes.
            ModelsUnavailableError: A new model's version failed to load. The other models are
                served nevertheless.
            ServingError: The server stopped while waiting.
        """
        with self._lock:
            kind = config.WhichOneof("config")
            if self._models is not None and kind != "model_config_list":
                raise ConfigurationError(
                    "Cannot transition to requested config. It is only legal to transition from "
                    "one ModelConfigList to another.",
                    grpc.StatusCode.FAILED_PRECONDITION,
                )
            if kind is None:
                logger.info("Taking no action for empty config.")
                return
            if kind != "model_config_list":
                raise ConfigurationError("ModelServer does not yet support custom model config.")
            models = configuration.models(config)
            configuration.check_unchanged_platforms(self._models or {}, models)
            self._models = models
            self._labels = self._checked_labels(models)
            configuration.check_platforms(models)
            self._add(models)

    def borrow(self, request: ServableRequest) -> AbstractContextManager[Servable]:
        """Provides the version that a request names; it stays open within the context.

        Raises:
            InvalidRequestError: The model has no such version label.
            ServableNotFoundError: No such version is available.
        """
        return self._manager.borrow(request.name, self._version(request))

    def statuses(self, request: ServableRequest) -> list[VersionStatus]:
        """The state of the named version, or of all past and present versions, largest first.

        Raises:
            InvalidRequestError: The model has no such version label.
            ServableNotFoundError: The model has no such version, or no versions.
        """
        version = self._version(request)
        statuses = self._manager.monitor.statuses(request.name)
        if not statuses:
            raise ServableNotFoundError(
                f"Could not find any versions of model {request.name}. {self._manager.available()}"
            )
        found = [status for status in statuses if version in (None, status.id.version)]
        if not found:
            raise ServableNotFoundError(
                f"Could not find version {version} of model {request.name}. "
                f"It has {sorted(status.id.version for status in statuses)}."
            )
        return found

    def close(self) -> None:
        """Stops serving; a reload that is waiting fails."""
        self._source.stop()
        self._manager.close()

    def _checked_labels(self, models: Mapping[str, ModelConfig]) -> dict[str, dict[str, int]]:
        for name, model in models.items():
            available = {
                status.id.version
                for status in self._manager.monitor.statuses(name)
                if status.state is State.AVAILABLE
            }
            for label, version in model.version_labels.items():
                if version not in available and not self._may_be_unavailable(name, label, version):
                    raise ConfigurationError(
                        f"Request to assign label to version {version} of model {name}, which is "
                        f"not currently available for inference; the label is {label}",
                        grpc.StatusCode.FAILED_PRECONDITION,
                    )
        return {name: dict(model.version_labels) for name, model in models.items()}

    def _may_be_unavailable(self, name: str, label: str, version: int) -> bool:
        in_use = (self._labels or {}).get(name, {}).get(label, version)
        return self._allow_unavailable and in_use == version

    def _add(self, models: Mapping[str, ModelConfig]) -> None:
        if not self._is_started:
            self._is_started = True
            self._source.configure(models.values())
            with self._manager.loading_fast():
                self._source.start()
                failed = self._manager.monitor.wait_until_available(models.keys())
            _check_none(failed, "servable(s)")
            return
        with self._manager.fresh_monitor() as monitor:
            new = self._source.configure(models.values())
            _check_none(monitor.wait_until_available(new), "model(s)")

    def _version(self, request: ServableRequest) -> int | None:
        if request.label is None:
            return request.version
        if self._labels is None:
            raise ServingError(
                f"Model labels does not init yet.{request.label}", grpc.StatusCode.UNAVAILABLE
            )
        labels = self._labels.get(request.name, {})
        if request.label not in labels:
            raise InvalidRequestError(
                f"Unrecognized servable version label: {request.label}. "
                f"Labels of {request.name}: {', '.join(sorted(labels)) or 'none'}."
            )
        return labels[request.label]


def _check_none(failed: Collection[VersionStatus], noun: str) -> None:
    if failed:
        each = "".join(f"{status}, " for status in failed)
        raise ModelsUnavailableError(f"{len(failed)} {noun} did not become available: {{{each}}}")
