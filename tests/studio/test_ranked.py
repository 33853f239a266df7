"""Eight songs of one request: to listen to, to keep and to throw away."""

import re

import pytest
from playwright.sync_api import expect

from api.config import Config
from tests.api.bands import play_a_band
from tests.api.processes import running_api
from tests.studio.conftest import compose, kept, player, rows, until
from tests.studio.support import AXE, LOOKS

pytestmark = pytest.mark.slow

SEEDS = range(7, 15)


def ranked_player(expression):
    """Say something of the player of the songs to choose from."""
    return f"import('/studio/main.js').then(({{rankedPlayer}}) => {expression})"


IS_PLAYING = ranked_player("rankedPlayer.isPlaying")


def compose_eight(page, notes=40):
    """Compose eight songs by fixed seeds, and wait until they are shown."""
    expect(page.locator("#compose-eight")).to_be_enabled()
    if not page.evaluate("document.getElementById('shape').open"):
        page.click("#shape summary")
    page.fill("#length", str(notes))
    page.fill("#seed", str(SEEDS[0]))
    page.click("#compose-eight")
    expect(page.locator(".ranked-song")).to_have_count(8)


def play_button(page, rank):
    return page.get_by_role("button", name=re.compile(f"^Play number {rank} of 8"))


def seed_of(page, rank):
    facts = page.locator(".ranked-song", has=play_button(page, rank)).locator(".ranked-facts")
    return int(facts.inner_text().removeprefix("seed "))


def ranks(page):
    return [int(text) for text in page.locator(".ranked-rank").all_inner_texts()]


def keep(page, rank):
    page.get_by_role("button", name=f"Keep: number {rank}").click()


def throw_away(page, rank):
    page.get_by_role("button", name=f"Throw away: number {rank}").click()


def test_eight_songs_are_shown_by_rank_each_with_its_own_seed(page):
    compose_eight(page)
    assert ranks(page) == list(range(1, 9))
    assert sorted(seed_of(page, rank) for rank in range(1, 9)) == list(SEEDS)
    expect(page.locator("#ranked-songs canvas")).to_have_count(8)
    drawn = """[...document.querySelectorAll('#ranked-songs canvas')].map((canvas) => {
        const pen = canvas.getContext('2d');
        return pen.getImageData(0, 0, canvas.width, canvas.height).data.some(Boolean);
    })"""
    assert page.evaluate(drawn) == [True] * 8
    assert kept(page) == []


def test_a_song_that_is_kept_equals_the_piece_of_its_seed_and_can_be_downloaded(page):
    compose_eight(page)
    seed = seed_of(page, 3)
    keep(page, 3)
    assert ranks(page) == [1, 2, 4, 5, 6, 7, 8]
    expect(page.locator("#ranked-kept")).to_have_text("Number 3 is kept as Song 1.")
    expect(play_button(page, 4)).to_be_focused()
    (piece,) = kept(page)
    assert piece["name"] == "Song 1"
    assert piece["recipe"]["seed"] == piece["origin"]["seed"] == seed
    page.fill("#seed", str(seed))
    alone = compose(page, 40)
    unlike = {"id", "name"}
    assert {k: v for k, v in piece.items() if k not in unlike} == {
        k: v for k, v in alone.items() if k not in unlike
    }
    page.get_by_role("button", name="Open Song 1").click()
    expect(page.locator("#piece-facts")).to_contain_text(f"seed {seed}")
    with page.expect_download() as download:
        page.click("[data-format=wav]")
    assert download.value.suggested_filename == "Song 1.wav"


def test_songs_are_played_by_keys_alone_one_at_a_time(page):
    compose_eight(page, 200)
    page.mouse.move(0, 0)
    play_button(page, 1).focus()
    assert page.evaluate(IS_PLAYING) is False
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Space")
    expect(play_button(page, 2)).to_have_attribute("aria-pressed", "true")
    assert page.evaluate(IS_PLAYING) is True
    page.keyboard.press("ArrowRight")
    expect(play_button(page, 2)).to_have_attribute("aria-pressed", "false")
    assert page.evaluate(IS_PLAYING) is False
    page.keyboard.press("Enter")
    expect(play_button(page, 3)).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("Enter")
    expect(play_button(page, 3)).to_have_attribute("aria-pressed", "false")
    for key, rank in (("Home", 1), ("ArrowLeft", 1), ("End", 8), ("ArrowUp", 4), ("ArrowDown", 8)):
        page.keyboard.press(key)
        expect(play_button(page, rank)).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Keep: number 8")).to_be_focused()


def test_pointing_at_a_song_plays_it_until_the_pointer_leaves(page):
    compose_eight(page, 200)
    play_button(page, 5).hover()
    expect(play_button(page, 5)).to_have_attribute("aria-pressed", "true")
    play_button(page, 6).hover()
    expect(play_button(page, 6)).to_have_attribute("aria-pressed", "true")
    expect(play_button(page, 5)).to_have_attribute("aria-pressed", "false")
    page.mouse.move(0, 0)
    expect(play_button(page, 6)).to_have_attribute("aria-pressed", "false")
    assert page.evaluate(IS_PLAYING) is False


