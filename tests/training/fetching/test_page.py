"""Parses the page, valid or not, with its texts and links."""

import pytest

from tests.training.fetching.conftest import CLOCK_TOWN, GAMES, MAJORA, STORMS
from tests.training.fetching.site import Row, midi, page
from training.fetching import page as page_module
from training.fetching.errors import PageError
from training.fetching.links import folder_of, is_inside, piece_name, piece_url
from training.fetching.page import read_page
from training.fetching.titles import same_title


def test_untidy_cells_are_read_as_a_browser_reads_them():
    games = read_page(page(GAMES).encode())
    assert [(game.title, len(game.songs)) for game in games] == [
        ("Castle", 1),
        (MAJORA, 2),
        ("The Legend of Zelda: Ocarina of Time", 1),
    ]
    song = games[1].songs[0]
    assert (song.title, song.size_bytes) == (CLOCK_TOWN.title, len(CLOCK_TOWN.body))
    assert (song.href, song.sequenced_by) == ("Clock%20Town.mid", CLOCK_TOWN.sequenced_by)
    assert not any(game.failed for game in games)


def test_texts_cannot_steer_a_terminal():
    (game,) = read_page(page({"Ga\u202eme": [STORMS]}).encode(), "utf-8")
    assert game.title == "Game"
    assert game.songs[0].title == "Song of Storms | [31m`Windmill`"


@pytest.mark.parametrize(("charset", "encoding"), [(None, "cp1252"), ("utf-8", "utf-8")])
def test_the_character_set_is_the_servers_or_the_webs_oldest(charset, encoding):
    html = page({"Pokémon\u2019s": [STORMS]}).encode(encoding)
    assert read_page(html, charset)[0].title == "Pokémon\u2019s"


def test_a_page_within_a_layout_is_read_and_rows_in_rows_once():
    html = f"<table><tr class=header><td>Layout{page(GAMES)}</table>"
    assert read_page(html.encode())[0].title == "Castle"


@pytest.mark.parametrize(
    "html",
    [
        b"<table><a x=%d>",
        b"<table><tr class=header><td>",
        b"<i><table>",
        b"<svg><math><tr><select><template>\x00&#x%d;</p><!--",
    ],
)
def test_tangled_html_ends_in_an_error_before_it_takes_all_time(html, monkeypatch):
    monkeypatch.setattr(page_module, "_PARSING_S", 0.05)
    tangled = b"".join(html.replace(b"%d", b"%d" % n) for n in range(200_000))[: 2 << 20]
    with pytest.raises(PageError, match="its HTML takes more than"):
        read_page(tangled)


@pytest.mark.parametrize(
    "title",
    [
        "The Legend of Zelda: Majora's Mask",
        "the legend of zelda - majora\u2019s mask",
        "Legend of Zelda, The: Majoras Mask",
        "LEGEND OF ZELDA: MAJORA`S MASK",
        "  The  Legend of Zélda_Majora's   Mask!",
    ],
)
def test_a_title_is_the_same_however_it_is_written(title):
    assert same_title(title, MAJORA)


@pytest.mark.parametrize("title", ["The Legend of Zelda", "Majora's Mask 2", "", "The"])
def test_another_title_is_another_game(title):
    assert not same_title(title, MAJORA)


HERE = "https://h.example/music/piano/"


@pytest.mark.parametrize(
    ("url", "inside"),
    [
        (HERE, True),
        (HERE + "a/b.mid", True),
        ("https://H.example:443/music/piano/x", True),
        ("http://h.example/music/piano/x", False),
        ("https://h.example:8443/music/piano/x", False),
        ("https://me@h.example/music/piano/x", False),
        ("https://h.example.evil/music/piano/x", False),
        ("https://h.example/music/pianos", False),
        (HERE + "../x", False),
        (HERE + "%2e%2e/x", False),
        (HERE + "..%5cx", False),
        ("https://h.example:port/", False),
        ("ftp://h.example/music/piano/x", False),
    ],
)
def test_a_url_is_inside_a_folder_or_not(url, inside):
    assert is_inside(url, HERE) is inside


def test_a_redirect_to_https_is_followed():
    assert is_inside(HERE, HERE.replace("https", "http"))
    assert folder_of(HERE + "index.html?a#b") == HERE


@pytest.mark.parametrize(
    ("href", "url", "name"),
    [
        ("x.mid", "x.mid", "x.mid"),
        (" ./a b.MID#top", "a%20b.MID", "a b.mid"),
        ("FF3_Battle_%28Piano%29.mid", "FF3_Battle_%28Piano%29.mid", "FF3_Battle_(Piano).mid"),
        ("Pok\u00e9mon.midi", "Pok%C3%A9mon.midi", "Pok\u00e9mon.midi"),
        ("..x.mid", "..x.mid", "x.mid"),
        ("-rf.mid", "-rf.mid", "rf.mid"),
        ("a%00%0a%7c%60b.mid", "a%00%0a%7c%60b.mid", "a____b.mid"),
        ("....mid", "....mid", "piece.mid"),
        ("CON%3Anul.mid", "CON%3Anul.mid", "CON_nul.mid"),
    ],
)
def test_a_link_becomes_a_url_and_a_harmless_name(href, url, name):
    assert piece_url(href, HERE) == HERE + url
    assert piece_name(HERE + url) == name


def test_a_name_is_never_too_long_for_a_file_system():
    name = piece_name(HERE + "\u00e9" * 300 + ".mid")
    assert len(name.encode()) <= 128


def test_a_row_without_a_title_goes_by_its_link():
    html = page({"Game": [Row("x.mid", midi(1), title="\u200b")]}).encode()
    assert read_page(html, "utf-8")[0].songs[0].title == "x.mid"
