"""Keeping a piece: files, the score, a link, the list."""

import io
import wave
import xml.etree.ElementTree as ET
from pathlib import Path

import mido
import music21
import pytest
from playwright.sync_api import expect

from music.midi import to_midi
from music.piece import TempoChange, TimeSignature
from music.reading import read_midi
from tests.api.primers import LINE
from tests.studio.conftest import DROP, columns, compose, kept, rows, until, wait_for

pytestmark = pytest.mark.slow


def downloaded(page, format_name):
    with page.expect_download() as coming:
        page.click(f"[data-format={format_name}]")
    return coming.value.suggested_filename, Path(coming.value.path()).read_bytes()


def test_the_midi_file_is_the_piece_whether_or_not_the_service_is_there(page, loopback, address):
    piece = compose(page, 120)
    query = f"game=zelda&notes=120&seed={piece['recipe']['seed']}&title=Song+1"
    answer = page.request.post(f"{address}/generate?{query}")
    loopback.versions["zelda"] = {}
    name, content = downloaded(page, "midi")
    assert name == "Song 1.mid"
    assert columns(read_midi(content, "song").notes) == rows(piece)
    assert messages(content) == messages(answer.body())


def test_the_midi_file_of_a_loop_has_its_sections_and_marks_it(page, address):
    page.select_option("#unit", "bars")
    page.fill("#form", "ABA")
    page.check("#loops")
    page.fill("#intro_bars", "2")
    piece = compose(page, 6)
    query = "game=zelda&bars=6&form=ABA&loop=true&intro_bars=2&title=Song+1"
    answer = page.request.post(f"{address}/generate?{query}&seed={piece['recipe']['seed']}")
    content = downloaded(page, "midi")[1]
    assert messages(content) == messages(answer.body())
    (track,) = mido.MidiFile(file=io.BytesIO(content)).tracks
    markers = [message.text for message in track if message.type == "marker"]
    assert markers == ["Intro", "A", "loopStart", "B", "A", "loopEnd"]
    assert sum(message.time for message in track) == 8 * 4 * 480


@pytest.mark.parametrize(
    "signatures",
    [
        (TimeSignature(0, 3, 4),),
        (TimeSignature(-12, 3, 4), TimeSignature(24, 6, 8)),
        (TimeSignature(-3, 7, 8),),
        (TimeSignature(24, 5, 4),),
    ],
)
def test_the_midi_file_has_the_tempos_and_the_meter_of_what_it_continues(page, address, signatures):
    tempos = (TempoChange(0, 80), TempoChange(13, 100.5), TempoChange(60, 200))
    waltz = to_midi(LINE, tempos=tempos, time_signatures=signatures, name="", text="")
    expect(page.locator("#compose")).to_be_enabled()
    page.evaluate(DROP, list(waltz))
    expect(page.locator("#start-file")).to_be_checked()
    page.check("#include_primer")
    piece = compose(page, 30)
    fields = {"notes": "30", "seed": str(piece["recipe"]["seed"]), "title": "Song 1"}
    file = {"name": "a.mid", "mimeType": "audio/midi", "buffer": waltz}
    form = {"game": "zelda", **fields, "primer": file, "include_primer": "true"}
    answer = page.request.post(f"{address}/generate", multipart=form)
    assert messages(downloaded(page, "midi")[1]) == messages(answer.body())


def messages(midi):
    """What a MIDI file of ours says, and when, in whatever order at one tick."""
    song = mido.MidiFile(file=io.BytesIO(midi), charset="utf-8")
    said, tick = [], 0
    for message in mido.merge_tracks(song.tracks):
        tick += message.time
        if message.type == "end_of_track":
            break
        said.append((tick / song.ticks_per_beat, repr(message.copy(time=0)).replace(".0;", ";")))
    return sorted(said)


