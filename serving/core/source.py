"""Finds the versions of models under their base paths.

Follows TensorFlow Serving's ``sources/storage_path/file_system_storage_path_source.cc``.
"""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING

from serving.core.polling import Poller
from serving.core.version_policy import aspired_versions
from serving.errors import BasePathError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path

    from serving.core.configuration import ModelConfig

logger = logging.getLogger(__name__)


class Source:
    """Reports which versions of the configured models should be served. Thread-safe."""

    def __init__(
        self, aspire: Callable[[str, Mapping[int, Path]], None], poll_interval_s: float
    ) -> None:
        """Creates a source that is not started.

        Args:
            aspire: Receives a model's name and the versions to serve, with their folders.
            poll_interval_s: Seconds between polls; 0 polls once, a negative number never.
        """
        self._aspire = aspire
        self._poll_interval_s = poll_interval_s
        self._poller = Poller(self.poll, poll_interval_s)
        self._models: dict[str, ModelConfig] = {}
        self._lock = threading.Lock()
        self._last_trouble = ""

    def configure(self, models: Iterable[ModelConfig]) -> set[str]:
        """Replaces the set of models to poll; removed models are unloaded.

        Returns:
            The names of the new models.
        """
        configured = {model.name: model for model in models}
        with self._lock:
            for name in self._models.keys() - configured.keys():
                self._aspire(name, {})
            new = configured.keys() - self._models.keys()
            self._models = configured
        return new

    def start(self) -> None:
        """Starts to poll."""
        if self._poll_interval_s >= 0:
            self._poller.start()

    def stop(self) -> None:
        """Stops polling."""
        self._poller.stop()

    def poll(self) -> None:
        """Looks for the versions of every model.

        If a base path cannot be listed, no model's versions change, as in TensorFlow Serving: the
        failure may be temporary and should not unload anything.
        """
        with self._lock:
            try:
                found = {name: find_versions(model) for name, model in self._models.items()}
            except BasePathError as error:
                self._log(
                    f"FileSystemStoragePathSource encountered a filesystem access error: {error}"
                )
                return
            self._log(
                "; ".join(_no_versions(self._models[name]) for name in found if not found[name])
            )
            for name, versions in found.items():
                aspired = aspired_versions(self._models[name].version_policy, versions)
                self._aspire(name, {version: versions[version] for version in aspired})

    def _log(self, trouble: str) -> None:
        """Logs a problem, unless the last poll had the same one."""
        if trouble and trouble != self._last_trouble:
            logger.warning("%s", trouble)
        self._last_trouble = trouble


def find_versions(model: ModelConfig) -> dict[int, Path]:
    """The folders under a model's base path whose names are decimal integers, by number.

    A folder counts as a version whatever it contains; one without a SavedModel fails to load, with
    a message.

    Raises:
        BasePathError: The base path cannot be listed.
    """
    try:
        children = sorted(model.base_path.iterdir())
    except OSError as error:
        raise BasePathError(
            f"Could not find base path {model.base_path} for servable {model.name}: "
            f"{error.strerror}. No model's versions change until it can be listed."
        ) from error
    return {int(child.name): child for child in children if _is_version(child)}


def _is_version(path: Path) -> bool:
    return path.name.isascii() and path.name.isdigit() and path.is_dir()


def _no_versions(model: ModelConfig) -> str:
    return f"No versions of servable {model.name} found under base path {model.base_path}"
