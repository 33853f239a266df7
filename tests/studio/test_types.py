"""The page's modules, checked by TypeScript."""

import subprocess
from pathlib import Path

import pytest

HERE = Path(__file__).parent
TSC = HERE / "node_modules" / ".bin" / "tsc"

pytestmark = pytest.mark.slow


def test_every_type_is_right():
    if not TSC.exists():
        pytest.skip("TypeScript is not there; `npm ci` in tests/studio brings it")
    finished = subprocess.run(
        [TSC, "--project", HERE], capture_output=True, check=False, text=True, timeout=300
    )
    assert (finished.returncode, finished.stdout) == (0, "")
