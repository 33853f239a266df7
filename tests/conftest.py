"""For every test: no time is asserted, since machines are shared and noisy."""

import os
import signal
from pathlib import Path

import pytest
from hypothesis import settings

# Before a test imports TensorFlow, as all our programs that import it have it.
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")
# Steps are compiled for a few batches each: without optimisation, that takes half the time.
os.environ.setdefault("XLA_FLAGS", "--xla_backend_optimization_level=0")

settings.register_profile("no deadline", deadline=None)
settings.load_profile("no deadline")

# Whatever runs the tests may ignore it, as nohup does; programs that they start would inherit that.
signal.signal(signal.SIGHUP, signal.SIG_DFL)

# Their files take longest, so they begin: otherwise one of two processes would be idle at the end.
LONGEST = ("training", "benchmarks", "end_to_end")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run the files of the folders that take longest first; the order within a folder stays."""
    items.sort(key=lambda item: _folder(item) not in LONGEST)


def _folder(item: pytest.Item) -> str:
    """Return the folder of a test below that of all tests."""
    return item.path.relative_to(Path(__file__).parent).parts[0]
