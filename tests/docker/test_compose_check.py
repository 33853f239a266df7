"""scripts/compose_check.sh, which needs Docker: CI runs it, and it cannot fail silently."""

import os
import re
import shutil
import subprocess

import pytest
import yaml

from tests.docker.deployment import ROOT

SCRIPT = ROOT / "scripts" / "compose_check.sh"
NO_DOCKER_ENGINE = """\
#!/bin/sh
echo "docker $*" >> "${0%/*}/calls"
echo "Cannot connect to the Docker daemon" >&2
exit 1
"""


def run_check(folder, *commands):
    """Run the script with a few commands and those in `folder`."""
    for name in ("bash", "dirname", "mkdir", "mktemp", "rm", *commands):
        (folder / name).symlink_to(shutil.which(name))
    return subprocess.run(
        ["bash", SCRIPT],
        capture_output=True,
        check=False,
        env={**os.environ, "PATH": str(folder), "TMPDIR": str(folder)},
        text=True,
        timeout=60,
    )


def test_the_workflow_runs_it():
    workflow = yaml.safe_load((ROOT / ".github" / "workflows" / "ci.yaml").read_text())
    job = workflow["jobs"]["containers"]
    assert "make compose-check" in [step.get("run") for step in job["steps"]]
    makefile = (ROOT / "Makefile").read_text()
    assert re.search(
        r"^compose-check: .*\n\t@bash scripts/compose_check\.sh$", makefile, re.MULTILINE
    )


def test_its_own_time_limits_end_it_before_the_workflow_does():
    """Only the script's limits say what took too long."""
    script = SCRIPT.read_text()
    limits = {n: int(s) for n, s in re.findall(r"^(\w+_s)=(\d+)", script, re.MULTILINE)}
    used = re.findall(r"^within \"\$(\w+_s)\"", script, re.MULTILINE)
    waits = len(re.findall(r"^expect_version", script, re.MULTILINE))
    longest_s = sum(limits[name] for name in used) + waits * limits["load_s"]
    workflow = yaml.safe_load((ROOT / ".github" / "workflows" / "ci.yaml").read_text())
    assert longest_s < workflow["jobs"]["containers"]["timeout-minutes"] * 60


def test_without_docker_it_says_so(tmp_path):
    finished = run_check(tmp_path)
    assert finished.returncode == 1
    assert finished.stderr == "compose-check: FAILED: this needs Docker\n"


@pytest.mark.skipif(not shutil.which("make"), reason="make, which the script calls, is missing")
def test_a_failing_step_is_named_and_everything_is_removed(tmp_path):
    docker = tmp_path / "docker"
    docker.write_text(NO_DOCKER_ENGINE)
    docker.chmod(0o755)
    finished = run_check(tmp_path, "cat", "env", "make", "sh", "sleep", "timeout")
    assert finished.returncode == 1
    assert "Cannot connect to the Docker daemon" in finished.stderr
    assert "compose-check: FAILED: make up failed, or took longer than 1200 s" in finished.stderr
    calls = (tmp_path / "calls").read_text().splitlines()
    assert re.search(r" up --build --detach --wait$", calls[0])
    assert calls[-1].endswith(" down --volumes")
    assert any(call.endswith(" logs --no-color --tail 200") for call in calls)
    assert not list(tmp_path.glob("tmp.*"))
