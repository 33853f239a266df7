"""`scripts/setup.sh` prints what it does, and nothing else unless it fails."""

import hashlib
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.end_to_end.conftest import ROOT

pytestmark = pytest.mark.slow

SAID = "setup: installing into .venv (once, a few minutes)\n"
SHIM = """#!/bin/sh
echo "pyenv: $(basename "$0"): command not found" >&2
echo "The command exists in these Python versions: 3.13.1" >&2
exit 127
"""
METADATA = {"METADATA": "Metadata-Version: 2.1\nName: tiny\nVersion: 1.0\n", "RECORD": ""}
METADATA["WHEEL"] = "Wheel-Version: 1.0\nGenerator: x\nRoot-Is-Purelib: true\nTag: py3-none-any\n"


@pytest.fixture
def wheel(tmp_path) -> Path:
    path = tmp_path / "wheels" / "tiny-1.0-py3-none-any.whl"
    path.parent.mkdir()
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("tiny.py", "installed = True\n")
        for name, text in METADATA.items():
            archive.writestr(f"tiny-1.0.dist-info/{name}", text)
    return path


def set_up(folder: Path, wheel: Path, sha256: str) -> subprocess.CompletedProcess:
    """Set up where pyenv has shims for versions that it does not run, and pip looks nowhere."""
    shims = folder / "shims"
    shims.mkdir()
    for name in ("python3.13", "python3.12", "python3.11"):
        (shims / name).write_text(SHIM)
        (shims / name).chmod(0o755)
    (shims / "python3").symlink_to(sys.executable)
    (folder / "lock.txt").write_text(f"tiny==1.0 --hash=sha256:{sha256}\n")
    settings = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": f"/nowhere/at/all {wheel.parent}"}
    return subprocess.run(
        ["bash", ROOT / "scripts" / "setup.sh", "lock.txt"],
        capture_output=True,
        check=False,
        cwd=folder,
        env=os.environ | settings | {"PATH": f"{shims}:{os.environ['PATH']}"},
        text=True,
    )


def test_shims_and_pips_settings_cause_no_noise(tmp_path, wheel):
    finished = set_up(tmp_path, wheel, hashlib.sha256(wheel.read_bytes()).hexdigest())
    assert (finished.returncode, finished.stdout, finished.stderr) == (0, SAID, "")
    assert list(tmp_path.glob(".venv/lib/python3*/site-packages/tiny.py"))


def test_errors_are_still_printed(tmp_path, wheel):
    finished = set_up(tmp_path, wheel, "0" * 64)
    assert finished.returncode != 0
    assert "ERROR: THESE PACKAGES DO NOT MATCH THE HASHES" in finished.stderr


def test_a_linked_environment_is_refused_and_left_as_it_is(tmp_path, wheel):
    shared = tmp_path / "shared"
    shared.mkdir()
    (shared / "kept").touch()
    (tmp_path / ".venv").symlink_to("shared")
    finished = set_up(tmp_path, wheel, hashlib.sha256(wheel.read_bytes()).hexdigest())
    assert (finished.returncode, finished.stdout) == (1, "")
    assert finished.stderr == (
        "setup: .venv is a link to shared, a folder that installing would empty; "
        "remove the link (rm .venv), then run make again\n"
    )
    assert [path.name for path in shared.iterdir()] == ["kept"]
