"""Accessibility: keyboard, screen reader, phone, light and dark."""

import pytest
from playwright.sync_api import expect

from tests.studio.conftest import compose, kept, player
from tests.studio.support import AXE, LOOKS

pytestmark = pytest.mark.slow


def press_until(page, selector, key="Tab"):
    for _ in range(60):
        if page.evaluate(f"document.activeElement.matches('{selector}')"):
            return
        page.keyboard.press(key)
    raise AssertionError(f"{selector} cannot be reached")


def test_everything_works_with_the_keyboard_only(page):
    expect(page.locator("#compose")).to_be_enabled()
    press_until(page, "#length")
    page.keyboard.type("120")
    press_until(page, "#compose")
    page.keyboard.press("Enter")
    expect(page.locator("#keep")).to_be_visible()
    press_until(page, "#roll")
    page.keyboard.press("Space")
    expect(page.locator("#play")).to_have_attribute("data-state", "paused")
    page.keyboard.press("Home")
    for key in ("PageUp", "ArrowRight", "ArrowRight"):
        page.keyboard.press(key)
    position_s = page.evaluate(player("player.position_s"))
    assert position_s * kept(page)[0]["tempo"] / 60 == pytest.approx(6)  # beats
    assert page.get_attribute("#roll", "aria-valuenow") == str(round(position_s))
    width = page.evaluate("document.getElementById('roll-spacer').offsetWidth")
    page.keyboard.press("+")
    assert page.evaluate("document.getElementById('roll-spacer').offsetWidth") > width
    press_until(page, "#loop")
    page.keyboard.press("Enter")
    expect(page.locator("#loop")).to_have_attribute("aria-pressed", "true")
    press_until(page, "[data-format=midi]")
    with page.expect_download():
        page.keyboard.press("Enter")
    press_until(page, "#score summary")
    page.keyboard.press("Enter")
    expect(page.locator("#sheets img").first).to_be_visible()
    press_until(page, "#continue", "Shift+Tab")
    page.keyboard.press("Enter")
    expect(page.locator("#compose")).to_be_focused()
    press_until(page, "#take-back", "Shift+Tab")
    page.keyboard.press("Enter")
    expect(page.locator("#continued")).to_be_hidden()
    press_until(page, ".piece .quiet")
    page.keyboard.press("Enter")
    expect(page.locator("#undo")).to_be_focused()
    page.keyboard.press("Enter")
    press_until(page, ".piece-name")
    page.keyboard.press("Control+a")
    page.keyboard.type("By hand")
    page.keyboard.press("Tab")
    assert kept(page)[0]["name"] == "By hand"


@pytest.mark.parametrize("look", LOOKS)
def test_axe_finds_nothing_serious(studio, look):
    if not AXE.exists():
        pytest.skip("axe-core is not there; `npm ci` in tests/studio brings it")
    page = studio(**LOOKS[look])
    compose(page)
    page.evaluate("for (const panel of document.querySelectorAll('details')) panel.open = true")
    expect(page.locator("#sheets img").first).to_be_visible()
    page.click("#score-larger")
    compose(page)
    page.get_by_role("button", name="Remove Song 1").click()
    page.check("#start-file")
    page.click("#continue")
    page.evaluate(AXE.read_text())
    found = page.evaluate("axe.run()")["violations"]
    serious = [each for each in found if each["impact"] in {"serious", "critical"}]
    assert [(each["id"], each["nodes"][0]["html"]) for each in serious] == []


@pytest.mark.parametrize("look", ["phone", "dark phone"])
def test_nothing_sticks_out_on_a_phone(studio, look):
    page = studio(**LOOKS[look])
    compose(page, 300)
    page.evaluate("for (const panel of document.querySelectorAll('details')) panel.open = true")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def pinch(page, apart):
    """Move two fingers on the middle of the window from 100 pixels apart to more or less."""
    devtools = page.context.new_cdp_session(page)

    def touch(kind, distances=()):
        points = [{"x": 195 + side * d / 2, "y": 400} for d in distances for side in (-1, 1)]
        devtools.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    touch("touchStart", [100])
    for distance in (100 + (apart - 100) / 2, apart):
        touch("touchMove", [distance])
    touch("touchEnd")


def test_the_score_is_zoomed_by_two_fingers_on_a_phone(studio):
    page = studio(**LOOKS["phone"])
    compose(page, 300)
    page.tap("#score summary")
    expect(page.locator("#sheets img").first).to_be_visible()
    page.evaluate("document.getElementById('sheets').scrollIntoView()")
    width = "document.getElementById('sheets').getBoundingClientRect().width"
    whole = page.evaluate(width)
    pinch(page, 300)
    assert page.evaluate(width) == pytest.approx(3 * whole, rel=0.02)
    assert page.evaluate("visualViewport.scale") == 1  # the page around it is as it was
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    pinch(page, 20)
    assert page.evaluate(width) == whole
    page.tap("#score-larger")
    assert page.evaluate(width) > whole


def test_a_phone_starts_with_the_essentials(studio):
    page = studio(**LOOKS["phone"])
    expect(page.locator("#compose")).to_be_enabled()
    assert page.get_attribute("#shape", "open") is None
    assert page.locator("#compose").bounding_box()["y"] < 844


def test_by_day_and_by_night_it_looks_different(studio):
    grounds = {
        studio(color_scheme=scheme).evaluate(
            "getComputedStyle(document.body.parentNode).backgroundColor"
        )
        for scheme in ("light", "dark")
    }
    assert len(grounds) == 2
