"""What operators rely on, with real processes: metrics, logs, limits."""

import http.client
import json
import os
import re
import signal
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from pathlib import Path
from threading import Event

import pytest
from prometheus_client.multiprocess import MultiProcessCollector

from tests.api.processes import running_api
from tests.api.telemetry.support import read_page

pytestmark = pytest.mark.slow

SONG = "/generate?game=zelda&seed=7&notes=5"
KEY = "a-key-for-these-tests-alone"
# As `python -m api`, but with less patience: so many seconds beside the six of a request.
IMPATIENT = "import api.http.worker as w, api.__main__ as m; w.TRANSFER_SECONDS = {}; m.main()"


def ask(port, method, path, **headers):
    """Ask over a connection of its own; gives the status, the headers and the text."""
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=30)) as connection:
        connection.request(method, path, headers=headers)
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read().decode("latin-1")


def begin_stream(port, notes=4000):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request("POST", f"{SONG.removesuffix('5')}{notes}&format=ndjson")
    answer = connection.getresponse()
    assert json.loads(answer.readline())["event"] == "song"
    return connection, answer


def wait_for(condition, what):
    for _ in range(1200):
        if condition():
            return
        time.sleep(0.1)
    pytest.fail(f"waited in vain for {what}")


def metric(port, name, **labels):
    page = read_page(ask(port, "GET", "/metrics")[2])
    return page.get((f"leitmotif_{name}", *sorted(labels.items())), 0)


def lines_of(log):
    return [json.loads(line) for line in log[0].splitlines()]


def workers(folder):
    """Return the process ids of the workers that have counted anything."""
    found = folder.glob("leitmotif-metrics-*/gauge_livesum_*.db")
    return {int(path.stem.rpartition("_")[2]) for path in found}


def counter_files(folder):
    return sorted(map(str, folder.glob("leitmotif-metrics-*/counter_*.db")))


def songs_counted_in(file):
    """Return how many songs the worker has composed whose file this is."""
    merged = MultiProcessCollector.merge([file])
    samples = [sample for metric in merged for sample in metric.samples]
    return sum(s.value for s in samples if s.labels.get("route") == "/generate")


def test_two_workers_count_together_and_remove_their_files(loopback, config, tmp_path):
    composed = {"route": "/generate", "game": "zelda", "format": "midi", "status": "200"}
    asked = 0
    with running_api(loopback, config, tmp_path) as (port, log), ThreadPoolExecutor(8) as pool:

        def both_have_composed():
            nonlocal asked
            answers = list(pool.map(lambda _: ask(port, "POST", SONG), range(8)))
            assert [status for status, *_ in answers] == [200] * 8
            asked += 8
            counts = list(map(songs_counted_in, counter_files(tmp_path)))
            assert sum(counts) == asked
            return len(counts) == 2 and all(counts)

        loopback.slow_s = 0.1  # so that one worker does not take them all
        wait_for(both_have_composed, "a song by each worker")
        assert {metric(port, "requests_total", **composed) for _ in range(6)} == {asked}
        assert metric(port, "tokens_total", game="zelda") >= asked * 5
    assert len([line for line in lines_of(log) if line.get("route") == "/generate"]) == asked
    assert not list(tmp_path.glob("leitmotif-metrics-*"))


def test_the_counts_of_a_dead_worker_stay_but_not_its_songs_in_flight(loopback, config, tmp_path):
    composed = {"route": "/generate", "game": "zelda", "format": "midi", "status": "200"}
    loopback.slow_s = 0.02
    with running_api(loopback, config, tmp_path) as (port, _):
        wait_for(lambda: len(workers(tmp_path)) == 2, "two workers")
        for _ in range(4):
            assert ask(port, "POST", SONG)[0] == 200
        connection, answer = begin_stream(port)
        wait_for(lambda: metric(port, "songs_in_flight") == 1, "a song in flight")
        before = workers(tmp_path)
        for process_id in before:
            os.kill(process_id, signal.SIGKILL)
        answer.close()
        connection.close()
        wait_for(lambda: len(workers(tmp_path) - before) == 2, "new workers")
        wait_for(lambda: workers(tmp_path).isdisjoint(before), "the old ones to be forgotten")
        assert metric(port, "songs_in_flight") == 0
        assert metric(port, "requests_total", **composed) == 4


def test_every_worker_prefills_prompts_in_advance(loopback, config, tmp_path):
    with running_api(loopback, config, tmp_path) as (port, _):
        wait_for(lambda: loopback.signatures().count("prefill") == 6, "two workers' openings")
        counted = {"call": "prefill", "code": "OK"}  # at the end of a call
        wait_for(lambda: metric(port, "model_server_calls_total", **counted) == 6, "the counts")
        assert ask(port, "POST", SONG)[0] == 200
        assert loopback.signatures().count("prefill") == 6


