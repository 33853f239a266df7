"""What one keeps: files, the score, a link, the list."""

import io
import wave
import xml.etree.ElementTree as ET
from pathlib import Path

import mido
import music21
import pytest
from playwright.sync_api import expect

from music.reading import read_midi
from tests.studio.conftest import compose, kept, rows, until

pytestmark = pytest.mark.slow


def downloaded(page, format_name):
    with page.expect_download() as coming:
        page.click(f"[data-format={format_name}]")
    return coming.value.suggested_filename, Path(coming.value.path()).read_bytes()


def test_the_midi_file_is_the_piece(page):
    piece = compose(page, 120)
    name, content = downloaded(page, "midi")
    assert name == f"zelda-{piece['recipe']['seed']}.mid"
    assert mido.MidiFile(file=io.BytesIO(content)).length > 0
    columns = (column.tolist() for column in read_midi(content, "song").notes.columns)
    assert list(zip(*columns, strict=True)) == rows(piece)


def test_the_wav_file_plays(page):
    compose(page)
    name, content = downloaded(page, "wav")
    assert name.endswith(".wav")
    with wave.open(io.BytesIO(content)) as recording:
        assert recording.getnframes() > recording.getframerate()
        assert any(recording.readframes(recording.getframerate()))


def test_the_scores_open(page):
    compose(page)
    name, content = downloaded(page, "musicxml")
    assert name.endswith(".musicxml")
    score = music21.converter.parseData(content, format="musicxml")
    assert len(score.flatten().notes) > 10
    name, content = downloaded(page, "svg")
    assert name.endswith(".svg")
    assert ET.fromstring(content).tag == "{http://www.w3.org/2000/svg}svg"  # noqa: S314  our own


def test_the_score_is_shown_page_by_page(page):
    compose(page, 600)
    page.click("#score summary")
    expect(page.locator("#sheets img").first).to_be_visible()
    pages = page.locator("#sheets img")
    assert pages.count() > 1
    expect(pages.first).to_have_attribute("alt", f"Score, page 1 of {pages.count()}")
    for sheet in pages.all():
        size = sheet.evaluate(
            "image => image.decode().then(() => [image.naturalWidth, image.naturalHeight])"
        )
        assert min(size) > 100


def test_the_recording_plays_in_the_page(page):
    compose(page)
    page.click("#recording summary")
    until(page, "document.getElementById('audio').readyState >= 2")
    page.evaluate("document.getElementById('audio').play()")
    until(page, "document.getElementById('audio').currentTime > 0.2")
    assert page.evaluate("document.getElementById('audio').duration") > 2


def test_a_link_brings_the_very_piece_back(page, studio, address):
    page.check("#start-none")
    page.fill("#tempo", "77")
    piece = compose(page, 90)
    link = page.evaluate("location.href")
    assert link.startswith(f"{address}/#game=zelda&version=1&")
    other = studio(link.removeprefix(address))
    expect(other.locator("#keep")).to_be_visible()
    brought = kept(other)[0]
    assert brought["recipe"] == piece["recipe"]
    assert rows(brought) == rows(piece)
    assert other.get_attribute("#play", "data-state") == "paused"  # until somebody asks for it
    assert other.input_value("#tempo") == "77"
    expect(other.locator("#notice")).to_be_empty()


def test_a_copied_link_is_the_pages_own(page):
    compose(page)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.click("#copy-link")
    expect(page.locator("#keep-said")).to_have_text("The link is copied.")
    assert page.evaluate("navigator.clipboard.readText()") == page.evaluate("location.href")


def test_where_the_model_is_another_one_by_now_it_says_so(page, studio, address, loopback):
    compose(page)
    link = page.evaluate("location.href")
    loopback.versions["zelda"] = {2: "AVAILABLE"}
    other = studio(link.removeprefix(address))
    expect(other.locator("#notice")).to_contain_text("a piece of version 1 of the model")
    expect(other.locator("#notice")).to_contain_text("version 2 by now, so this is another piece")
    page.click("[data-format=midi]")
    expect(page.locator("#keep-error")).to_contain_text("version 2 by now, and cannot write it")


@pytest.mark.parametrize("link", ["nonsense", "game=zelda", "seed=7", "game=&seed=7"])
def test_a_link_that_says_no_piece_is_told(studio, link):
    page = studio(f"/#{link}")
    expect(page.locator("#notice")).to_have_text("This link does not say which piece it is of.")


def test_pieces_stay_in_a_list_with_names_of_ones_own(page):
    first = compose(page)
    second = compose(page)
    assert [piece["name"] for piece in kept(page)] == [
        "Majora's Mask, no. 2",
        "Majora's Mask, no. 1",
    ]
    page.locator(".piece-name").nth(1).fill("Dawn")
    page.locator(".piece-name").nth(1).press("Tab")
    page.reload()
    expect(page.locator(".piece")).to_have_count(2)
    page.get_by_role("button", name="Open Dawn").click()
    expect(page.locator("#piece-heading")).to_have_text("Dawn")
    assert str(first["recipe"]["seed"]) in page.inner_text("#piece-facts")
    assert page.input_value("#seed") == str(first["recipe"]["seed"])
    expect(page.locator(".piece[aria-current]")).to_have_count(1)
    page.get_by_role("button", name="Remove Majora's Mask, no. 2").click()
    expect(page.locator(".piece")).to_have_count(1)
    assert [piece["name"] for piece in kept(page)] == ["Dawn"]
    assert second["recipe"]["seed"] != first["recipe"]["seed"]


def test_the_list_is_bounded(page):
    for _ in range(14):
        compose(page, 2)
    assert len(kept(page)) == 12
    assert kept(page)[0]["name"] == "Majora's Mask, no. 14"


@pytest.mark.parametrize("text", ["no JSON", "null", "{}", "[1]", '[{"name": "half a piece"}]'])
def test_a_list_that_somebody_spoiled_is_begun_anew(page, text):
    page.evaluate("text => localStorage.setItem('leitmotif.pieces', text)", text)
    page.reload()
    compose(page)
    assert len(kept(page)) == 1