def test_a_band_is_asked_for_once_and_only_where_the_pointer_stays(studio, loopback):
    play_a_band(loopback).versions["zelda"] = {2: "AVAILABLE"}
    page = studio()
    compose_eight(page)
    asked = []
    page.on("request", lambda one: asked.append(one) if "/generate" in one.url else None)
    for rank in (1, 2, 3):
        play_button(page, rank).hover()
    until(page, IS_PLAYING)
    assert len(asked) == 1
    for rank in (4, 3):
        play_button(page, rank).hover()
    expect(play_button(page, 3)).to_have_attribute("aria-pressed", "true")
    until(page, ranked_player("rankedPlayer.position_s > 0"))
    assert len(asked) == 1


def test_a_song_and_the_open_piece_do_not_play_at_once(page):
    compose(page, 200)
    compose_eight(page, 200)
    page.click("#play")
    until(page, player("player.isPlaying"))
    play_button(page, 1).hover()
    until(page, IS_PLAYING)
    assert page.evaluate(player("player.isPlaying")) is False


def test_songs_are_as_loud_as_the_open_piece_and_loops_repeat(page):
    page.click("#loops")
    page.fill("#volume", "0.3")
    compose_eight(page, 100)
    play_button(page, 1).hover()
    until(page, IS_PLAYING)
    assert page.evaluate(ranked_player("[rankedPlayer.volume, rankedPlayer.isLooping]")) == [
        0.3,
        True,
    ]


def test_a_song_that_is_thrown_away_comes_back_to_its_place(page):
    compose_eight(page)
    throw_away(page, 2)
    assert ranks(page) == [1, 3, 4, 5, 6, 7, 8]
    expect(page.locator("#ranked-thrown")).to_have_text("Number 2 is thrown away.")
    expect(play_button(page, 3)).to_be_focused()
    page.click("#ranked-undo")
    assert ranks(page) == list(range(1, 9))
    expect(play_button(page, 2)).to_be_focused()
    expect(page.locator("#ranked-undo")).to_be_hidden()
    assert kept(page) == []


def test_closing_throws_the_rest_away_and_can_be_undone(page):
    compose_eight(page)
    keep(page, 1)
    throw_away(page, 8)
    page.click("#ranked-close")
    expect(page.locator("#ranked-songs")).to_be_hidden()
    expect(page.locator("#ranked-thrown")).to_have_text("6 songs are thrown away.")
    expect(page.locator("#ranked-undo")).to_be_focused()
    page.keyboard.press("Enter")
    assert ranks(page) == [2, 3, 4, 5, 6, 7]
    page.click("#ranked-undo")
    assert ranks(page) == [2, 3, 4, 5, 6, 7, 8]
    assert [piece["name"] for piece in kept(page)] == ["Song 1"]


def test_after_the_last_song_is_kept_the_songs_are_closed(page):
    compose_eight(page)
    for rank in range(1, 9):
        keep(page, rank)
    expect(page.locator("#ranked")).to_be_hidden()
    expect(page.locator("#compose-eight")).to_be_focused()
    assert sorted(piece["recipe"]["seed"] for piece in kept(page)) == list(SEEDS)
    assert len({str(rows(piece)) for piece in kept(page)}) == 8


def test_composing_several_songs_can_be_stopped(page, loopback):
    expect(page.locator("#compose-eight")).to_be_enabled()
    loopback.slow_s = 0.3
    page.click("#compose-eight")
    expect(page.locator("#compose")).to_have_text("Stop")
    expect(page.locator("#compose")).to_be_focused()
    expect(page.locator("#compose-eight")).to_be_disabled()
    page.keyboard.press("Enter")
    expect(page.locator("#compose-eight")).to_be_enabled()
    expect(page.locator("#status")).to_have_text("Stopped.")
    expect(page.locator("#ranked")).to_be_hidden()
    loopback.slow_s = 0
    compose_eight(page)


def test_a_rate_limit_says_what_the_songs_cost(
    browser, model_server, models_config, tmp_path, watch
):
    watch.allowed = "429"
    config = Config(models_config=models_config)
    with running_api(model_server, config, tmp_path, API_WORKERS="1", RATE_LIMIT="10/hour") as (
        port,
        _,
    ):
        page = browser.new_page()
        page.on("console", watch._said)
        page.goto(f"http://127.0.0.1:{port}")
        compose_eight(page)
        page.click("#compose-eight")
        expect(page.locator("#compose-error")).to_contain_text("costs 8 units")
        expect(page.locator("#compose-error")).to_contain_text("Try again in")
        page.close()


@pytest.mark.parametrize("look", LOOKS)
def test_the_songs_are_accessible_and_fit_a_phone(studio, look):
    page = studio(**LOOKS[look])
    compose_eight(page)
    if "phone" in look:
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        page.get_by_role("button", name="Throw away: number 1").tap()
        play_button(page, 2).tap()
        expect(play_button(page, 2)).to_have_attribute("aria-pressed", "true")
        play_button(page, 2).tap()
        expect(play_button(page, 2)).to_have_attribute("aria-pressed", "false")
    if not AXE.exists():
        pytest.skip("axe-core is not there; `npm ci` in tests/studio brings it")
    page.evaluate(AXE.read_text())
    found = page.evaluate("axe.run()")["violations"]
    serious = [each for each in found if each["impact"] in {"serious", "critical"}]
    assert [(each["id"], each["nodes"][0]["html"]) for each in serious] == []
