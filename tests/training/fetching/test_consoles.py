"""VGMusic's pages for consoles: a game is found by its title."""

from functools import partial

import pytest

from tests.training.fetching.conftest import CLOCK_TOWN, DEKU, MAJORA, OTHER, QUICK, STORMS
from tests.training.fetching.site import FOLDER, Row, broken, midi, page, send
from training.fetching import (
    AmbiguousGameError,
    FetchError,
    NoResponseError,
    PageError,
    UnknownGameError,
    fetch_from_consoles,
)
from training.fetching import __main__ as fetching
from training.fetching.consoles.pages import Listed, console_urls
from training.fetching.consoles.search import find_by_title
from training.fetching.download import Session
from training.fetching.page import Game, read_page

SNES = "/music/console/nintendo/snes/"
GAMEBOY = "/music/console/nintendo/gameboy/"
TRIAL = Row("trial.mid", midi(60, 64, 67), "The Trial")
LISTS = {
    SNES: {"Chrono Trigger": [TRIAL, STORMS], "Tetris": [OTHER]},
    GAMEBOY: {"Tetris": [DEKU], "Legend of Zelda, The: Link's Awakening": [CLOCK_TOWN]},
}


@pytest.fixture
def consoles(site):
    for folder, games in LISTS.items():
        site.answers[folder] = partial(send, body=page(games).encode(), kind="text/html")
        for row in (row for rows in games.values() for row in rows):
            site.answers[folder + row.html().split('href="')[1].split('"')[0]] = partial(
                send, body=row.body
            )
    return site


def fetch(name, tmp_path, site):
    said = []
    fetched = fetch_from_consoles(name, tmp_path, site.page_url, say=said.append, pace=QUICK)
    return fetched, said


def names(folder):
    return {path.name for path in folder.iterdir()}


def test_a_game_is_fetched_by_its_title(consoles, tmp_path):
    fetched, said = fetch("chrono_trigger", tmp_path, consoles)
    assert names(tmp_path / "chrono_trigger") == {"trial.mid", "storms.mid", "SOURCES.md"}
    assert (fetched.new, fetched.failed, fetched.unlisted) == (2, (), ())
    assert f"chrono_trigger: 'Chrono Trigger' on {consoles.origin}{SNES}" in said
    text = (tmp_path / "chrono_trigger" / "SOURCES.md").read_text()
    assert f"2 of the 2 pieces that <{consoles.origin}{SNES}>\nlists for Chrono Trigger." in text


def test_every_page_is_requested_once_and_the_piano_page_is_not(consoles, tmp_path):
    fetch("chrono_trigger", tmp_path, consoles)
    pages = [path for path in consoles.asked if path.endswith("/")]
    assert len(pages) == len(console_urls(consoles.page_url))
    assert set(consoles.asked.values()) == {1}
    assert FOLDER not in pages


def test_existing_pieces_are_not_requested(consoles, tmp_path):
    fetch("chrono_trigger", tmp_path, consoles)
    fetched, _ = fetch("chrono_trigger", tmp_path, consoles)
    assert (fetched.new, len(fetched.pieces)) == (0, 2)
    assert consoles.asked[f"{SNES}trial.mid"] == 1


def test_the_console_chooses_among_games_of_one_title(consoles, tmp_path):
    fetch("tetris_gameboy", tmp_path, consoles)
    assert names(tmp_path / "tetris_gameboy") == {"deku_(Piano).mid", "SOURCES.md"}


@pytest.mark.parametrize(
    ("name", "kind", "message"),
    [
        (
            "tetris",
            AmbiguousGameError,
            r"'tetris' matches several titles: Tetris \(snes\), Tetris \(gameboy\)\. .*_snes$",
        ),
        (
            "crono_triger",
            UnknownGameError,
            r"lists 'crono_triger'; the nearest titles: Chrono Trigger \(snes\)$",
        ),
        ("qqqq", UnknownGameError, "no page for consoles lists 'qqqq'$"),
        ("___", UnknownGameError, "no page for consoles lists '___'$"),
    ],
)
def test_a_name_that_does_not_mean_one_game_is_refused(consoles, tmp_path, name, kind, message):
    with pytest.raises(kind, match=message):
        fetch(name, tmp_path, consoles)
    assert not (tmp_path / name).exists()


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("mega_man_x", "Mega Man X"),
        ("mega_man_x2", "Mega Man X2"),
        ("mega_man_x_snes", "Mega Man X"),
        ("tetris_ds", "Tetris DS"),
        ("links_awakening", "Legend of Zelda, The: Link's Awakening"),
        ("the_legend_of_zelda_links_awakening", "Legend of Zelda, The: Link's Awakening"),
        ("pokemon_red", "Pokémon: Red"),
    ],
)
def test_a_whole_title_is_preferred_and_a_part_of_one_is_enough(name, title):
    titles = ("Mega Man X", "Mega Man X2", "Legend of Zelda, The: Link's Awakening", "Pokémon: Red")
    listed = [Listed(Game(each, (), ()), "http://h/snes/", "snes") for each in titles]
    listed += [Listed(Game(each, (), ()), "http://h/ds/", "ds") for each in ("Tetris", "Tetris DS")]
    assert [each.game.title for each in find_by_title(name, listed)] == [title]


