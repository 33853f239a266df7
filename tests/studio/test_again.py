"""Recomposing some bars of a piece: marks on the roll, and a field that lists them."""

import pytest
from playwright.sync_api import expect

from music.midi import to_midi
from music.notes import Notes
from music.piece import TimeSignature, constant_tempo
from tests.studio.bars import compose_bars, in_bars
from tests.studio.conftest import DROP, compose, kept, player, rows, until, wait_for
from tests.studio.support import LOOKS

pytestmark = pytest.mark.slow

BAR_PX = 4 * 28  # at the first zoom
NUMBERS_Y = 10


def compose_again(page):
    """Compose the marked bars again; gives the new piece as the browser keeps it."""
    before = kept(page)[0]["id"]
    page.click("#again button")
    wait_for(page, lambda: kept(page)[0]["id"] != before)
    expect(page.locator("#again")).to_be_visible()
    page.click("#play")
    return kept(page)[0]


def click_bar(page, number):
    page.locator("#roll").click(position={"x": (number - 0.5) * BAR_PX, "y": NUMBERS_Y})


def test_marked_bars_are_new_and_the_others_stay(page):
    first = compose_bars(page)
    page.fill("#again-bars", "3-4")
    second = compose_again(page)
    assert in_bars(second, 1, 2, 5, 6, 7, 8) == in_bars(first, 1, 2, 5, 6, 7, 8)
    assert in_bars(second, 3, 4) != in_bars(first, 3, 4)
    assert [piece["name"] for piece in kept(page)] == ["Song 2", "Song 1"]
    assert second["recipe"]["keep"] == "1-2,5-8"
    assert second["recipe"]["revised"]["name"] == "Song 1"
    expect(page.locator("#piece-heading")).to_have_text("Song 2")
    expect(page.locator("#piece-facts")).to_contain_text("keeps bars 1-2,5-8 of Song 1")
    expect(page.locator("#continued")).to_be_hidden()


def test_new_bars_stay_marked_so_that_one_tries_again_and_the_piece_before_is_in_the_list(page):
    first = compose_bars(page)
    page.fill("#again-bars", "7, 8")
    second = compose_again(page)
    expect(page.locator("#again-bars")).to_have_value("7-8")
    third = compose_again(page)
    assert in_bars(third, 1, 2, 3, 4, 5, 6) == in_bars(first, 1, 2, 3, 4, 5, 6)
    assert in_bars(third, 7, 8) != in_bars(second, 7, 8)
    page.get_by_role("button", name="Open Song 1").click()
    expect(page.locator("#again-bars")).to_have_value("")
    page.get_by_role("button", name="Open Song 2").click()
    expect(page.locator("#again-bars")).to_have_value("7-8")
    expect(page.locator("#start-corpus")).to_be_enabled()  # the next piece is a new one
    page.get_by_role("button", name="Remove Song 2").click()
    expect(page.locator(".piece")).to_have_count(2)
    page.click("#undo")
    assert kept(page)[1]["recipe"] == second["recipe"]


def test_a_click_on_a_bars_number_marks_it_and_a_drag_marks_several(page):
    compose_bars(page)
    field = page.locator("#again-bars")
    click_bar(page, 2)
    expect(field).to_have_value("2")
    assert page.evaluate(player("player.position_s")) == 0
    roll = page.locator("#roll").bounding_box()
    page.mouse.move(roll["x"] + 3.5 * BAR_PX, roll["y"] + NUMBERS_Y)
    page.mouse.down()
    for bar in (5, 6, 5):
        page.mouse.move(roll["x"] + (bar - 0.5) * BAR_PX, roll["y"] + NUMBERS_Y)
    page.mouse.up()
    expect(field).to_have_value("2,4-5")
    click_bar(page, 2)
    expect(field).to_have_value("4-5")


def test_a_tap_marks_a_bar_on_a_phone(studio):
    page = studio(**LOOKS["phone"])
    page.tap("#shape summary")
    compose_bars(page)
    page.locator("#roll").tap(position={"x": 1.5 * BAR_PX, "y": NUMBERS_Y})
    expect(page.locator("#again-bars")).to_have_value("2")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_bars_are_marked_by_the_keyboard_alone(page):
    first = compose_bars(page)
    page.focus("#roll")
    for key in ("Home", "m", "PageUp", "PageUp", "M", "PageUp", "m", "m"):
        page.keyboard.press(key)
    expect(page.locator("#again-bars")).to_have_value("1,3")
    page.keyboard.press("Escape")
    expect(page.locator("#again-bars")).to_have_value("")
    page.focus("#again-bars")
    page.keyboard.type("2-3")
    page.keyboard.press("Enter")
    wait_for(page, lambda: len(kept(page)) == 2)
    assert in_bars(kept(page)[0], 1, 4, 5, 6, 7, 8) == in_bars(first, 1, 4, 5, 6, 7, 8)


