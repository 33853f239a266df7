"""The machine that figures were measured on."""

import os
import platform
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Self


@dataclass(frozen=True)
class Machine:
    """What a figure depends on besides our code.

    Attributes:
        processor: Its model.
        cores: How many this process may use.
        python: Version.
        tensorflow: Version.
        keras: Version.
        numpy: Version.
        date: ISO 8601, UTC.
    """

    processor: str
    cores: int
    python: str
    tensorflow: str
    keras: str
    numpy: str
    date: str

    @classmethod
    def here(cls) -> Self:
        """Look at this one."""
        return cls(
            processor=_processor(),
            cores=cores(),
            python=platform.python_version(),
            tensorflow=version("tensorflow"),
            keras=version("keras"),
            numpy=version("numpy"),
            date=datetime.now(UTC).isoformat(timespec="seconds"),
        )


def cores() -> int:
    """Count the cores that this process may use."""
    return len(os.sched_getaffinity(0))


def _processor() -> str:
    """Read the processor's model where Linux tells it, as it does on x86."""
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        name, _, value = line.partition(":")
        if name.strip() == "model name":
            return value.strip()
    return platform.machine()