def test_keys_and_limits_apply_over_all_workers(loopback, config, tmp_path):
    keys = f"{KEY},{KEY[::-1]}"
    with running_api(loopback, config, tmp_path, RATE_LIMIT="10/hour", API_KEYS=keys) as (
        port,
        log,
    ):
        status, headers, _ = ask(port, "POST", SONG)
        assert (status, headers["WWW-Authenticate"]) == (401, "Bearer")
        assert ask(port, "POST", SONG, Authorization=f"Bearer {KEY}x")[0] == 401
        answers = [ask(port, "POST", SONG, Authorization=f"Bearer {KEY}") for _ in range(30)]
        statuses = [status for status, *_ in answers]
        assert set(statuses) == {200, 429}
        assert 5 <= statuses.count(200) <= 10  # each worker allows five
        waits = {int(headers["Retry-After"]) for status, headers, _ in answers if status == 429}
        assert all(0 < wait_s <= 3600 for wait_s in waits)
        assert ask(port, "POST", SONG, **{"X-API-Key": KEY[::-1]})[0] == 200
        assert ask(port, "GET", "/games")[0] == 200
    assert KEY not in log[0]
    assert KEY[::-1] not in log[0]


def test_a_client_that_disconnects_frees_its_slot(loopback, config, tmp_path):
    loopback.slow_s = 0.03
    one = {"API_WORKERS": "1", "API_SONGS": "1"}
    with running_api(loopback, config, tmp_path, **one) as (port, log):
        connection, answer = begin_stream(port)
        status, headers, text = ask(port, "POST", SONG)
        assert (status, headers["Retry-After"]) == (503, "1")
        assert json.loads(text)["type"] == "urn:leitmotif:problem:too-many-songs"
        answer.close()
        connection.close()
        wait_for(lambda: ask(port, "POST", SONG)[0] == 200, "room")
        drawn = loopback.signatures().count("decode")
        assert ask(port, "GET", "/healthz")[0] == 200
        assert loopback.signatures().count("decode") == drawn < 40  # of the 63 and more
    cut = [line for line in lines_of(log) if line.get("ended") == "client disconnected"]
    assert [(line["status"], line["seed"]) for line in cut] == [(200, 7)]


def peak_memory_mb(process_id):
    status = Path(f"/proc/{process_id}/status").read_text()
    return int(re.search(r"VmHWM:\s+(\d+) kB", status)[1]) * 1024 / 1e6


def read_slowly(port, seed, stop):
    """Request ten minutes of sound until a slot is free, and read it at 50 KB per second."""
    path = f"/generate?game=zelda&seed={seed}&primer=none&seconds=600&tempo=180&format=wav"
    while not stop.is_set():
        with socket.create_connection(("127.0.0.1", port), timeout=60) as connection:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 16)
            connection.sendall(f"POST {path} HTTP/1.1\r\nHost: a\r\n\r\n".encode())
            while connection.recv(5000) and not stop.is_set():
                stop.wait(0.1)


def test_slow_readers_of_long_sounds_fit_into_memory(loopback, config, tmp_path):
    two = {"API_WORKERS": "2"}
    with (
        running_api(loopback, config, tmp_path, **two) as (port, _),
        ThreadPoolExecutor(24) as pool,
    ):
        stop = Event()
        try:
            for seed in range(24):
                pool.submit(read_slowly, port, seed, stop)
            wait_for(lambda: metric(port, "songs_in_flight") == 24, "all of them to be served")
            stop.wait(5)
            assert ask(port, "GET", "/healthz")[0] == 200
            peaks_mb = [peak_memory_mb(process_id) for process_id in workers(tmp_path)]
        finally:
            stop.set()
        assert len(peaks_mb) == 2
        assert max(peaks_mb) < 400
        wait_for(lambda: metric(port, "songs_in_flight") == 0, "their slots")


def test_the_request_id_is_in_response_log_and_calls(loopback, config, tmp_path):
    with running_api(loopback, config, tmp_path) as (port, log):
        _, headers, _ = ask(port, "POST", SONG, **{"X-Request-Id": "from-the-caller.1"})
        assert headers["X-Request-Id"] == "from-the-caller.1"
    assert "from-the-caller.1" in loopback.request_ids
    (line,) = [line for line in lines_of(log) if line.get("route") == "/generate"]
    assert line["request_id"] == "from-the-caller.1"