@pytest.mark.parametrize(
    ("bars", "message"),
    [
        ("", "No bar of this piece is marked."),
        ("all", "No bar of this piece is marked."),
        ("9", "No bar of this piece is marked."),
        ("1-8", "These are all bars. Leave some as they are, or press Compose for a new piece."),
    ],
)
def test_marks_that_do_not_fit_are_refused_beside_them(page, bars, message):
    compose_bars(page)
    page.fill("#again-bars", bars)
    page.click("#again button")
    expect(page.locator("#again-bars-error")).to_have_text(message)
    expect(page.locator("#again-bars")).to_be_focused()
    page.fill("#again-bars", "2")
    expect(page.locator("#again-bars-error")).to_be_empty()


def test_what_the_service_refuses_is_said_beside_the_marks(page, watch):
    watch.allowed = "422"
    waltz_later = (TimeSignature(0, 4, 4), TimeSignature(96, 3, 4))
    tune = Notes.of(range(0, 192, 12), [12] * 16, [60] * 16)
    midi = to_midi(tune, tempos=constant_tempo(90.0), time_signatures=waltz_later, name="", text="")
    page.evaluate(DROP, list(midi))
    page.check("#include_primer")
    compose(page, 20)
    page.fill("#again-bars", "2")
    page.click("#again button")
    expect(page.locator("#again-bars-error")).to_have_text(
        "keep must be bars of a song in one meter."
    )


def test_a_piece_that_begins_within_a_bar_keeps_its_bars(page):
    midi = to_midi(
        Notes.of(range(36, 240, 12), [12] * 17, range(60, 77)),
        tempos=constant_tempo(90.0),
        time_signatures=(TimeSignature(0, 4, 4),),
        name="",
        text="",
    )
    page.evaluate(DROP, list(midi))
    page.check("#include_primer")
    first = compose(page, 60)
    assert first["signatures"][0]["start"] == -36
    page.fill("#again-bars", "2")
    second = compose_again(page)
    assert second["signatures"] == first["signatures"]
    assert in_bars(second, 1, 3, 4, start=-36) == in_bars(first, 1, 3, 4, start=-36)
    assert in_bars(second, 2, start=-36) != in_bars(first, 2, start=-36)


def test_a_loop_stays_a_loop(page):
    page.check("#loops")
    page.fill("#intro_bars", "1")
    first = compose_bars(page, 4, "A")
    page.fill("#again-bars", "5")
    second = compose_again(page)
    assert second["loop"] == first["loop"] == {"start": 48, "end": 240}
    assert second["recipe"]["intro_bars"] == 1
    assert in_bars(second, 1, 2, 3, 4) == in_bars(first, 1, 2, 3, 4)


def test_a_link_brings_back_what_was_composed_again(page, studio, address):
    compose_bars(page)
    page.fill("#again-bars", "1-2")
    second = compose_again(page)
    other = studio(page.evaluate("location.href").removeprefix(address))
    expect(other.locator("#again-bars")).to_have_value("1-2")
    assert rows(kept(other)[0]) == rows(second)
    assert kept(other)[0]["recipe"] == second["recipe"]


def test_an_ending_and_a_loop_exclude_each_other(page):
    page.select_option("#ending", "true")
    page.check("#loops")
    expect(page.locator("#ending")).to_be_disabled()
    expect(page.locator("#ending")).to_have_value("")
    page.uncheck("#loops")
    expect(page.locator("#ending")).to_be_enabled()


@pytest.mark.parametrize(("ending", "closes"), [("true", True), ("false", False)])
def test_an_ending_is_asked_for(page, loopback, ending, closes):
    piece = compose_bars(page, 4, "A", ending)
    assert piece["recipe"]["ending"] is closes
    calls = [call for call in loopback.calls if call.model_spec.signature_name == "decode"]
    most_rows = max(call.inputs["token"].tensor_shape.dim[0].size for call in calls)
    assert (most_rows == 16) is closes  # candidates for the last bar
    page.reload()
    page.get_by_role("button", name="Open Song 1").click()
    expect(page.locator("#ending")).to_have_value(ending)


def test_a_planned_piece_that_was_stopped_says_why_the_service_cannot_write_it(page, loopback):
    loopback.slow_s = 0.3
    page.select_option("#unit", "bars")
    page.fill("#form", "ABCDEFGH")
    page.fill("#length", "64")
    page.click("#compose")
    until(page, "document.getElementById('progress').value > 0")
    page.click("#compose")
    page.click("#keep-it")
    loopback.slow_s = 0
    page.reload()
    page.get_by_role("button", name="Open Song 1").click()
    page.click("[data-format=musicxml]")
    expect(page.locator("#keep-error")).to_contain_text("stopped before its end")
    with page.expect_download():
        page.click("[data-format=midi]")
