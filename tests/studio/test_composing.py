"""Composing: what is asked for, and what is seen while it is drawn."""

import re

import numpy as np
import pytest
from playwright.sync_api import expect

from music.description import LearnedPiece
from music.reading import read_midi
from tests.studio.conftest import compose, kept, player, rows, teach, told_by_the_service

pytestmark = pytest.mark.slow


def notes_shown(page):
    found = re.match(r"([\d,]+) note", page.inner_text("#piece-facts"))
    return int(found[1].replace(",", "")) if found else 0


def test_the_games_are_cards_with_what_they_learned_from(page):
    card = page.locator(".card")
    expect(card).to_have_count(1)
    expect(card).to_contain_text("Zélda: Majora's Mask")
    expect(card).to_contain_text("9 pieces · 4,321 notes · version 1")
    expect(page.get_by_role("radio", name="Zélda")).to_be_checked()
    expect(page.locator("#service")).to_have_text("Ready")


def test_notes_arrive_before_the_end(page, loopback):
    loopback.slow_s = 0.25
    expect(page.locator("#compose")).to_be_enabled()
    page.fill("#length", "400")
    page.click("#compose")
    expect(page.locator("#piece-facts")).to_contain_text("notes")
    early = notes_shown(page)
    assert page.inner_text("#compose") == "Stop"
    assert 0 < early < 400
    assert 0 < page.evaluate("document.getElementById('progress').value") < 1
    expect(page.locator("#keep")).to_be_visible()
    expect(page.locator("#compose")).to_have_text("Compose")
    assert notes_shown(page) > early
    expect(page.locator("#status")).to_contain_text("Finished: ")


def test_it_shows_the_song_that_the_service_composes(page, address):
    piece = compose(page, 300)
    query = f"game=zelda&notes=300&seed={piece['recipe']['seed']}"
    assert rows(piece) == told_by_the_service(address, query)
    text = page.inner_text("#roll-text")
    assert text.startswith(f"{len(rows(piece))} notes in ")


def test_stopping_ends_the_work_and_leaves_what_there_is(page, loopback):
    loopback.slow_s = 0.2
    expect(page.locator("#compose")).to_be_enabled()
    page.fill("#length", "4000")
    page.click("#compose")
    expect(page.locator("#piece-facts")).to_contain_text("notes")
    page.click("#compose")
    expect(page.locator("#compose")).to_have_text("Compose")
    assert 0 < notes_shown(page) < 1000
    page.wait_for_timeout(1000)  # what was begun is done
    drawn = len(loopback.calls)
    page.wait_for_timeout(1000)
    assert len(loopback.calls) == drawn
    expect(page.locator("#keep")).to_be_hidden()
    expect(page.locator(".error:not(:empty)")).to_have_count(0)
    assert kept(page) == []


def sent(loopback, name):
    draw = [call for call in loopback.calls if call.model_spec.signature_name == "decode"][-1]
    return float(np.frombuffer(draw.inputs[name].tensor_content, "<f4")[0])


def test_what_shapes_the_music_is_asked_for(page, loopback):
    page.locator("#temperature").press("Home")
    page.locator("#top_p").press("Home")
    page.fill("#tempo", "88")
    page.fill("#seed", "4711")
    page.fill("#max_quote", "9")
    page.check("#start-none")
    page.select_option("#unit", "seconds")
    piece = compose(page, 9)
    assert piece["recipe"] == {
        "game": "zelda",
        "seconds": 9,
        "temperature": 0,
        "top_p": 0.05,
        "tempo": 88,
        "seed": 4711,
        "max_quote": 9,
        "primer": "none",
    }
    assert piece["tempo"] == 88
    assert sent(loopback, "temperature") == 0
    assert sent(loopback, "top_p") == pytest.approx(0.05)


