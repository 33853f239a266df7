"""The API as a process: its imports, its start, its end."""

import json
import signal
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from http.client import RemoteDisconnected

import pytest

from music.reading import read_midi
from tests.api.processes import get, run, running_api

HEAVY = ("keras", "music21", "tensorflow", "tensorflow_serving", "training", "serving")


def test_importing_the_api_loads_nothing_heavy_and_starts_no_thread():
    program = (
        "import os, sys, api, api.__main__;"
        f"print([name for name in {HEAVY} if name in sys.modules]);"
        "print(len(os.listdir('/proc/self/task')))"
    )
    finished = run(program, OPENBLAS_NUM_THREADS="1")  # NumPy's own, which outlive a fork
    assert finished.stdout.split("\n")[:2] == ["[]", "1"], finished.stderr


def test_handling_a_request_loads_nothing_heavy(loopback, config):
    program = (
        "import sys; from pathlib import Path; from api import create_app;"
        "from api.config import Config;"
        "config = Config(model_server=sys.argv[1], models_config=Path(sys.argv[2]));"
        "client = create_app(config).test_client();"
        "paths = ('/generate?game=zelda&notes=50', '/generate?game=zelda&notes=50&primer=none');"
        "print([client.post(path).status_code for path in paths]);"
        f"print([name for name in {HEAVY} if name in sys.modules])"
    )
    finished = run(program, loopback.target, str(config.models_config))
    assert finished.stdout.split("\n")[:2] == ["[200, 200]", "[]"], finished.stderr


def test_a_setting_that_does_not_fit_ends_the_process_in_one_line():
    finished = run("import api.__main__ as m; m.main()", API_PORT="http")
    assert finished.returncode == 1
    assert finished.stderr == ("api: API_PORT must be an integer from 1 to 65535, not 'http'\n")


def test_a_port_that_is_taken_ends_the_process_in_one_line():
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        finished = run("import api.__main__ as m; m.main()", API_PORT=str(port))
    assert finished.returncode == 1
    assert finished.stderr == (
        f"api: API_PORT: something else listens on port {port} of 127.0.0.1; end it, or set "
        "another port\n"
    )


def test_an_address_of_another_machine_ends_the_process_in_one_line():
    finished = run("import api.__main__ as m; m.main()", API_HOST="192.0.2.1", API_PORT="9000")
    assert finished.returncode == 1
    assert finished.stderr == (
        "api: API_HOST, API_PORT: cannot listen on port 9000 of 192.0.2.1: "
        "Cannot assign requested address\n"
    )


@pytest.mark.slow
@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_gunicorn_serves_songs_and_ends_on_sigterm(loopback, config, tmp_path, ending):
    with running_api(loopback, config, tmp_path, ending) as (port, log):
        base = f"http://127.0.0.1:{port}"
        url = f"{base}/generate?game=zelda&seed=7&notes=500"
        songs = {get(url, method="POST") for _ in range(6)}
        assert len(songs) == 1
        assert len(read_midi(songs.pop(), "song").notes) == 500
        form = {"data": b'{"game": "zelda"}', "headers": {"Content-Type": "application/json"}}
        assert get(f"{base}/generate", **form).startswith(b"MThd")
    lines = [json.loads(line) for line in log[0].splitlines()]
    composed = [line for line in lines if line.get("route") == "/generate"]
    assert [line["status"] for line in composed] == [200] * 7
    assert not (tmp_path / ".gunicorn").exists() or not any((tmp_path / ".gunicorn").iterdir())


@pytest.mark.slow
def test_ctrl_c_does_not_wait_for_songs_in_flight(loopback, config, tmp_path):
    patient = {"REQUEST_SECONDS": "600"}
    with (
        ThreadPoolExecutor(1) as caller,
        running_api(loopback, config, tmp_path, signal.SIGINT, **patient) as (port, _),
    ):
        loopback.hung = {("zelda", "decode")}
        url = f"http://127.0.0.1:{port}/generate?game=zelda"
        song = caller.submit(get, url, method="POST")
        while "decode" not in loopback.signatures():
            assert not song.done()
            time.sleep(0.01)
    with pytest.raises(RemoteDisconnected):
        song.result()
