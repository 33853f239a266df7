"""`python -m benchmarks` from the command line."""

import json

import pytest

import benchmarks.__main__ as program
from benchmarks.errors import MissingPeerError, ProcessError
from benchmarks.peers import check_installed


@pytest.fixture
def run(monkeypatch, tmp_path):
    """Run the program with a suite from the test; the path is its output file."""
    path = tmp_path / "results.json"
    monkeypatch.setattr(program, "RESULTS", path)
    monkeypatch.setattr(program.signal, "signal", lambda *_: None)

    def run(suite):
        monkeypatch.setattr(program, "run_all", suite)
        return program.main([]), path

    return run


@pytest.mark.parametrize(("peers", "with_peers"), [("", False), ("0", False), ("1", True)])
def test_the_figures_are_written_and_printed(run, monkeypatch, capsys, results, peers, with_peers):
    monkeypatch.setenv("PEERS", peers)
    asked = []

    def suite(folder, sizes, *, with_peers):
        asked.append((folder.is_dir(), sizes, with_peers))
        return results

    status, path = run(suite)
    assert status == 0
    assert asked == [(True, program.FULL, with_peers)]
    assert json.loads(path.read_text())["chunk_rpc_ms_per_token"] == 1.25
    assert "chunk_rpc_ms_per_token" in capsys.readouterr().out


def test_an_error_is_printed_without_a_traceback_and_nothing_is_written(run, capsys):
    def suite(*_, **__):
        raise ProcessError("the API ended with status 1; its last lines:\n  no")

    status, path = run(suite)
    assert status == 1
    assert not path.exists()
    assert capsys.readouterr().err == (
        "benchmarks: the API ended with status 1; its last lines:\n  no\n"
    )


def test_ctrl_c_ends_it_cleanly(run, capsys):
    def suite(*_, **__):
        raise KeyboardInterrupt

    status, path = run(suite)
    assert status == 130
    assert not path.exists()
    assert "interrupted; nothing is written" in capsys.readouterr().err


def test_peers_that_are_not_installed_are_named(monkeypatch):
    monkeypatch.setattr("benchmarks.peers.PACKAGES", ("json", "no_such_package"))
    with pytest.raises(
        MissingPeerError, match=r"not installed: no_such_package; make bench PEERS=1"
    ):
        check_installed()
