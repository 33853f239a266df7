"""`python -m training.fetching`, and the games that it fetches."""

import pytest

from tests.training.fetching.conftest import MAJORA
from tests.training.fetching.site import broken
from training import __main__ as training
from training.fetching import Source, UnknownGameError, find_sources
from training.fetching.__main__ import main


@pytest.fixture(autouse=True)
def environment(site, tmp_path, monkeypatch):
    for name, value in (
        ("GAME", "majoras_mask"),
        ("DATA_DIR", str(tmp_path)),
        ("VGMUSIC_URL", site.page_url),
    ):
        monkeypatch.setenv(name, value)
    return monkeypatch


@pytest.mark.usefixtures("one_file_site")
def test_everything_fetched_is_a_success(tmp_path, capsys):
    assert main() == 0
    assert (tmp_path / "majoras_mask" / "Clock Town.mid").is_file()
    assert "majoras_mask: 1 piece from " in capsys.readouterr().out


def test_a_piece_that_failed_is_a_failure(one_file_site, capsys):
    one_file_site.break_off("Clock%20Town.mid", broken(404))
    assert main() == 1
    assert "not fetched: 'Clock Town & Co.': 127.0.0.1" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("VGMUSIC_URL", "http://127.0.0.1:9/", "no response from 127.0.0.1:9: Connection refused"),
        ("GAME", "bach", "nothing can be fetched for 'bach'; there are pieces for "),
        ("GAME", "../x", "GAME is '../x'"),
    ],
)
def test_a_failure_is_one_line(environment, capsys, name, value, message):
    environment.setenv(name, value)
    assert main() == 1
    printed = capsys.readouterr()
    assert printed.err.startswith(f"fetching: {message}")
    assert printed.err.count("\n") == 1
    assert printed.out == ""


def test_an_interruption_says_how_to_resume(environment, capsys):
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    environment.setattr("training.fetching.__main__.fetch", interrupt)
    assert main() == 130
    assert "run the same command to resume" in capsys.readouterr().err


def test_the_sources_are_the_collections_that_have_a_title_of_their_own():
    assert find_sources("majoras_mask") == (Source("majoras_mask", MAJORA),)
    games = [source.game for source in find_sources("zelda")]
    assert games == ["ocarina_of_time", "majoras_mask", "wind_waker", "twilight_princess"]
    assert set(games) <= {source.game for source in find_sources()}
    assert "zelda" not in {source.game for source in find_sources()}


@pytest.mark.parametrize("game", ["bach", "no_such_game"])
def test_a_game_without_a_source_is_refused(game):
    with pytest.raises(UnknownGameError, match=f"'{game}'; there are pieces for majoras_mask"):
        find_sources(game)


@pytest.mark.usefixtures("one_file_site")
def test_training_fetches_from_the_mirror_that_vgmusic_url_names(environment, tmp_path, capsys):
    trained = []
    environment.setattr(training, "_train_all", lambda games, *_: trained.extend(games) or 0)
    assert training.main() == 0
    assert (tmp_path / "majoras_mask" / "Clock Town.mid").is_file()
    assert "from 127.0.0.1" in capsys.readouterr().out
    assert trained == ["majoras_mask"]