def test_a_long_list_of_matches_is_cut_short():
    listed = [Listed(Game(f"Mario {n}", (), ()), "http://h/", "nes") for n in range(12)]
    with pytest.raises(AmbiguousGameError, match=r"Mario 9 \(nes\) and 2 others\. "):
        find_by_title("mario", listed)


def test_rows_of_one_title_on_one_page_are_one_game():
    listed = [Listed(Game("Tetris", (), ()), "http://h/", "nes") for _ in range(2)]
    assert len(find_by_title("tetris", listed)) == 2


def test_a_page_that_cannot_be_read_is_reported_and_left_out(consoles, tmp_path):
    consoles.answers[GAMEBOY] = partial(send, body=b"<html>moved", kind="text/html")
    fetched, said = fetch("tetris", tmp_path, consoles)
    assert [path.name for path in fetched.pieces] == ["other.mid"]
    gameboy = [line for line in said if GAMEBOY in line]
    assert len(gameboy) == 1
    assert gameboy[0].startswith("not searched: http://127.0.0.1:")
    assert "it has no row of class 'header'" in gameboy[0]


@pytest.mark.parametrize(
    ("answer", "kind", "message"),
    [
        (broken(404), PageError, r"none of the \d+ pages for consoles can be read"),
        (broken(503), NoResponseError, "responds with 503 Service Unavailable"),
        (broken(429), NoResponseError, "responds with 429 Too Many Requests"),
    ],
)
def test_a_site_without_pages_is_one_clear_error(consoles, tmp_path, answer, kind, message):
    consoles.answers = {"/music/console/nintendo/nes/": answer}
    with pytest.raises(kind, match=message):
        fetch("tetris", tmp_path, consoles)


@pytest.mark.parametrize(
    ("page_url", "first"),
    [
        (
            "https://www.vgmusic.com/music/other/miscellaneous/piano/",
            "https://www.vgmusic.com/music/console/nintendo/nes/",
        ),
        (
            "http://h:1/mirror/music/other/miscellaneous/piano/index.html?a#b",
            "http://h:1/mirror/music/console/nintendo/nes/",
        ),
        ("http://music/piano/", "http://music/music/console/nintendo/nes/"),
    ],
)
def test_the_pages_are_found_from_the_sites_root(page_url, first):
    assert console_urls(page_url)[0] == first
    assert len(set(console_urls(page_url))) == len(console_urls(page_url)) > 30


def test_rows_of_class_gameheader_start_games_where_a_page_has_them():
    heads = '<tr class="header"><th>Song<th>Size<th>Sequenced by<th>Comments\n'
    text = page({"Chrono Trigger": [TRIAL], "Tetris": [OTHER]})
    newer = text.replace('<tr class="header">', f'{heads}<tr class="gameheader">')
    games = read_page(newer.encode())
    assert [(game.title, len(game.songs)) for game in games] == [
        ("Chrono Trigger", 1),
        ("Tetris", 1),
    ]


@pytest.mark.parametrize("game", ["", "majoras_mask"])
def test_games_of_the_piano_page_are_not_searched_on_other_pages(
    consoles, tmp_path, monkeypatch, game
):
    consoles.serve({MAJORA: [CLOCK_TOWN]})
    environment(monkeypatch, consoles, tmp_path, game)
    assert fetching.main() == 0
    assert {path for path in consoles.asked if path.endswith("/")} == {FOLDER}


def test_make_data_finds_a_game_by_its_title(consoles, tmp_path, monkeypatch, capsys):
    environment(monkeypatch, consoles, tmp_path, "chrono_trigger")
    assert fetching.main() == 0
    assert "chrono_trigger: 2 pieces from 127.0.0.1:" in capsys.readouterr().out


def test_make_data_reports_an_unknown_title_in_one_line(consoles, tmp_path, monkeypatch, capsys):
    environment(monkeypatch, consoles, tmp_path, "crono_triger")
    assert fetching.main() == 1
    error = capsys.readouterr().err.splitlines()[-1]
    assert error.startswith("fetching: no page for consoles lists 'crono_triger'; the nearest")


def environment(monkeypatch, site, tmp_path, game):
    monkeypatch.setattr(Session, "_pause", lambda _: None)  # 32 pages are many seconds
    monkeypatch.setenv("GAME", game)
    monkeypatch.setenv("DATA_DIR", str(tmp_path))
    monkeypatch.setenv("VGMUSIC_URL", site.page_url)


def test_the_errors_are_those_of_fetching():
    assert issubclass(AmbiguousGameError, FetchError)
