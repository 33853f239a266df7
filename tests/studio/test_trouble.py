"""Errors appear beside their cause, and disappear with it."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from api.config import Config
from music.reading import read_midi
from tests.api.loopback import description, write_models_config
from tests.api.processes import running_api
from tests.studio.conftest import columns, compose, composed_by_the_service, kept, rows

pytestmark = pytest.mark.slow


def test_without_a_game_it_says_which_command_to_run_and_shows_it_when_it_is_there(
    studio, models_config
):
    models_config.unlink()
    page = studio()
    expect(page.locator("#no-games")).to_contain_text("make train GAME=bach")
    expect(page.locator("#compose")).to_be_disabled()
    write_models_config(models_config, "zelda")
    expect(page.locator(".card")).to_have_count(1)
    expect(page.locator("#no-games")).to_be_hidden()
    expect(page.locator("#compose")).to_be_enabled()


def test_a_game_that_is_loading_says_so(studio, loopback, models_config):
    write_models_config(models_config, "metroid", "zelda")
    loopback.versions["metroid"] = {1: "LOADING"}
    page = studio()
    card = page.locator(".card", has_text="metroid")
    expect(card).to_contain_text("loading …")
    card.click()
    expect(page.locator("#compose")).to_be_disabled()
    loopback.descriptions["metroid"] = description(game="metroid", title="Metroid").to_json()
    loopback.versions["metroid"] = {1: "AVAILABLE"}
    expect(page.locator(".card", has_text="Metroid")).to_contain_text("version 1")
    expect(page.get_by_role("radio", name="Metroid")).to_be_checked()
    expect(page.locator("#compose")).to_be_enabled()


def test_a_missing_model_server_is_shown_until_it_is_back(page, loopback):
    compose(page)
    port = loopback.port
    loopback.stop()
    expect(page.locator("#trouble")).to_contain_text("The model server does not respond")
    expect(page.locator("#service")).to_have_text("Not connected")
    expect(page.locator("#compose")).to_be_disabled()
    expect(page.locator(".card")).to_contain_text("Zélda")
    loopback.start(port)
    expect(page.locator("#trouble")).to_be_empty()
    expect(page.locator("#service")).to_have_text("Ready")
    compose(page)


def break_off(page, loopback):
    """Compose a piece whose model is unloaded after its second chunk."""
    loopback.after_draw = lambda draws: loopback.versions.update(
        zelda={1 if draws < 2 else 2: "AVAILABLE"}
    )
    expect(page.locator("#compose")).to_be_enabled()
    page.click("#compose")
    expect(page.locator("#games-error")).not_to_be_empty()


def test_a_model_server_that_fails_midway_is_reported_beside_the_button(page, loopback):
    break_off(page, loopback)
    assert "Traceback" not in page.inner_text("body")
    expect(page.locator("#compose")).to_have_text("Compose")


def test_the_notes_of_a_piece_that_broke_off_are_kept(page, loopback, address):
    break_off(page, loopback)
    expect(page.locator("#notice")).to_have_text(
        "Composing was interrupted. The notes so far are kept."
    )
    (piece,) = kept(page)
    notes = piece["recipe"]["notes"]
    assert 60 < notes <= 80  # of the first two chunks
    expect(page.locator("#keep-it")).to_be_hidden()
    with page.expect_download() as coming:
        page.click("[data-format=midi]")
    midi = Path(coming.value.path()).read_bytes()
    assert columns(read_midi(midi, "song").notes) == rows(piece)
    assert f"; notes={notes};".encode() in midi
    loopback.after_draw = None
    loopback.versions["zelda"] = {1: "AVAILABLE"}
    query = f"game=zelda&notes={notes}&seed={piece['recipe']['seed']}"
    assert rows(piece) == composed_by_the_service(address, query)
    with page.expect_download():
        page.click("[data-format=musicxml]")
    page.reload()
    page.get_by_role("button", name="Open Song 1").click()
    page.click("#play")
    expect(page.locator("#play")).to_have_attribute("data-state", "playing")
    page.click("#continue")
    assert compose(page)["recipe"]["primer"] == "file"


@pytest.mark.parametrize(
    ("control", "value", "said"),
    [
        ("length", "0", "This must be an integer from 1 to 4000."),
        ("length", "", "This must be an integer from 1 to 4000."),
        ("tempo", "999", "This must be a number from 20 to 400."),
        ("seed", "-1", "This must be an integer from 0 to 9007199254740991."),
        ("max_quote", "2", "This must be an integer from 4 to 4000."),
    ],
)
def test_an_invalid_value_is_reported_beside_its_field(page, control, value, said):
    expect(page.locator("#compose")).to_be_enabled()
    page.fill(f"#{control}", value)
    page.click("#compose")
    expect(page.locator(f"#{control}-error")).to_have_text(said)
    expect(page.locator(f"#{control}")).to_be_focused()
    expect(page.locator(f"#{control}")).to_have_attribute("aria-invalid", "true")


def test_a_refusal_is_reported_beside_its_cause(studio, watch):
    watch.allowed = "422"
    page = studio("/#game=zelda&seed=7&notes=20&temperature=9&top_p=0.9")
    expect(page.locator("#temperature-error")).to_have_text(
        "temperature must be a number from 0 to 2."
    )


def test_a_refusal_keeps_the_current_piece(page, watch):
    watch.allowed = "422"
    piece = compose(page)
    page.evaluate("location.hash = 'game=zelda&seed=7&notes=20&temperature=9'")
    expect(page.locator("#temperature-error")).not_to_be_empty()
    expect(page.locator("#piece-heading")).to_have_text(piece["name"])
    expect(page.locator("#keep")).to_be_visible()


def test_an_unknown_game_in_a_link_is_reported_beside_the_games(studio, watch):
    watch.allowed = "404"
    page = studio("/#game=metroid&seed=7&notes=20")
    expect(page.locator("#games-error")).to_contain_text("There is no game 'metroid'.")


def test_a_missing_file_is_requested(page):
    expect(page.locator("#compose")).to_be_enabled()
    page.check("#start-file")
    page.click("#compose")
    expect(page.locator("#file-error")).to_have_text(
        "Choose a MIDI or JSON file, or drop one here."
    )


KEY = "open-sesame-open-sesame"


@pytest.fixture
def guarded(model_server, models_config, tmp_path):
    """The address of a service that asks for a key, and is soon asked too often."""
    config = Config(models_config=models_config)
    limit = "12/hour"  # a song costs 1, its score 10
    settings = {"API_KEYS": KEY, "API_WORKERS": "1", "RATE_LIMIT": limit}
    with running_api(model_server, config, tmp_path, **settings) as (port, _):
        yield f"http://127.0.0.1:{port}"


@pytest.fixture
def guarded_page(guarded, browser, loopback):  # noqa: ARG001  loopback is to be as new
    context = browser.new_context()
    page = context.new_page()
    page.goto(guarded)
    yield page
    context.close()


def test_a_service_with_a_key_gets_it_and_reports_its_rate_limit(
    guarded_page,
):
    page = guarded_page
    expect(page.locator("#compose")).to_be_enabled()
    expect(page.locator("#api-key")).to_be_hidden()
    page.click("#compose")
    expect(page.locator("#api-key-error")).to_contain_text("An API key is required")
    page.fill("#api-key", "not this one, größer")
    page.keyboard.press("Enter")
    expect(page.locator("#api-key-error")).to_contain_text("The API key is not accepted")
    page.fill("#api-key", KEY)
    page.keyboard.press("Enter")
    expect(page.locator("#keep")).to_be_visible()
    with page.expect_download():
        page.click("[data-format=musicxml]")
    compose(page, 5)
    page.click("[data-format=musicxml]")
    said = re.compile(r"The rate limit of 12/hour .* Try again in \d+ s\.")
    expect(page.locator("#keep-error")).to_have_text(said)
    page.click("#compose")
    expect(page.locator("#compose-error")).to_have_text(said)
