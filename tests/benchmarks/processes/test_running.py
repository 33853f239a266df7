"""Processes start or report why not, and they always end."""

import os
import socket

import pytest

from benchmarks.errors import ProcessError
from benchmarks.processes.resident import children, rss_mb
from benchmarks.processes.running import free_port, responds_ok, running

SLEEP = ("-c", "import time; print('awake', flush=True); time.sleep(600)")


def test_a_process_that_ends_too_early_is_reported_with_its_last_lines(tmp_path):
    program = "import sys; print(*range(100), sep='\\n'); sys.exit('the port is taken')"
    with (
        pytest.raises(
            ProcessError, match=r"(?s)the thing ended with status 1; .*port is taken"
        ) as e,
        running("the thing", ("-c", program), {}, tmp_path / "log") as process,
    ):
        process.wait_until(lambda: False)
    assert len(str(e.value).splitlines()) == 16


def test_a_process_that_does_not_start_is_reported_and_ended(tmp_path):
    with (
        pytest.raises(ProcessError, match=r"the thing was not ready after 0 s; its last lines:"),
        running("the thing", SLEEP, {}, tmp_path / "log") as process,
    ):
        process.wait_until(lambda: False, patience_s=0)
    assert process.process.returncode is not None


def test_a_failure_by_an_ended_process_is_reported_as_such(tmp_path):
    log = tmp_path / "log"
    with (
        pytest.raises(ProcessError, match=r"ended with status -9; its last lines:\n  awake"),
        running("the thing", SLEEP, {}, log) as process,
    ):
        process.wait_until(lambda: "awake" in log.read_text())
        process.process.kill()
        process.process.wait()
        raise ConnectionError
    with pytest.raises(ConnectionError), running("the thing", SLEEP, {}, log):
        raise ConnectionError


def test_a_process_ends_with_its_block(tmp_path):
    log = tmp_path / "log"
    with (
        pytest.raises(KeyboardInterrupt),
        running("the thing", SLEEP, {}, log) as process,
    ):
        process.wait_until(lambda: "awake" in log.read_text())
        assert process.process.pid in children(os.getpid())
        assert rss_mb(process.process.pid) > 1
        raise KeyboardInterrupt
    assert process.process.returncode is not None
    assert process.process.pid not in children(os.getpid())


def test_a_process_has_the_variables_it_is_given(tmp_path):
    log = tmp_path / "log"
    program = ("-c", "import os, time; print(os.environ['WORD'], flush=True); time.sleep(600)")
    with running("the thing", program, {"WORD": "here"}, log) as process:
        process.wait_until(lambda: log.read_text() == "here\n")


def test_a_free_port_can_be_used_and_has_no_server():
    port = free_port()
    assert not responds_ok(port, "/")
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", port))
