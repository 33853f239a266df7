"""What a song is to be, and songs of which another is the theme."""

from dataclasses import replace

import pytest
from playwright.sync_api import expect

from music.midi import to_midi
from music.notes import Notes
from music.piece import TimeSignature, constant_tempo
from tests.api.loopback import OPENINGS, description
from tests.studio.bars import compose_bars, in_bars
from tests.studio.conftest import DROP, compose, kept, rows, wait_for

pytestmark = pytest.mark.slow

MAJOR, MINOR = OPENINGS
WALTZ = (TimeSignature(0, 3, 4),)
WISHES = ("mood", "key", "mode", "meter", "density", "register")


def let_pieces_begin(loopback, version, *openings):
    """Let a version of the model, another one in each test, have some openings."""
    loopback.descriptions["zelda"] = description(openings=openings).to_json()
    loopback.versions["zelda"] = {version: "AVAILABLE"}


def choices(page, name):
    """List what can be chosen, besides any."""
    enabled = page.locator(f"#{name} option:enabled:not([value=''])").all()
    return [option.get_attribute("value") for option in enabled]


def values(page):
    return [page.input_value(f"#{name}") for name in WISHES]


def test_a_game_offers_the_meters_and_modes_in_which_its_pieces_begin(studio, loopback):
    let_pieces_begin(loopback, 2, replace(MINOR, time_signatures=WALTZ))
    page = studio()
    page.click("#character summary")
    expect(page.locator("#meter option")).to_have_text(["any", "3/4"])
    assert choices(page, "mode") == ["minor"]
    assert choices(page, "mood") == ["calm", "dark", "lively", "sad", "tense"]
    assert {key[-1] for key in choices(page, "key")} == {"m"}


def test_wishes_are_sent_kept_and_taken_back(page, studio, address):
    page.click("#character summary")
    page.select_option("#mood", "dark")
    expect(page.locator("#density")).to_have_attribute("placeholder", "40, as dark says")
    page.select_option("#mood", "")
    page.select_option("#key", "F#m")
    expect(page.locator("#mode")).to_be_disabled()
    page.select_option("#meter", "4/4")
    expect(page.locator("#character-set")).to_have_text("F♯ minor, 4/4")
    piece = compose(page)
    assert piece["origin"]["key"] == piece["recipe"]["key"] == "F#m"
    assert piece["origin"]["meter"] == "4/4"
    page.click("#any-character")
    expect(page.locator("#character-set")).to_have_text("any")
    assert "key" not in compose(page)["recipe"]
    page.click("#character summary")
    page.get_by_role("button", name="Open Song 2").click()
    assert not page.evaluate("document.getElementById('character').open")
    page.get_by_role("button", name="Open Song 1").click()
    assert page.evaluate("document.getElementById('character').open")
    assert values(page) == ["", "F#m", "", "4/4", "", ""]
    other = studio(page.evaluate("location.href").removeprefix(address))
    expect(other.locator("#keep")).to_be_visible()
    assert rows(kept(other)[0]) == rows(piece)
    assert values(other) == ["", "F#m", "", "4/4", "", ""]
    assert other.evaluate("document.getElementById('character').open")


def test_a_song_that_continues_other_music_has_no_character(page):
    page.click("#character summary")
    page.select_option("#mode", "minor")
    page.check("#start-none")
    expect(page.locator("#mode")).to_be_disabled()
    expect(page.locator("#wishes-hint")).to_be_visible()
    assert "mode" not in compose(page)["recipe"]
    page.check("#start-corpus")
    expect(page.locator("#mode")).to_have_value("minor")
    expect(page.locator("#mode")).to_be_enabled()


def test_what_a_game_cannot_follow_is_said_at_its_control(studio, loopback, watch):
    watch.allowed = "422"
    let_pieces_begin(loopback, 3, MAJOR, replace(MINOR, time_signatures=WALTZ))
    page = studio()
    page.click("#character summary")
    page.select_option("#meter", "3/4")
    page.select_option("#mode", "major")
    page.click("#character summary")
    page.click("#compose")
    expect(page.locator("#mode-error")).to_contain_text("minor: all of the game's pieces in 3/4")
    expect(page.locator("#mode")).to_be_focused()
    page.select_option("#mode", "")
    page.fill("#density", "101")
    page.click("#compose")
    expect(page.locator("#density-error")).to_have_text("This must be an integer from 0 to 100.")
    page.fill("#density", "100")
    page.click("#compose")
    expect(page.locator("#density-error")).to_contain_text("no pieces to compare with")


def test_a_piece_is_the_theme_of_its_variation(page, studio, address):
    theme = compose_bars(page, 4)
    page.fill("#form", "ABA")
    page.click("#vary")
    wait_for(page, lambda: len(kept(page)) == 2)
    variation = kept(page)[0]
    for first in (1, 9):  # section A, and its return
        section = [(onset - 48 * (first - 1), *note) for onset, *note in rows(variation)]
        returned = [note for note in section if 0 <= note[0] < 4 * 48]
        assert {(onset, pitch) for onset, _, pitch in returned} == {
            (onset, pitch) for onset, _, pitch in in_bars(theme, 1, 2, 3, 4)
        }
    assert [each["name"] for each in variation["sections"]] == ["A", "B", "A"]
    expect(page.locator("#piece-facts")).to_contain_text("varies Song 1")
    other = studio(page.evaluate("location.href").removeprefix(address))
    expect(other.locator("#keep")).to_be_visible()
    assert rows(kept(other)[0]) == rows(variation)


def test_what_cannot_be_a_theme_is_said_beside_the_button(page, watch):
    watch.allowed = "422"
    compose_bars(page, 80)
    page.fill("#form", "")
    page.click("#vary")
    expect(page.locator("#vary-error")).to_contain_text("a theme of up to 64 bars")


def test_a_midi_file_is_varied(page):
    theme = Notes.of(range(0, 96, 12), [12] * 8, range(60, 68))
    midi = to_midi(
        theme,
        tempos=constant_tempo(90.0),
        time_signatures=(TimeSignature(0, 4, 4),),
        name="",
        text="",
    )
    page.evaluate(DROP, list(midi))
    page.check("#varies")
    expect(page.locator("#length")).to_be_disabled()
    expect(page.locator("#include_primer")).to_be_disabled()
    expect(page.locator("#continued-words")).to_have_text("Every piece varies mine.")
    page.click("#compose")
    wait_for(page, lambda: len(kept(page)) == 1)
    (piece,) = kept(page)
    assert [pitch for _, _, pitch in in_bars(piece, 1, 2)] == list(range(60, 68))
    assert [each["name"] for each in piece["sections"]] == ["A", "A", "B", "A"]
    assert "notes" not in piece["recipe"]
    expect(page.locator("#piece-facts")).to_contain_text("varies mine.mid")
    page.uncheck("#varies")
    expect(page.locator("#length")).to_be_enabled()
