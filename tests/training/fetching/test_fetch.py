"""Fetches from a site: every file once and checked; an error does not stop the others."""

from dataclasses import replace
from functools import partial

import pytest

from tests.training.fetching.conftest import (
    CLOCK_TOWN,
    DEKU,
    GAMES,
    MAJORA,
    OCARINA,
    QUICK,
    SOURCES,
    STORMS,
)
from tests.training.fetching.site import (
    FOLDER,
    Row,
    broken,
    midi,
    redirected,
    send,
    truncated,
    without_length,
)
from training.corpus.collections import find_games
from training.errors import WritingError
from training.fetching import (
    Failed,
    NoResponseError,
    PageError,
    Source,
    fetch,
    fetch_missing,
)


def fetched(site, data_dir, sources=SOURCES, **options):
    said = []
    options = {"pace": QUICK, "say": said.append} | options
    return fetch(sources, data_dir, site.page_url, **options), said


def files(data_dir) -> set[str]:
    return {str(p.relative_to(data_dir)) for p in data_dir.rglob("*") if p.is_file()}


def test_the_pieces_of_the_named_games_are_fetched_and_no_others(site, tmp_path):
    games, said = fetched(site, tmp_path)
    assert files(tmp_path) == {
        "majoras_mask/Clock Town.mid",
        "majoras_mask/deku_(Piano).mid",
        "majoras_mask/SOURCES.md",
        "ocarina_of_time/storms.mid",
        "ocarina_of_time/SOURCES.md",
    }
    assert (tmp_path / "majoras_mask" / "Clock Town.mid").read_bytes() == CLOCK_TOWN.body
    assert [(g.game, len(g.pieces), g.new, g.failed, g.unlisted) for g in games] == [
        ("majoras_mask", 2, 2, (), ()),
        ("ocarina_of_time", 1, 1, (), ()),
    ]
    host = site.origin.removeprefix("http://")
    assert said == [
        f"majoras_mask: 2 pieces from {host}, 2 of them new; SOURCES.md lists the authors",
        f"ocarina_of_time: 1 piece from {host}, 1 of them new; SOURCES.md lists the authors",
    ]
    assert find_games(tmp_path)[:2] == ("ocarina_of_time", "majoras_mask")


def test_requests_have_a_user_agent(site, tmp_path):
    fetched(site, tmp_path)
    (agent,) = site.agents
    assert agent.startswith("Leitmotif/")


def test_progress_is_shown(site, tmp_path, capsys):
    fetched(site, tmp_path)
    assert "majoras_mask: fetching: 100%" in capsys.readouterr().err


def test_existing_pieces_are_not_requested(site, tmp_path):
    fetched(site, tmp_path)
    before = site.asked.copy()
    games, _ = fetched(site, tmp_path)
    assert site.asked - before == {FOLDER: 1}
    assert [(len(game.pieces), game.new) for game in games] == [(2, 0), (1, 0)]


def test_existing_pieces_under_other_names_are_not_requested(site, tmp_path):
    own = tmp_path / "majoras_mask" / "disc 2" / "town.midi"
    own.parent.mkdir(parents=True)
    own.write_bytes(CLOCK_TOWN.body)
    games, _ = fetched(site, tmp_path)
    assert site.files_asked == ["deku_%28Piano%29.MID", "storms.mid"]
    assert games[0].pieces[0] == own
    assert "`disc 2/town.midi`" in (tmp_path / "majoras_mask" / "SOURCES.md").read_text()


def test_a_piece_that_was_damaged_here_is_fetched_again(site, tmp_path):
    fetched(site, tmp_path)
    damaged = tmp_path / "majoras_mask" / "Clock Town.mid"
    damaged.write_bytes(b"MThd")
    fetched(site, tmp_path)
    assert damaged.read_bytes() == CLOCK_TOWN.body
    assert len(site.files_asked) == 4


def test_somebody_elses_file_of_the_same_name_stays(site, tmp_path):
    own = tmp_path / "majoras_mask" / "clock town.mid"
    own.parent.mkdir()
    own.write_bytes(midi(1))
    games, _ = fetched(site, tmp_path)
    assert own.read_bytes() == midi(1)
    assert games[0].pieces[0].read_bytes() == CLOCK_TOWN.body


def test_it_resumes_after_an_interruption(site, tmp_path, monkeypatch):
    with monkeypatch.context() as patched:
        patched.setattr("training.fetching.pieces.write_whole", interrupted_after(1))
        with pytest.raises(KeyboardInterrupt):
            fetched(site, tmp_path)
    assert files(tmp_path) == {"majoras_mask/Clock Town.mid", "majoras_mask/SOURCES.md"}
    assert "1 of the 2 pieces" in (tmp_path / "majoras_mask" / "SOURCES.md").read_text()
    fetched(site, tmp_path)
    assert len(files(tmp_path)) == 5
    assert site.files_asked.count("Clock%20Town.mid") == 1


