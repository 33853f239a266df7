"""The API as a separate process."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[2]


def run(program, *arguments, **environment):
    return subprocess.run(
        [sys.executable, "-c", program, *arguments],
        capture_output=True,
        check=False,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
        text=True,
        timeout=60,
    )


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def get(url, **arguments):
    with urllib.request.urlopen(urllib.request.Request(url, **arguments), timeout=20) as answer:  # noqa: S310
        return answer.read()


def wait_until_ready(base, process):
    give_up = time.monotonic() + 120
    while time.monotonic() < give_up:
        assert process.poll() is None, "the API has ended"
        try:
            return get(f"{base}/readyz")
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.1)
    raise AssertionError("never ready")


@contextmanager
def running_api(
    loopback, config, tmp_path, ending=signal.SIGTERM, program=("-m", "api"), **environment
):
    """Run `python -m api` during the block; yields its port and its log."""
    port = free_port()
    variables = {
        **os.environ,
        "API_PORT": str(port),
        "HOME": str(tmp_path),
        "MODELS_CONFIG": str(config.models_config),
        "MODEL_SERVER": loopback.target,
        "PYTHONPATH": str(ROOT),
        "RATE_LIMIT": "off",
        "TMPDIR": str(tmp_path),
        **environment,
    }
    log, log_path = [], tmp_path / "api.log"  # a pipe that nobody reads would fill, and stop it
    with (
        log_path.open("w") as log_file,
        subprocess.Popen(
            [sys.executable, *program], cwd=tmp_path, env=variables, stderr=log_file
        ) as process,
    ):
        try:
            ready = json.loads(wait_until_ready(f"http://127.0.0.1:{port}", process))
            assert ready["status"] == "ready"
            yield port, log
        finally:
            process.send_signal(ending)
            process.wait(timeout=120)
            log.append(log_path.read_text())
    assert process.returncode == 0, log
    assert "Traceback" not in log[0]