def test_the_name_of_a_piece_is_the_title_of_its_files_and_the_games_is_in_none(page):
    piece = compose(page)
    page.click("#score summary")
    expect(page.locator("#sheets img").first).to_be_visible()
    before = page.get_attribute("#sheets img", "src")
    page.locator(".piece-name").fill("Rain & <Tea>\u202e / 雨")
    page.locator(".piece-name").press("Tab")
    expect(page.locator("#piece-heading")).to_have_text("Rain & <Tea> / 雨")
    assert page.evaluate("document.title") == "Rain & <Tea> / 雨 · Leitmotif"
    wait_for(page, lambda: page.get_attribute("#sheets img", "src") != before)
    files = {}
    for form in ("midi", "musicxml", "svg"):
        name, files[form] = downloaded(page, form)
        assert name.startswith("Rain & -Tea- - 雨.")
        assert b"lda: Majora" not in files[form]
    (track,) = mido.MidiFile(file=io.BytesIO(files["midi"]), charset="utf-8").tracks
    assert track.name == "Rain & <Tea> / 雨"
    (provenance,) = (message.text for message in track if message.type == "text")
    assert provenance.startswith(
        f"Leitmotif; game=zelda; version=1; seed={piece['recipe']['seed']};"
    )
    score = music21.converter.parseData(files["musicxml"], format="musicxml")
    assert score.metadata.bestTitle == "Rain & <Tea> / 雨"
    assert "Rain &amp; &lt;Tea&gt; / 雨" in files["svg"].decode()


def test_a_name_that_another_tab_gives_reaches_files_too(page, address):
    compose(page)
    other = page.context.new_page()
    other.goto(address)
    other.locator(".piece-name").fill("Dusk")
    other.locator(".piece-name").press("Tab")
    expect(page.locator("#piece-heading")).to_have_text("Dusk")
    assert downloaded(page, "midi")[0] == "Dusk.mid"


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


def sheets_width(page):
    return page.locator("#sheets").evaluate("sheets => sheets.getBoundingClientRect().width")


def test_the_score_is_zoomed_by_buttons_and_keys(page):
    compose(page)
    page.click("#score summary")
    expect(page.locator("#sheets img").first).to_be_visible()
    whole = sheets_width(page)
    place = page.locator("#score-larger").bounding_box()
    page.click("#score-larger")
    page.click("#score-larger")
    assert page.locator("#score-larger").bounding_box() == place  # under the finger still
    assert sheets_width(page) == pytest.approx(1.96 * whole, rel=0.01)
    middle = page.evaluate(
        "(({scrollLeft, clientWidth, scrollWidth}) => (scrollLeft + clientWidth / 2) / scrollWidth)"
        "(document.getElementById('sheets-frame'))"
    )
    assert middle == pytest.approx(0.5, abs=0.01)
    page.click("#score-smaller")
    assert sheets_width(page) == pytest.approx(1.4 * whole, rel=0.01)
    page.click("#score-fit")
    assert sheets_width(page) == whole
    page.focus("#sheets-frame")
    page.keyboard.press("+")
    assert sheets_width(page) > whole
    page.keyboard.press("-")
    page.keyboard.press("-")
    assert sheets_width(page) == pytest.approx(whole)


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


def train_again(loopback):
    """Publish a version that composes other songs; the older ones stay loaded."""
    loopback.versions["zelda"][2] = "AVAILABLE"
    loopback.salts["zelda", 2] = 5


def test_after_a_retraining_a_piece_is_saved_by_the_version_that_composed_it(page, loopback):
    compose(page)
    before = downloaded(page, "musicxml")
    train_again(loopback)
    assert downloaded(page, "musicxml") == before


def test_after_a_retraining_a_link_brings_the_same_piece_back(page, studio, address, loopback):
    piece = compose(page)
    link = page.evaluate("location.href")
    train_again(loopback)
    other = studio(link.removeprefix(address))
    expect(other.locator("#keep")).to_be_visible()
    assert rows(kept(other)[0]) == rows(piece)
    expect(other.locator("#notice")).to_be_empty()
    expect(other.locator("#piece-facts")).to_contain_text("model version 1")


