"""`make serve` prints the address of its page when songs can be composed."""

import threading

import pytest

from scripts import announce
from tests.api.serving import serving


@pytest.fixture
def address(app, loopback, monkeypatch):
    monkeypatch.setattr(announce, "PAUSE_S", 0.02)
    with serving(app) as address:
        port = address.rpartition(":")[2]
        monkeypatch.setenv("API_PORT", port)
        monkeypatch.setenv("MODEL_SERVER_PORT", str(loopback.port))
        yield f"http://localhost:{port}"


def test_the_page_is_named_once_a_game_is_ready(address, loopback, capsys):
    loopback.versions["zelda"] = {1: "LOADING"}
    asked = threading.Semaphore(0)
    loopback.on_status = asked.release
    announcing = threading.Thread(target=announce.main, daemon=True)
    announcing.start()
    for _ in range(2):
        assert asked.acquire(timeout=30)
    assert capsys.readouterr().out == ""
    loopback.versions["zelda"] = {1: "AVAILABLE"}
    announcing.join(30)
    assert capsys.readouterr().out == f"Leitmotif is ready: open {address}\n"


def test_without_a_game_it_says_how_to_get_one(address, config, capsys):
    config.models_config.unlink()
    announce.main()
    assert capsys.readouterr().out == (
        f"Leitmotif has no game yet; run make train GAME=bach, and open {address}\n"
    )
