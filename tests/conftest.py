"""For every test: no time is asserted, since machines are shared and noisy."""

import os
import signal
from pathlib import Path

import pytest
from hypothesis import settings

END_TO_END = Path(__file__).with_name("end_to_end")

# Before a test imports TensorFlow, as all our programs that import it have it.
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")

settings.register_profile("no deadline", deadline=None)
settings.load_profile("no deadline")

# Whatever runs the tests may ignore it, as nohup does; programs that they start would inherit that.
signal.signal(signal.SIGHUP, signal.SIG_DFL)


@pytest.hookimpl(tryfirst=True)  # before pytest-xdist reads the groups
def pytest_collection_modifyitems(items):
    """Let one process run all tests of a file, and one all that share the end-to-end service."""
    for item in items:
        group = END_TO_END if END_TO_END in item.path.parents else item.path
        item.add_marker(pytest.mark.xdist_group(str(group)))