def test_a_piece_by_a_version_that_is_not_served_any_more_is_reported(
    page, studio, address, loopback, watch
):
    watch.allowed = "410"
    compose(page)
    link = page.evaluate("location.href")
    loopback.versions["zelda"] = {2: "AVAILABLE"}
    other = studio(link.removeprefix(address))
    expect(other.locator("#notice")).to_contain_text("a piece by version 1 of the model")
    expect(other.locator("#notice")).to_contain_text("another piece, by version 2.")
    page.click("[data-format=musicxml]")
    expect(page.locator("#keep-error")).to_contain_text("Version 1 of 'zelda' is not in the")
    expect(page.locator("#keep-error")).to_contain_text("You can still save the piece as MIDI.")
    assert downloaded(page, "midi")[0] == "Song 1.mid"


@pytest.mark.parametrize("link", ["nonsense", "game=zelda", "seed=7", "game=&seed=7"])
def test_a_link_that_says_no_piece_is_told(studio, link):
    page = studio(f"/#{link}")
    expect(page.locator("#notice")).to_have_text("This link does not name a piece.")


def test_pieces_stay_in_a_list_with_names_of_ones_own(page):
    first = compose(page)
    second = compose(page)
    assert [piece["name"] for piece in kept(page)] == ["Song 2", "Song 1"]
    page.locator(".piece-name").nth(1).fill("Dawn")
    page.locator(".piece-name").nth(1).press("Tab")
    page.reload()
    expect(page.locator(".piece")).to_have_count(2)
    page.get_by_role("button", name="Open Dawn").click()
    expect(page.locator("#piece-heading")).to_have_text("Dawn")
    assert str(first["recipe"]["seed"]) in page.inner_text("#piece-facts")
    assert page.input_value("#seed") == str(first["recipe"]["seed"])
    expect(page.locator(".piece[aria-current]")).to_have_count(1)
    page.get_by_role("button", name="Remove Song 2").click()
    expect(page.locator(".piece")).to_have_count(1)
    assert [piece["name"] for piece in kept(page)] == ["Dawn"]
    assert second["recipe"]["seed"] != first["recipe"]["seed"]


def test_pieces_are_compared_while_they_play(page):
    for _ in range(2):
        compose(page, 200, is_playing=True)
    expect(page.locator("#play")).to_have_attribute("data-state", "playing")
    page.get_by_role("button", name="Open Song 1").click()
    expect(page.locator("#piece-heading")).to_have_text("Song 1")
    expect(page.locator("#play")).to_have_attribute("data-state", "playing")


def test_another_tab_has_the_list_too(page, address):
    other = page.context.new_page()
    other.goto(address)
    compose(page)
    expect(other.locator(".piece")).to_have_count(1)


def test_the_list_is_bounded(page):
    for _ in range(14):
        compose(page, 2)
    assert len(kept(page)) == 12
    assert kept(page)[0]["name"] == "Song 14"
    page.click("#undo")  # the one that made room last
    assert [piece["name"] for piece in kept(page)][-1] == "Song 2"


def test_a_removal_is_undone(page):
    for _ in range(3):
        compose(page, 5)
    before = kept(page)
    expect(page.locator("#undo")).to_be_hidden()
    for name in ("Song 2", "Song 1", "Song 3"):
        page.get_by_role("button", name=f"Remove {name}").click()
        expect(page.locator("#undo")).to_be_focused()
        expect(page.locator(".removed")).to_contain_text(f"{name} is removed.")
    assert kept(page) == []
    for left in (2, 1, 0):
        page.keyboard.press("Enter")
        expect(page.locator(".piece")).to_have_count(3 - left)
        page.locator("#undo").focus()
    expect(page.locator("#undo")).to_be_hidden()
    assert kept(page) == before


@pytest.mark.parametrize("text", ["no JSON", "null", "{}", "[1]", '[{"name": "half a piece"}]'])
def test_a_list_that_somebody_spoiled_is_begun_anew(page, text):
    page.evaluate("text => localStorage.setItem('leitmotif.pieces', text)", text)
    page.reload()
    compose(page)
    assert len(kept(page)) == 1