def test_a_seed_is_new_for_every_piece_unless_it_is_kept(page):
    seeds = [compose(page)["recipe"]["seed"] for _ in range(2)]
    assert len(set(seeds)) == 2
    page.check("#keep-seed")
    again = compose(page)
    assert again["recipe"]["seed"] == seeds[-1]
    assert rows(again) == rows(kept(page)[1])
    page.click("#roll-seed")
    assert compose(page)["recipe"]["seed"] not in seeds


def test_quotes_are_marked_with_the_piece_that_they_are_of(page, loopback):
    piece = compose(page, 200)
    notes = np.array(rows(piece))[20:60]
    learned = read_rows(notes)
    teach(loopback, (LearnedPiece("Clock Town", learned),))
    page.fill("#max_quote", "4000")
    page.check("#keep-seed")
    expect(page.locator(".card")).to_contain_text("version 2")
    compose(page, 200)
    quote = page.locator("#quotes button").first
    expect(quote).to_contain_text("Clock Town")
    expect(page.locator("#roll-tip")).to_be_hidden()
    quote.focus()
    expect(page.locator("#roll-tip")).to_have_text(re.compile(r"\d+ notes of Clock Town"))
    quote.click()
    assert page.evaluate(player("player.position_s")) > 0


def read_rows(table):
    from music.notes import Notes  # noqa: PLC0415

    onset, duration, pitch = table.T
    return Notes.of(onset - onset[0], duration, pitch)


# Playwright cannot read a body that holds a file, so the page keeps the forms that it sends.
KEEPING_FORMS = """() => {
    window.forms = [];
    const fetching = window.fetch;
    window.fetch = async (path, how) => {
        if (how?.body instanceof FormData) {
            const form = {};
            for (const [name, value] of how.body) {
                const bytes = value instanceof File && new Uint8Array(await value.arrayBuffer());
                form[name] = bytes ? {name: value.name, bytes: [...bytes]} : value;
            }
            window.forms.push(form);
        }
        return fetching(path, how);
    };
}"""


def last_form(page):
    return page.evaluate("window.forms.at(-1)")


def test_a_piece_goes_on_from_the_last_bars_of_another(page, watch):
    watch.allowed = "422"  # where the service takes no files yet
    piece = compose(page, 200)
    page.evaluate(KEEPING_FORMS)
    with page.expect_response("**/generate"):
        page.click("#continue")
    form = last_form(page)
    assert form["primer"]["name"] == "the end of Majora's Mask, no. 1.mid"
    assert form["include_primer"] == "false"
    assert form["seed"] != str(piece["recipe"]["seed"])
    end = read_midi(bytes(form["primer"]["bytes"]), "end").notes
    last = rows(piece)[-len(end) :]
    first_tick = last[0][0]
    played = list(zip(*(column.tolist() for column in end.columns), strict=True))
    assert [(start + first_tick, pitch) for start, _, pitch in played] == [
        (start, pitch) for start, _, pitch in last
    ]
    assert 0 < len(end) < 200


def test_a_dropped_file_is_what_a_piece_goes_on_from(page, watch):
    watch.allowed = "422"
    expect(page.locator("#compose")).to_be_enabled()
    page.evaluate(
        """() => {
            const data = new DataTransfer();
            data.items.add(new File([new Uint8Array([77, 84, 104, 100])], "mine.mid"));
            document.body.dispatchEvent(
                new DragEvent("drop", {dataTransfer: data, bubbles: true, cancelable: true}));
        }"""
    )
    expect(page.locator("#file-name")).to_have_text("mine.mid")
    expect(page.locator("#start-file")).to_be_checked()
    page.check("#include_primer")
    page.evaluate(KEEPING_FORMS)
    with page.expect_response("**/generate"):
        page.click("#compose")
    form = last_form(page)
    assert form["primer"] == {"name": "mine.mid", "bytes": list(b"MThd")}
    assert form["include_primer"] == "true"
    expect(page.locator(".error:not(:empty)")).not_to_have_count(0)