HOSTILE = [
    b"GET / HTTP/1.1\r\nHost: a\r\n\x1b[31mname: b\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: a\r\nName: \x1b[31m\x00value\r\n\r\n",
    b"\x1b[2J\x1b[31mGET / HTTP/1.1\r\n\r\n",
    b"GET /\x1b[31m\xff HTTP/1.1\r\nHost: a\r\n\r\n",
    b"G\x07T / HTTP/1.1\r\nHost: a\r\n\r\n",
    b"POST /generate HTTP/1.1\r\nHost: a\r\nContent-Length: \x1b[31m\r\n\r\n",
    b"POST /generate HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: \x1b[31m\r\n\r\n",
    b"GET /" + b"\x1b" * 9000 + b" HTTP/1.1\r\nHost: a\r\n\r\n",
    b"GET / HTTP/9.\x1b\r\nHost: a\r\n\r\n",
    b"GET /../../../etc/passwd HTTP/1.1\r\nHost: ../../etc\r\nX-Request-Id: ../../x\r\n\r\n",
]


def test_invalid_http_cannot_forge_log_lines(loopback, config, tmp_path):
    with running_api(loopback, config, tmp_path) as (port, log):
        for request in HOSTILE:
            with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
                connection.sendall(request)
                assert connection.recv(64).startswith((b"HTTP/1.1 4", b"HTTP/1.0 4"))
    assert all(line.isascii() and line.isprintable() for line in log[0].splitlines())
    lines = lines_of(log)
    assert len(lines) == log[0].count("\n")
    of_gunicorn = [line for line in lines if line["message"].startswith("Invalid request")]
    assert len(of_gunicorn) == len(HOSTILE) - 1
    assert not any("request_id" in line for line in of_gunicorn)  # no other request's


REFUSED = [
    (b"G\x07T / HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    (b"GET / HTTP/9.9\r\nHost: a\r\n\r\n", 400),
    (b"GET / HTTP/1.1\r\nHost: a\r\nna me: b\r\n\r\n", 400),
    (b"GET /" + b"a" * 5000 + b" HTTP/1.1\r\nHost: a\r\n\r\n", 414),
    (b"GET / HTTP/1.1\r\nHost: a\r\nName: " + b"a" * 9000 + b"\r\n\r\n", 431),
    (b"GET / HTTP/1.1\r\nHost: a\r\nExpect: roses\r\n\r\n", 417),
    (b"GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: br\r\n\r\n", 501),
    *(
        (b"POST /generate HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n" + body, 400)
        for body in (b"x\r\n", b"5\r\ngame=zelda\r\n0\r\n\r\n", b"-1\r\n\r\n", b"5;\x00\r\n")
    ),
]


def test_requests_that_gunicorn_refuses_get_problem_details(loopback, config, tmp_path):
    with running_api(loopback, config, tmp_path) as (port, log):
        for request, status in REFUSED:
            with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
                connection.sendall(request)
                answer = http.client.HTTPResponse(connection)
                answer.begin()
                assert (answer.status, request) == (status, request)
                assert answer.headers["Content-Type"] == "application/problem+json"
                problem = json.loads(answer.read())
                assert (problem["status"], bool(problem["detail"])) == (status, True)
                assert connection.recv(1) == b""  # nothing comes after it
    assert not [line for line in lines_of(log) if line["level"] == "error"]


@pytest.mark.parametrize(
    ("begun", "begins", "transfer_s"),
    [
        (b"POST /generate HTTP/1.1\r\nHost: a\r\nX-Slow: ", b"", -4),
        (f"POST {SONG} HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nga".encode(), b"", -4),
        (f"POST {SONG}00&tempo=60&format=wav HTTP/1.1\r\nHost: a\r\n\r\n".encode(), b"HTTP", 0),
    ],
    ids=["sends no headers", "sends no body", "does not read"],
)
def test_a_stalling_client_does_not_keep_a_thread_for_ever(
    loopback, config, tmp_path, begun, begins, transfer_s
):
    scarce = {"API_WORKERS": "1", "API_THREADS": "2", "API_SONGS": "1", "REQUEST_SECONDS": "1"}
    program = ("-c", IMPATIENT.format(transfer_s))
    with (
        running_api(loopback, config, tmp_path, program=program, **scarce) as (port, _),
        ExitStack() as held,
    ):
        for _ in range(2):
            connection = socket.create_connection(("127.0.0.1", port), timeout=30)
            held.enter_context(connection).sendall(begun)
            assert connection.recv(len(begins), socket.MSG_PEEK) == begins
        assert ask(port, "GET", "/healthz")[0] == 200
        wait_for(lambda: ask(port, "POST", SONG)[0] == 200, "a song for somebody else")
