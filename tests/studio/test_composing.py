"""Composing: the parameters of the form, and the notes as they arrive."""

import base64
import json
import re
import urllib.request

import numpy as np
import pytest
from playwright.sync_api import expect

from music.description import LearnedPiece, Opening
from music.notes import Notes
from music.piece import TimeSignature
from music.reading import read_midi
from tests.api.loopback import OPENINGS, description
from tests.api.primers import INTRO, LINE
from tests.studio.conftest import (
    DROP,
    columns,
    compose,
    composed_by_the_service,
    in_ticks,
    kept,
    player,
    rows,
    teach,
)

pytestmark = pytest.mark.slow


def notes_shown(page):
    found = re.match(r"([\d,]+) note", page.inner_text("#piece-facts"))
    return int(found[1].replace(",", "")) if found else 0


def test_the_games_are_cards_with_their_training_data(page):
    card = page.locator(".card")
    expect(card).to_have_count(1)
    expect(card).to_contain_text("Zélda: Majora's Mask")
    expect(card).to_contain_text("9 pieces · 4,321 notes · version 1")
    expect(page.get_by_role("radio", name="Zélda")).to_be_checked()
    expect(page.locator("#service")).to_have_text("Ready")


def test_a_game_says_how_far_its_songs_quote(page):
    longest = page.locator("#max_quote")
    expect(longest).to_have_attribute("placeholder", re.compile("^6, as the game"))


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
    assert rows(piece) == composed_by_the_service(address, query)
    text = page.inner_text("#roll-text")
    assert text.startswith(f"{len(rows(piece))} notes in ")


def test_stopping_ends_composing_and_keeps_the_notes(page, loopback):
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
    expect(page.locator(".error:not(:empty)")).to_have_count(0)
    assert kept(page) == []


def test_a_stopped_piece_can_be_kept(page, loopback, address):
    loopback.slow_s = 0.2
    expect(page.locator("#compose")).to_be_enabled()
    page.select_option("#unit", "seconds")
    page.fill("#length", "600")
    page.click("#compose")
    expect(page.locator("#piece-facts")).to_contain_text("notes")
    page.click("#compose")
    expect(page.locator("#keep-it")).to_be_visible()
    loopback.slow_s = 0
    page.click("#keep-it")
    expect(page.locator("#keep-it")).to_be_hidden()
    (piece,) = kept(page)
    recipe = piece["recipe"]
    assert "seconds" not in recipe
    query = f"game=zelda&notes={recipe['notes']}&seed={recipe['seed']}"
    assert rows(piece) == composed_by_the_service(address, query)


def sent(loopback, name):
    draw = [call for call in loopback.calls if call.model_spec.signature_name == "decode"][-1]
    return float(np.frombuffer(draw.inputs[name].tensor_content, "<f4")[0])


def test_the_controls_of_the_music_are_sent(page, loopback):
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
        "top_p": 0.01,
        "tempo": 88,
        "seed": 4711,
        "max_quote": 9,
        "primer": "none",
    }
    assert piece["tempo"] == 88
    assert sent(loopback, "temperature") == 0
    assert sent(loopback, "top_p") == pytest.approx(0.01)


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
    onset, duration, pitch = np.array(rows(piece))[20:60].T
    learned = Notes.of(onset - onset[0], duration, pitch)
    teach(loopback, (LearnedPiece("Clock Town", learned),))
    page.fill("#max_quote", "4000")
    page.check("#keep-seed")
    expect(page.locator(".card")).to_contain_text("version 2")
    compose(page, 200)
    expect(page.locator("#quotes-summary")).to_have_text(
        re.compile(r"Quotes: \d+, the longest \d+ notes of Clock Town")
    )
    page.click("#quotes-summary")
    quote = page.locator("#quotes button").first
    expect(quote).to_contain_text("Clock Town")
    expect(page.locator("#roll-tip")).to_be_hidden()
    quote.focus()
    expect(page.locator("#roll-tip")).to_have_text(re.compile(r"\d+ notes of Clock Town"))
    quote.click()
    assert page.evaluate(player("player.position_s")) > 0