def interrupted_after(pieces: int):
    from training.writing import write_whole  # noqa: PLC0415  the one that is replaced

    written = []

    def write(path, body) -> None:
        if len(written) == pieces:
            raise KeyboardInterrupt
        write_whole(path, body)
        written.append(path)

    return write


def other_host(site) -> str:
    return site.page_url.replace("127.0.0.1", "localhost") + "storms.mid"


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (lambda _: broken(404), r"127.0.0.1:\d+ responds with 404 Not Found"),
        (lambda _: broken(500), r"127.0.0.1:\d+ responds with 500 Internal Server Error"),
        (lambda _: broken(429), r"127.0.0.1:\d+ responds with 429 Too Many Requests"),
        (lambda _: broken(299), "it has 5 bytes; the page says 42"),
        (lambda _: partial(send, body=DEKU.body[:-1]), "it has 41 bytes; the page says 42"),
        (lambda _: partial(send, body=DEKU.body + b"x"), "it has 43 bytes; the limit is 42"),
        (lambda _: without_length(DEKU.body + b"x"), "it has more than 42 bytes, the limit"),
        (lambda _: without_length(DEKU.body[:-1]), "it has 41 bytes; the page says 42"),
        (lambda _: partial(send, body=DEKU.body), "its MD5 is .*; the page says "),
        (lambda _: truncated(CLOCK_TOWN.body), "it ended after 21 of 42 bytes"),
        (lambda s: redirected(other_host(s)), "it is redirected to 'http://localhost.*, out of"),
        (lambda _: redirected("/etc/x.mid"), "it is redirected to '.*/etc/x.mid', out of"),
        (
            lambda _: redirected("file:///etc/passwd"),
            "it is redirected to 'file:|responds with 302",
        ),
        (lambda _: redirected("Clock%20Town.mid"), "responds with 302"),
        (lambda _: lambda handler: handler.wfile.write(b"hi\r\n"), "sends invalid HTTP"),
        (lambda _: lambda _: None, "no response from 127.0.0.1"),
    ],
)
def test_one_bad_file_is_named_with_the_reason_and_the_others_are_fetched(
    site, tmp_path, fault, reason
):
    site.break_off("Clock%20Town.mid", fault(site))
    games, said = fetched(site, tmp_path)
    assert [failure.title for failure in games[0].failed] == ["Clock Town & Co."]
    assert [len(game.pieces) for game in games] == [1, 1]
    assert "majoras_mask/Clock Town.mid" not in files(tmp_path)
    assert len(files(tmp_path)) == 4
    with pytest.raises(AssertionError, match=reason):
        raise AssertionError(games[0].failed[0].reason)
    assert f"majoras_mask: not fetched: 'Clock Town & Co.': {games[0].failed[0].reason}" in said


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (replace(DEKU, href="../secret.mid"), "its link '../secret.mid' leads out of http"),
        (replace(DEKU, href="%2e%2e/%2E%2E/x.mid"), "leads out of"),
        (replace(DEKU, href="..%2Fx.mid"), "leads out of"),
        (replace(DEKU, href="..\\x.mid"), "leads out of"),
        (replace(DEKU, href="http://localhost/x.mid"), "leads out of"),
        (replace(DEKU, href="//localhost/x.mid"), "leads out of"),
        (replace(DEKU, href="file:///etc/x.mid"), "leads out of"),
        (replace(DEKU, href="http://[x.mid"), "is not valid"),
        (replace(DEKU, href="deku.mid?id=1"), "leads out of"),
        (replace(DEKU, href="SOURCES.md"), "does not end in .kar or .mid or .midi"),
        (replace(DEKU, size="2000000 bytes"), "2000000 bytes; 1 to 1048576 are accepted"),
        (replace(DEKU, size="0 bytes"), "0 bytes; 1 to 1048576 are accepted"),
        (replace(DEKU, size="large"), "its size is 'large'; it should be like '12345 bytes'"),
        (replace(DEKU, md5="abc"), "its last cell does not link to /file/<MD5>.html"),
        (replace(DEKU, size="3 bytes<td>"), "its row has 5 cells; it should have 4"),
    ],
)
def test_a_row_with_an_invalid_link_is_reported_and_not_requested(site, tmp_path, row, reason):
    site.serve({MAJORA: [CLOCK_TOWN, row]})
    games, _ = fetched(site, tmp_path, SOURCES[:1])
    (failure,) = games[0].failed
    assert reason in failure.reason
    assert site.files_asked == ["Clock%20Town.mid"]
    assert files(tmp_path) == {"majoras_mask/Clock Town.mid", "majoras_mask/SOURCES.md"}


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (broken(404), "127.0.0.1:.* responds with 404 Not Found"),
        (partial(send, body=b"<p>Moved</p>"), "no row of class 'header'"),
        (partial(send, body=b""), "no row of class 'header'"),
        (partial(send, body=midi(*range(100))), "no row of class 'header'"),
        (partial(send, body=bytes(range(256)) * 99), "no row of class 'header'"),
        (
            partial(send, body=b"<table><tr class=header><td>G<tr><td><a href=x.mid>x</a></table>"),
            "none of its 1 rows can be read as a song; 'x': its row has 1 cells",
        ),
        (partial(send, body=b" " * (4 << 20) + b"x"), "it has 4194305 bytes; the limit is 4194304"),
        (truncated(b"<table>" * 9), "it ended after 31 of 63 bytes"),
        (redirected("https://localhost/"), "it is redirected to 'https://localhost/', out of"),
        (redirected(FOLDER), "responds with 302"),
    ],
)
def test_a_changed_page_is_one_clear_error_and_nothing_is_written(site, tmp_path, answer, message):
    site.break_off("", answer)
    with pytest.raises(PageError, match=f"does not have the expected list of pieces: .*{message}"):
        fetched(site, tmp_path)
    assert files(tmp_path) == set()
    assert site.files_asked == []


