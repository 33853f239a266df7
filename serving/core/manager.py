"""Loads and unloads versions, and provides them to requests.

Follows TensorFlow Serving's ``core/aspired_versions_manager.cc``, ``basic_manager.cc`` and
``loader_harness.cc``; ``version_policy`` decides what to do next.
"""

from __future__ import annotations

import itertools
import logging
import os
import threading
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import grpc

from serving.core.monitor import StateMonitor, VersionStatus
from serving.core.version_policy import Load, State, VersionSnapshot, next_action
from serving.errors import LoadError, ServableNotFoundError
from serving.servables.servable import Servable, ServableId

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

logger = logging.getLogger(__name__)

INITIAL_LOAD_THREADS = 4 * (os.cpu_count() or 1)


@dataclass(frozen=True)
class RetryPolicy:
    """How many times loading a version is retried, and how long to wait before each retry."""

    max_retries: int = 5
    interval_s: float = 60.0


@dataclass(eq=False)
class _Harness:
    """A managed version and its state; guarded by the manager's lock."""

    id: ServableId
    path: Path
    is_aspired: bool = True
    state: State = State.START
    users: int = 0
    servable: Servable | None = field(default=None, repr=False)

    def snapshot(self) -> VersionSnapshot:
        """The part of the state that the version policy needs."""
        return VersionSnapshot(self.id.version, self.is_aspired, self.state)


_Action = tuple["Callable[[_Harness], None]", _Harness]