def told_after(address, recipe, midi):
    """The notes of a song that continues a file, from the API's JSON."""
    fields = {name: str(recipe[name]) for name in ("game", "notes", "seed")}
    fields |= {"format": "json", "include_primer": str(recipe["include_primer"]).lower()}
    body, headers = multipart(fields, midi)
    request = urllib.request.Request(f"{address}/generate", body, headers)  # noqa: S310
    with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310
        return in_ticks(json.load(answer)["notes"])


def multipart(fields, midi):
    """Write a form with a file, as browsers send it."""
    parts = [
        f'--edge\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, value in fields.items()
    ]
    file = b'--edge\r\nContent-Disposition: form-data; name="primer"; filename="a.mid"\r\n\r\n'
    body = b"".join((*parts, file, midi, b"\r\n--edge--\r\n"))
    return body, {"Content-Type": "multipart/form-data; boundary=edge"}


def test_a_piece_continues_the_last_bars_of_another(page, address):
    first = compose(page, 200)
    page.click("#continue")
    expect(page.locator("#compose")).to_be_focused()
    following = compose(page, 60)
    recipe = following["recipe"]
    assert recipe["seed"] != first["recipe"]["seed"]
    assert recipe["file"]["name"] == "the end of Song 1.mid"
    midi = base64.b64decode(recipe["file"]["base64"])
    end = [(onset, pitch) for onset, _, pitch in columns(read_midi(midi, "end").notes)]
    last = rows(first)[-len(end) :]
    assert end == [(onset - last[0][0], pitch) for onset, _, pitch in last]
    assert 0 < len(end) < 200
    assert following["tempo"] == first["tempo"]
    assert rows(following) == told_after(address, recipe, midi)
    expect(page.locator("#piece-facts")).to_contain_text("continues the end of Song 1.mid")


def test_to_continue_is_a_choice_for_one_piece_that_is_seen_and_taken_back(page):
    compose(page)
    expect(page.locator("#continued")).to_be_hidden()
    page.click("#continue")
    expect(page.locator("#continued")).to_contain_text(
        "The next piece continues the end of Song 1."
    )
    expect(page.locator("#start-corpus")).to_be_disabled()
    page.click("#take-back")
    expect(page.locator("#continued")).to_be_hidden()
    expect(page.locator("#start-corpus")).to_be_enabled()
    page.click("#continue")
    compose(page)
    expect(page.locator("#continued")).to_be_hidden()
    compose(page)
    assert [piece["recipe"]["primer"] for piece in kept(page)] == ["corpus", "file", "corpus"]


def test_a_refused_piece_still_continues_another_when_it_is_retried(page, watch):
    watch.allowed = "422"
    compose(page)
    page.click("#continue")
    page.evaluate("document.getElementById('tempo').removeAttribute('max')")
    page.fill("#tempo", "999")
    page.click("#compose")
    expect(page.locator("#tempo-error")).to_have_text("tempo must be a number from 20 to 400.")
    expect(page.locator("#continued")).to_be_visible()
    page.fill("#tempo", "")
    assert compose(page)["recipe"]["primer"] == "file"


BAR_NUMBERS = """async () => {
    const drawn = {};
    const pen = CanvasRenderingContext2D.prototype;
    const {fillText} = pen;
    pen.fillText = function (text, x, y) { drawn[text] = x; fillText.call(this, text, x, y); };
    const {player} = await import('/studio/main.js');
    player.seek(0);
    document.getElementById('zoom-in').click();
    await new Promise((resolve) => setTimeout(resolve, 300));
    pen.fillText = fillText;
    return drawn;
}"""