def test_a_page_that_moved_within_its_folder_is_followed(site, tmp_path):
    site.answers[FOLDER + "index.html"] = site.answers[FOLDER]
    site.break_off("", redirected("index.html"))
    assert [len(game.pieces) for game in fetched(site, tmp_path)[0]] == [2, 1]


@pytest.mark.parametrize(
    ("fault", "pace", "message"),
    [
        (
            "dawdle",
            replace(QUICK, response_s=0.1),
            "no response from 127.0.0.1:.*(within 0.1 s|timed out)",
        ),
        ("trickle", replace(QUICK, body_s=0.1), "did not end within 0.1 s|not end in time"),
    ],
)
def test_a_server_that_takes_too_long_is_not_waited_for(site, tmp_path, fault, pace, message):
    site.break_off("", getattr(site, fault))
    with pytest.raises(NoResponseError, match=message):
        fetched(site, tmp_path, pace=pace)
    assert files(tmp_path) == set()


@pytest.mark.parametrize(
    "page_url", ["http://127.0.0.1:9/", "http://name.invalid/", "https://127.0.0.1:9/x/"]
)
def test_without_a_network_there_is_no_response(tmp_path, monkeypatch, page_url):
    monkeypatch.setenv("no_proxy", "*")
    with pytest.raises(NoResponseError, match=r"^no response from [\w.:]+[: ][^\n]+$"):
        fetch(SOURCES, tmp_path, page_url, pace=QUICK)


@pytest.mark.parametrize("page_url", ["file:///etc/passwd", "ftp://x/", "/etc/passwd"])
def test_only_http_is_spoken(tmp_path, page_url):
    with pytest.raises(PageError, match="must begin with http:// or https://"):
        fetch(SOURCES, tmp_path, page_url, pace=QUICK)


def test_a_server_that_went_down_gets_no_further_requests(site, tmp_path):
    rows = [Row(f"{n}.mid", midi(n)) for n in range(6)]
    site.serve({MAJORA: rows})
    for row in rows[1:]:
        site.break_off(row.name, broken(503))
    games, said = fetched(site, tmp_path, SOURCES[:1])
    assert len(site.files_asked) == 4
    assert games[0].failed[-1] == Failed(
        "5.mid", "not requested: the last 3 requests had no response"
    )
    assert len(said) == 6


def test_a_long_list_of_failures_is_cut_short(site, tmp_path):
    site.serve({MAJORA: [replace(DEKU, href=f"../{n}.mid", md5=f"{n:032}") for n in range(13)]})
    games, said = fetched(site, tmp_path, SOURCES[:1])
    assert len(games[0].failed) == 13
    assert len(said) == 11
    assert said[-1] == "majoras_mask: not fetched: 3 others"
    assert files(tmp_path) == set()


def test_a_page_with_more_than_500_pieces_of_a_game_is_refused(site, tmp_path):
    site.serve({MAJORA: [replace(DEKU, md5=f"{n:032}") for n in range(501)]})
    with pytest.raises(PageError, match="the page lists 501 pieces of majoras_mask; at most 500"):
        fetched(site, tmp_path)