class Manager:
    """Keeps the aspired versions loaded, and provides them to requests.

    Thread-safe. A separate thread decides and acts, one step at a time, so requests never wait for
    it.

    Attributes:
        monitor: Records the states of all versions, past ones included.
    """

    def __init__(
        self,
        load: Callable[[ServableId, Path], Servable],
        retries: RetryPolicy = RetryPolicy(),
        load_threads: int = 0,
    ) -> None:
        """Creates a manager without versions.

        Args:
            load: Loads the version in a folder; may raise LoadError.
            retries: How often a failed load is retried.
            load_threads: How many versions load at once; with 0 they load on the manager's thread,
                which does nothing else meanwhile.
        """
        self._load_bundle = load
        self._retries = retries
        self._harnesses: dict[str, dict[int, _Harness]] = {}
        self._pending: dict[str, Mapping[int, Path]] = {}
        self.monitor = StateMonitor()
        self._monitors = [self.monitor]
        self._changed = threading.Condition(threading.RLock())
        self._stopping = threading.Event()
        self._loader: Executor | None = None
        if load_threads:
            self._loader = ThreadPoolExecutor(load_threads, "load")
        self._loader_lock = threading.Lock()
        self._thread = threading.Thread(target=self._manage, name="manager", daemon=True)
        self._thread.start()

    def aspire(self, name: str, versions: Mapping[int, Path]) -> None:
        """Serves these versions of a model, each from its folder, and no others."""
        with self._changed:
            self._pending[name] = versions
            self._changed.notify_all()

    @contextmanager
    def fresh_monitor(self) -> Iterator[StateMonitor]:
        """Creates a monitor that records only states published within the context."""
        monitor = StateMonitor()
        with self._changed:
            self._monitors.append(monitor)
            if self._stopping.is_set():
                monitor.close()
        try:
            yield monitor
        finally:
            with self._changed:
                self._monitors.remove(monitor)

    @contextmanager
    def loading_fast(self) -> Iterator[None]:
        """Loads on many threads within the context, and waits for them on leaving it.

        This includes retries: as in TensorFlow Serving, a version that fails delays the start.
        """
        with ThreadPoolExecutor(INITIAL_LOAD_THREADS, "initial_load") as loader:
            with self._loader_lock:
                usual, self._loader = self._loader, loader
            try:
                yield
            finally:
                with self._loader_lock:
                    self._loader = usual

    def close(self) -> None:
        """Stops serving; each version closes when the requests that use it have finished."""
        with self._changed:
            self._stopping.set()
            self._changed.notify_all()
            for monitor in self._monitors:
                monitor.close()
        self._thread.join()
        if self._loader:
            self._loader.shutdown()
        for harness in self._all():
            if harness.state is State.AVAILABLE:
                self._unload(harness)

    @contextmanager
    def borrow(self, name: str, version: int | None) -> Iterator[Servable]:
        """Provides a version of a model, by default the latest; it stays open within the context.

        Raises:
            ServableNotFoundError: No such version is available.
        """
        with self._changed:
            harness = self._find(name, version)
            harness.users += 1
        try:
            assert harness.servable is not None
            yield harness.servable
        finally:
            with self._changed:
                harness.users -= 1
                last = harness.state is State.UNLOADING and not harness.users
            if last:
                self._close(harness)

    def available(self) -> str:
        """A sentence that lists the available versions, for error messages."""
        served = [
            f"{harness.id.name}/{harness.id.version}"
            for harness in sorted(self._all(), key=lambda each: (each.id.name, each.id.version))
            if harness.state is State.AVAILABLE
        ]
        return f"Available: {', '.join(served) or 'none'}."

    def _find(self, name: str, version: int | None) -> _Harness:
        available = [
            each
            for each in self._harnesses.get(name, {}).values()
            if each.state is State.AVAILABLE and version in (None, each.id.version)
        ]
        if not available:
            request = f"Latest({name})" if version is None else f"Specific({name}, {version})"
            raise ServableNotFoundError(
                f"Servable not found for request: {request}. {self.available()}"
            )
        return max(available, key=lambda each: each.id.version)

    def _all(self) -> list[_Harness]:
        with self._changed:
            return [h for versions in self._harnesses.values() for h in versions.values()]

    def _manage(self) -> None:
        while action := self._next_action():
            act, harness = action
            try:
                act(harness)
            except Exception:  # an error in one version must not affect the others
                logger.exception("managing servable %s failed", harness.id)

    def _next_action(self) -> _Action | None:
        """Waits for the next action; returns None when the manager closes."""
        with self._changed:
            while not self._stopping.is_set():
                self._flush()
                self._take_pending()
                if action := self._choose_action():
                    return action
                self._changed.wait()
        return None

    def _flush(self) -> None:
        """Removes the versions that are neither aspired nor loaded."""
        for name, versions in self._harnesses.items():
            self._harnesses[name] = {
                version: harness
                for version, harness in versions.items()
                if harness.is_aspired or harness.state not in (State.START, State.END)
            }

    def _take_pending(self) -> None:
        for name, aspired in list(self._pending.items()):
            managed = self._harnesses.setdefault(name, {})
            # A version that is aspired again is reloaded, so the old one must be unloaded first.
            if any(not managed[version].is_aspired for version in managed.keys() & aspired.keys()):
                continue
            del self._pending[name]
            for version, harness in managed.items():
                harness.is_aspired = version in aspired
            for version in sorted(aspired.keys() - managed.keys()):
                managed[version] = _Harness(ServableId(name, version), aspired[version])
                self._move(managed[version], State.START)

    def _choose_action(self) -> _Action | None:
        """The next action for any model; unloading comes before loading."""
        loads = []
        for name in sorted(self._harnesses):
            harnesses = self._harnesses[name]
            action = next_action([each.snapshot() for each in harnesses.values()])
            if isinstance(action, Load):
                loads.append(harnesses[action.version])
            elif action:
                return self._unload, harnesses[action.version]
        return (self._start_to_load, loads[0]) if loads else None

    def _start_to_load(self, harness: _Harness) -> None:
        self._move(harness, State.LOADING)
        with self._loader_lock:
            if self._loader:
                self._loader.submit(self._load, harness)
                return
        self._load(harness)

    def _load(self, harness: _Harness) -> None:
        try:
            servable = self._load_with_retries(harness)
        except LoadError as error:
            self._move(harness, State.END, error)
            return
        with self._changed:
            is_wanted = harness.is_aspired and not self._stopping.is_set()
            if is_wanted:
                harness.servable = servable
                self._move(harness, State.AVAILABLE)
        if not is_wanted:
            servable.close()
            self._move(harness, State.END, _CANCELLED)

    def _load_with_retries(self, harness: _Harness) -> Servable:
        for retry in itertools.count(1):
            try:
                return self._load_bundle(harness.id, harness.path)
            except LoadError as error:
                logger.error("Loading servable: %s failed: %s", harness.id, error.status)  # noqa: TRY400
                if retry > self._retries.max_retries or not self._is_to_retry(harness):
                    raise
            logger.info("Retrying of Loading servable: %s retry: %d", harness.id, retry)
        raise AssertionError

    def _is_to_retry(self, harness: _Harness) -> bool:
        return not self._stopping.wait(max(self._retries.interval_s, 0)) and harness.is_aspired

    def _unload(self, harness: _Harness) -> None:
        with self._changed:
            self._move(harness, State.UNLOADING)
            idle = not harness.users
        if idle:
            self._close(harness)

    def _close(self, harness: _Harness) -> None:
        assert harness.servable is not None
        harness.servable.close()
        harness.servable = None
        self._move(harness, State.END)

    def _move(self, harness: _Harness, state: State, error: LoadError | None = None) -> None:
        with self._changed:
            harness.state = state
            for monitor in self._monitors:
                monitor.publish(VersionStatus(harness.id, state, error))
            self._changed.notify_all()
        if error:
            logger.error("Servable %s cannot be loaded: %s", harness.id, error.status)
        else:
            logger.info("servable %s is %s", harness.id, state.name)


_CANCELLED = LoadError("Loading of servable cancelled", grpc.StatusCode.CANCELLED)