def test_a_waltz_continues_in_three(page, loopback):
    three = (TimeSignature(0, 3, 4),)
    openings = [Opening(each.piece, each.tokens, each.tempo_bpm, three) for each in OPENINGS]
    loopback.descriptions["zelda"] = description(openings=tuple(openings)).to_json()
    loopback.versions["zelda"] = {3: "AVAILABLE"}  # the service knows another version 2
    expect(page.locator(".card")).to_contain_text("version 3")
    waltz = compose(page, 150)
    expect(page.locator("#piece-facts")).to_contain_text("bars of 3/4")
    numbers = page.evaluate(BAR_NUMBERS)
    assert numbers["3"] - numbers["2"] == pytest.approx(3 * 28 * 1.4)  # pixels a beat, zoomed once
    page.focus("#roll")
    page.keyboard.press("Home")
    page.keyboard.press("PageUp")
    assert page.evaluate(player("player.position_s")) * waltz["tempo"] / 60 == pytest.approx(3)
    page.click("#continue")
    following = compose(page, 40)
    (signature,) = following["signatures"]
    assert (signature["numerator"], signature["denominator"]) == (3, 4)
    ending = read_midi(base64.b64decode(following["recipe"]["file"]["base64"]), "end")
    assert [each.numerator for each in ending.time_signatures] == [3]
    bar_line = waltz["signatures"][0]["start"]
    first = rows(waltz)[-len(ending.notes)][0]
    assert (first - bar_line + ending.time_signatures[0].start_ticks) % 36 == 0
    page.get_by_role("button", name="Open Song 1").click()
    expect(page.locator("#piece-facts")).to_contain_text("bars of 3/4")


def test_a_listed_piece_shows_what_it_continued_and_is_continued_by_one_piece_only(page):
    compose(page)
    page.click("#continue")
    compose(page)
    page.get_by_role("button", name="Open Song 1").click()
    expect(page.locator("#continued")).to_be_hidden()
    page.get_by_role("button", name="Open Song 2").click()
    expect(page.locator("#continued")).to_contain_text(
        "The next piece continues the end of Song 1."
    )
    for primer in ("file", "corpus"):
        assert compose(page)["recipe"]["primer"] == primer


def test_a_link_to_a_continuation_restores_it(page, studio, address):
    compose(page, 60)
    page.click("#continue")
    compose(page, 60)
    link = page.evaluate("location.href")
    other = studio(link.removeprefix(address))
    expect(other.locator("#keep")).to_be_visible()
    assert rows(kept(other)[0]) == rows(kept(page)[0])
    expect(other.locator("#continued")).to_be_hidden()


def test_pieces_continue_a_file_that_is_dropped_until_one_takes_it_back(page):
    expect(page.locator("#compose")).to_be_enabled()
    page.evaluate(DROP, list(INTRO))
    expect(page.locator("#file-name")).to_have_text("mine.mid")
    expect(page.locator("#start-file")).to_be_checked()
    expect(page.locator("#continued")).to_contain_text("Every piece continues mine.")
    page.check("#include_primer")
    piece = compose(page, 50)
    lead = [(onset, pitch) for onset, _, pitch in columns(LINE)]
    started = [(onset, pitch) for onset, _, pitch in rows(piece) if onset <= lead[-1][0]]
    assert started[: len(lead) - 1] == lead[:-1]
    assert lead[-1] in started  # the first new note may start with it
    assert len(rows(piece)) > 50
    expect(page.locator("#continued")).to_be_visible()
    page.click("#take-back")
    expect(page.locator("#start-corpus")).to_be_checked()
    assert compose(page)["recipe"]["primer"] == "corpus"


def test_an_invalid_file_is_refused_beside_its_field(page, watch):
    watch.allowed = "422"
    expect(page.locator("#compose")).to_be_enabled()
    for content, detail in (
        (b"no music", "not a MIDI file: it does not begin with MThd"),
        (b'{"notes": [', "not JSON"),
        (
            b'{"notes": [{"start_beats": 0, "duration_beats": 1, "pitch": 300}]}',
            "notes[0].pitch must be an integer from 21 to 108",
        ),
    ):
        page.evaluate(DROP, list(content))
        expect(page.locator("#file-name")).to_have_text("mine.mid")
        expect(page.locator("#file-error")).to_be_empty()
        page.click("#compose")
        expect(page.locator("#file-error")).to_have_text(f"The primer cannot be read: {detail}.")
        expect(page.locator("#compose")).to_have_text("Compose")


def test_a_folder_that_is_dropped_is_refused_beside_the_field(page):
    refuse = "Promise.reject(new DOMException('A folder', 'NotFoundError'))"
    page.evaluate(f"() => {{ File.prototype.arrayBuffer = () => {refuse}; }}")
    page.evaluate(DROP, [])
    expect(page.locator("#file-error")).to_have_text(
        "mine.mid cannot be read. Choose a file, not a folder."
    )