def test_a_game_that_is_not_on_the_page_is_reported(site, tmp_path):
    games, said = fetched(site, tmp_path, [Source("wind_waker", "The Wind Waker"), *SOURCES])
    assert games[0].unlisted == ("The Wind Waker",)
    assert said[0].endswith(" does not list 'The Wind Waker'")
    assert [len(game.pieces) for game in games] == [0, 2, 1]


def test_several_titles_make_one_game(site, tmp_path):
    games, _ = fetched(site, tmp_path, [Source("zelda64", MAJORA), Source("zelda64", OCARINA)])
    assert [(game.game, len(game.pieces)) for game in games] == [("zelda64", 3)]


def test_a_piece_that_is_listed_twice_is_fetched_once(site, tmp_path):
    site.serve({MAJORA: [DEKU, replace(DEKU, title="Again")]})
    assert len(fetched(site, tmp_path, SOURCES[:1])[0][0].pieces) == 1
    assert len(site.files_asked) == 1


def test_names_that_differ_too_little_are_kept_apart(site, tmp_path):
    rows = [Row("a/x.mid", midi(1)), Row("b/X.mid", midi(2)), Row("c/.x.mid", midi(3))]
    site.serve({MAJORA: rows})
    games, _ = fetched(site, tmp_path, SOURCES[:1])
    assert {path.read_bytes() for path in games[0].pieces} == {row.body for row in rows}
    assert all(path.parent == tmp_path / "majoras_mask" for path in games[0].pieces)
    assert len({path.name.casefold() for path in games[0].pieces}) == 3


def test_a_folder_that_cannot_be_written_is_one_clear_error(site, tmp_path):
    (tmp_path / "majoras_mask").touch()
    with pytest.raises(WritingError, match=r"cannot write .*Clock Town\.mid: "):
        fetched(site, tmp_path)


def test_between_requests_there_is_a_pause(site, tmp_path, monkeypatch):
    pauses = []
    monkeypatch.setattr("training.fetching.download.time.sleep", pauses.append)
    fetched(site, tmp_path, pace=replace(QUICK, between_s=100.0))
    assert len(pauses) == 3
    assert all(0 < pause <= 100 for pause in pauses)


def test_no_sources_need_no_network(tmp_path):
    assert fetch((), tmp_path, "http://127.0.0.1:9/") == ()


def missing(site, data_dir):
    said = []
    got = fetch_missing(SOURCES, data_dir, site.page_url, say=said.append, pace=QUICK)
    return [game.game for game in got], said


def test_missing_pieces_are_fetched_once(site, tmp_path):
    assert missing(site, tmp_path)[0] == ["majoras_mask", "ocarina_of_time"]
    asked = site.asked.copy()
    assert missing(site, tmp_path) == ([], [])
    assert site.asked == asked


def test_a_folder_that_a_user_filled_is_not_changed(site, tmp_path):
    (tmp_path / "majoras_mask").mkdir()
    (tmp_path / "majoras_mask" / "tune.abc").touch()
    assert missing(site, tmp_path)[0] == ["ocarina_of_time"]


@pytest.mark.parametrize("damage", [lambda path: path.unlink(), lambda path: path.write_bytes(b"")])
def test_the_rest_of_a_game_is_fetched(site, tmp_path, damage):
    missing(site, tmp_path)
    damage(tmp_path / "majoras_mask" / "Clock Town.mid")
    assert missing(site, tmp_path)[0] == ["majoras_mask"]
    assert (tmp_path / "majoras_mask" / "Clock Town.mid").read_bytes() == CLOCK_TOWN.body


def test_a_piece_that_failed_is_missing(site, tmp_path):
    site.break_off("storms.mid", broken(404))
    site.break_off("Clock%20Town.mid", broken(404))
    missing(site, tmp_path)
    site.serve(GAMES)
    assert missing(site, tmp_path)[0] == ["majoras_mask", "ocarina_of_time"]
    assert (tmp_path / "ocarina_of_time" / "storms.mid").read_bytes() == STORMS.body


def test_training_continues_without_pieces_that_cannot_be_fetched(site, tmp_path):
    site.break_off("", broken(500))
    games, said = missing(site, tmp_path)
    host = site.origin.removeprefix("http://")
    assert games == []
    assert said == [
        (
            f"fetching the pieces of majoras_mask, ocarina_of_time from {host} "
            "(FETCH=0 turns this off)"
        ),
        f"continuing without fetching: {host} responds with 500 Internal Server Error",
    ]
