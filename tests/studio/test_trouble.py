"""What goes wrong is said where it was caused, and comes right by itself where it can."""

import json
import re

import pytest
from playwright.sync_api import expect

from tests.api.loopback import description, write_models_config
from tests.studio.conftest import compose

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


def test_a_model_server_that_is_gone_shows_as_such_and_comes_back_by_itself(page, loopback):
    compose(page)
    port = loopback.port
    loopback.stop()
    expect(page.locator("#trouble")).to_contain_text("The model server does not answer")
    expect(page.locator("#service")).to_have_text("Not connected")
    expect(page.locator("#compose")).to_be_disabled()
    expect(page.locator(".card")).to_contain_text("Zélda")
    loopback.start(port)
    expect(page.locator("#trouble")).to_be_empty()
    expect(page.locator("#service")).to_have_text("Ready")
    compose(page)


def test_a_model_server_that_fails_midway_is_told_beside_the_button(page, loopback):
    loopback.after_draw = lambda draws: loopback.versions.update(
        zelda={1 if draws < 2 else 2: "AVAILABLE"}
    )
    expect(page.locator("#compose")).to_be_enabled()
    page.click("#compose")
    expect(page.locator("#games-error")).not_to_be_empty()
    assert "Traceback" not in page.inner_text("body")
    expect(page.locator("#compose")).to_have_text("Compose")


@pytest.mark.parametrize(
    ("control", "value", "said"),
    [
        ("length", "0", "This has to be a whole number from 1 to 4000."),
        ("length", "", "This has to be a whole number from 1 to 4000."),
        ("tempo", "999", "This has to be a number from 20 to 400."),
        ("seed", "-1", "This has to be a whole number from 0 to 9007199254740991."),
        ("max_quote", "2", "This has to be a whole number from 4 to 4000."),
    ],
)
def test_what_does_not_fit_is_said_beside_it(page, control, value, said):
    expect(page.locator("#compose")).to_be_enabled()
    page.fill(f"#{control}", value)
    page.click("#compose")
    expect(page.locator(f"#{control}-error")).to_have_text(said)
    expect(page.locator(f"#{control}")).to_be_focused()
    expect(page.locator(f"#{control}")).to_have_attribute("aria-invalid", "true")


def test_what_the_service_refuses_is_said_beside_what_caused_it(studio, watch):
    watch.allowed = "422"
    page = studio("/#game=zelda&seed=7&notes=20&temperature=9&top_p=0.9")
    expect(page.locator("#temperature-error")).to_have_text(
        "temperature must be a number from 0 to 2."
    )


def test_an_unknown_game_of_a_link_is_said_beside_the_games(studio, watch):
    watch.allowed = "404"
    page = studio("/#game=metroid&seed=7&notes=20")
    expect(page.locator("#games-error")).to_contain_text("There is no game 'metroid'.")


def test_a_file_that_is_not_chosen_is_asked_for(page):
    expect(page.locator("#compose")).to_be_enabled()
    page.check("#start-file")
    page.click("#compose")
    expect(page.locator("#file-error")).to_have_text("Choose a MIDI file, or drop one here.")


def refused(status, detail, **headers):
    """Answer as a service that guards itself does."""

    def handle(route):
        if route.request.headers.get("authorization") == "Bearer open sesame":
            return route.continue_()
        return route.fulfill(
            status=status,
            headers={"Content-Type": "application/problem+json", **headers},
            body=json.dumps({"type": "about:blank", "status": status, "detail": detail}),
        )

    return handle


def test_a_service_that_asks_for_a_key_is_given_one(page, watch):
    watch.allowed = "401"
    page.route("**/generate", refused(401, "This service asks for a key."))
    expect(page.locator("#compose")).to_be_enabled()
    expect(page.locator("#key")).to_be_hidden()
    page.click("#compose")
    expect(page.locator("#key-error")).to_have_text("This service asks for a key.")
    page.fill("#key", "open sesame")
    page.keyboard.press("Enter")
    expect(page.locator("#keep")).to_be_visible()
    with page.expect_download():
        page.click("[data-format=midi]")


@pytest.mark.parametrize("status", [429, 503])
def test_a_busy_service_says_when_to_try_again(page, watch, status):
    watch.allowed = str(status)
    page.route("**/generate", refused(status, "Too many songs at once.", **{"Retry-After": "7"}))
    expect(page.locator("#compose")).to_be_enabled()
    page.click("#compose")
    expect(page.locator("#compose-error")).to_have_text(
        re.compile(r"Too many songs at once\. Try again in 7 s\.")
    )
