"""Decides which versions of a model to serve and what to do next, without side effects.

The rules are those of TensorFlow Serving's ``file_system_storage_path_source.cc`` (which versions
are aspired) and ``core/availability_preserving_policy.cc`` (in which order they come and go).
"""

from __future__ import annotations

import enum
import heapq
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection


@dataclass(frozen=True)
class Latest:
    """Serve the ``num_versions`` largest versions."""

    num_versions: int = 1


@dataclass(frozen=True)
class Specific:
    """Serve those of these versions that exist."""

    versions: frozenset[int]


@dataclass(frozen=True)
class All:
    """Serve every version that exists."""


VersionPolicy = Latest | Specific | All


class State(enum.IntEnum):
    """The state of a version; the numbers are those of ModelVersionStatus.State."""

    START = 10
    LOADING = 20
    AVAILABLE = 30
    UNLOADING = 40
    END = 50


@dataclass(frozen=True)
class VersionSnapshot:
    """The state of one version at the time of the decision."""

    version: int
    is_aspired: bool
    state: State


@dataclass(frozen=True)
class Load:
    """Load this version."""

    version: int


@dataclass(frozen=True)
class Unload:
    """Send no more requests to this version, and close it when running ones have finished."""

    version: int


def aspired_versions(policy: VersionPolicy, found: Collection[int]) -> frozenset[int]:
    """The versions to serve, out of those ``found`` under the base path."""
    match policy:
        case Latest(num_versions):
            return frozenset(heapq.nlargest(num_versions, found))
        case Specific(versions):
            return versions.intersection(found)
        case All():
            return frozenset(found)


def next_action(snapshots: Collection[VersionSnapshot]) -> Load | Unload | None:
    """The next action for one model, or None.

    A version that is no longer aspired is unloaded only when an aspired one is available, or none
    is aspired. So a version that fails to load never replaces one that works.
    """
    aspired = [each for each in snapshots if each.is_aspired]
    leaving = [
        each.version for each in snapshots if not each.is_aspired and each.state is State.AVAILABLE
    ]
    replaced = not aspired or any(each.state is State.AVAILABLE for each in aspired)
    if leaving and (replaced or len(leaving) > 1):
        return Unload(min(leaving))
    waiting = [each.version for each in aspired if each.state is State.START]
    return Load(max(waiting)) if waiting else None
