"""The machine of the measurements."""

import os
import platform
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Self


@dataclass(frozen=True)
class Machine:
    """The environment of a measurement.

    Attributes:
        processor: The model of the processor.
        cores: The number of cores that this process may use.
        python: The version of Python.
        tensorflow: The version of TensorFlow.
        keras: The version of Keras.
        numpy: The version of NumPy.
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
        """Describe this machine."""
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
    """Read the processor's model, which Linux reports on x86."""
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        name, _, value = line.partition(":")
        if name.strip() == "model name":
            return value.strip()
    return platform.machine()
