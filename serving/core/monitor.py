"""Records the state of every version, and waits for states.

Follows TensorFlow Serving's ``core/servable_state_monitor.cc``.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

import grpc

from serving.core.version_policy import State
from serving.errors import LoadError, ServingError

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from serving.servables.servable import ServableId

_REACHED = (State.AVAILABLE, State.END)


@dataclass(frozen=True)
class VersionStatus:
    """The state of one version, and the error that ended it, if any."""

    id: ServableId
    state: State
    error: LoadError | None = None

    def __str__(self) -> str:
        if self.error is None:
            return f"{{{self.id}}}"
        return f"{{{self.id} due to error: {self.error.status}}}"


class StateMonitor:
    """The last state of each version that was published since this monitor subscribed."""

    def __init__(self) -> None:
        """Creates a monitor without states."""
        self._statuses: dict[str, dict[int, VersionStatus]] = {}
        self._changed = threading.Condition(threading.RLock())
        self._is_closed = False

    def publish(self, status: VersionStatus) -> None:
        """Records a version's new state."""
        with self._changed:
            self._statuses.setdefault(status.id.name, {})[status.id.version] = status
            self._changed.notify_all()

    def close(self) -> None:
        """Ends all waiting; no more states will be published."""
        with self._changed:
            self._is_closed = True
            self._changed.notify_all()

    def statuses(self, name: str) -> list[VersionStatus]:
        """The versions of a model, largest first, including those that have ended."""
        with self._changed:
            versions = self._statuses.get(name, {})
            return [versions[version] for version in sorted(versions, reverse=True)]

    def wait_until_available(self, names: Collection[str]) -> list[VersionStatus]:
        """Waits until each model has a version that is available or has ended.

        Waits indefinitely for a model without versions. For each model, the largest version in
        either state decides, so a failed version hides a smaller one that is available.

        Returns:
            The deciding versions that are not available.

        Raises:
            ServingError: The monitor was closed while waiting.
        """
        with self._changed:
            while not self._is_closed:
                reached = [self._reached(name) for name in names]
                if all(reached):
                    found = [status for status in reached if status]
                    return [status for status in found if status.state is not State.AVAILABLE]
                self._changed.wait()
        raise ServingError("The server is stopping.", grpc.StatusCode.UNAVAILABLE)

    def _reached(self, name: str) -> VersionStatus | None:
        statuses: Sequence[VersionStatus] = self.statuses(name)
        return next((status for status in statuses if status.state in _REACHED), None)
