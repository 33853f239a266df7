"""Health checks fail when a program is down, but not under load or without another program."""

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import ExitStack, contextmanager

import pytest

from tests.docker.deployment import ROOT, compose, container, dockerfile_words

API = container("Deployment", "api")
SERVER = container("Deployment", "model-server")
THREADS = 2


@contextmanager
def running_api(folder):
    """Run the API with two threads, no game and no model server; gives its port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {
        **os.environ,
        "API_PORT": str(port),
        "API_THREADS": str(THREADS),
        "API_WORKERS": "1",
        "HOME": str(folder),
        "MODELS_DIR": str(folder),
        "MODEL_SERVER": "127.0.0.1:1",
        "PYTHONPATH": str(ROOT),
    }
    with (
        (folder / "api.log").open("w") as log,
        subprocess.Popen(
            [sys.executable, "-m", "api"], cwd=folder, env=environment, stderr=log
        ) as process,
    ):
        try:
            for _ in range(1200):
                assert process.poll() is None, (folder / "api.log").read_text()
                if is_answered(port):
                    break
                time.sleep(0.1)
            yield port
        finally:
            process.terminate()


def is_answered(port, timeout_s=2):
    """Whether GET /healthz is answered, which the image's health check asked once."""
    try:
        with urllib.request.urlopen(
            f"http://127.0.0.1:{port}/healthz", timeout=timeout_s
        ) as answer:
            return answer.status == 200
    except OSError:
        return False


def image_check(port):
    """Run the health check of the API's image; gives its exit status."""
    words = dockerfile_words("api", "HEALTHCHECK")
    command = words[words.index("CMD") + 1 :]
    checked = subprocess.run(
        command, check=False, env={**os.environ, "API_PORT": str(port)}, timeout=30
    )
    return checked.returncode


def kubernetes_check(probe, port):
    """Do what a kubelet does for a probe that opens a connection."""
    assert probe.keys() & {"exec", "grpc", "httpGet", "tcpSocket"} == {"tcpSocket"}
    assert probe["tcpSocket"] == {"port": "http"}
    with socket.create_connection(("127.0.0.1", port), timeout=probe.get("timeoutSeconds", 1)):
        return 0


CHECKS = {
    "image": image_check,
    "readiness": lambda port: kubernetes_check(API["readinessProbe"], port),
    "liveness": lambda port: kubernetes_check(API["livenessProbe"], port),
}


@pytest.mark.slow
def test_the_api_is_healthy_without_model_servers_and_while_every_thread_is_taken(tmp_path):
    with running_api(tmp_path) as port, ExitStack() as callers:
        assert {name: check(port) for name, check in CHECKS.items()} == dict.fromkeys(CHECKS, 0)
        for _ in range(THREADS):
            caller = socket.create_connection(("127.0.0.1", port), timeout=30)
            callers.enter_context(caller).sendall(b"POST /generate HTTP/1.1\r\nHost: a\r\nX-Slow: ")
        assert not is_answered(port)
        assert {name: check(port) for name, check in CHECKS.items()} == dict.fromkeys(CHECKS, 0)


def test_the_image_check_fails_without_a_server():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # and does not listen
        assert image_check(taken.getsockname()[1]) != 0


def test_a_pod_of_the_api_is_started_when_it_responds():
    assert API["startupProbe"]["httpGet"] == {"path": "/healthz", "port": "http"}


def test_a_slow_model_server_has_as_long_to_load_its_models_in_compose_as_in_kubernetes():
    startup = SERVER["startupProbe"]
    in_compose = compose()["services"]["model-server"]["healthcheck"]
    allowed_s = startup["periodSeconds"] * startup["failureThreshold"]
    assert in_compose["start_period"] == f"{allowed_s}s"


def test_the_api_does_not_wait_for_the_model_server_to_start():
    """Until that has loaded its models, callers get a 503 that says when to try again."""
    assert "depends_on" not in compose()["services"]["api"]
