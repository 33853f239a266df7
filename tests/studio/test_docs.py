"""The page /docs in a real browser: request a song, then play, view, follow or keep it."""

import json

import pytest
from playwright.sync_api import expect

from music.reading import read_midi
from tests.api.primers import INTRO
from tests.studio.conftest import until
from tests.studio.support import AXE, LOOKS

pytestmark = pytest.mark.slow


@pytest.fixture
def docs(studio):
    """Open the page, and wait until it knows a game."""

    def opened(**how):
        page = studio("/docs", **how)
        expect(page.locator("[name=game]")).to_have_value("zelda")
        return page

    return opened


def send(page, **fields):
    for name, value in fields.items():
        field = page.locator(f"#generate [name={name}][data-in=query]")
        if field.evaluate("field => field.tagName") == "SELECT":
            field.select_option(value)
        else:
            field.fill(value)
    page.click("#generate [type=submit]")
    answer = page.locator("#generate .answer")
    expect(answer.locator(".status")).to_be_visible()
    expect(page.locator("#generate [type=submit]")).to_be_enabled()
    return answer


def test_the_first_button_composes_a_song(docs):
    page = docs()
    answer = send(page)
    expect(answer.locator("summary")).to_have_text("200 OK")
    until(page, "document.querySelector('#generate audio')?.duration > 5")


def test_a_score_is_seen(docs):
    page = docs()
    send(page, format="svg")
    until(page, "document.querySelector('#generate .answer img')?.naturalWidth > 100")


def test_a_song_is_kept_under_its_name(docs):
    page = docs()
    answer = send(page, format="midi", seed="7", notes="30")
    with page.expect_download() as download:
        answer.locator("a").click()
    assert download.value.suggested_filename == "Song 7.mid"
    assert len(read_midi(download.value.path().read_bytes(), "song").notes) == 30


def test_a_stream_is_followed_to_its_end(docs):
    answer = send(docs(), format="ndjson", notes="200")
    events = [json.loads(line) for line in answer.locator("pre").last.inner_text().splitlines()]
    assert (events[0]["event"], events[-1]["event"], events[-1]["notes"]) == ("song", "end", 200)


def test_a_stream_is_stopped(docs, loopback):
    loopback.slow_s = 0.05
    page = docs()
    page.fill("#generate [name=notes]", "4000")
    page.select_option("#generate [name=format]", "sse")
    page.click("#generate [type=submit]")
    expect(page.locator("#generate .answer pre").last).to_contain_text("event: notes")
    page.click("#generate .stop")
    expect(page.locator("#generate .answer")).to_contain_text("Stopped.")
    expect(page.locator("#generate [type=submit]")).to_be_enabled()


def test_a_song_continues_a_file(docs):
    page = docs()
    file = {"name": "intro.mid", "mimeType": "audio/midi", "buffer": INTRO}
    page.set_input_files("#generate [type=file]", file)
    answer = send(page, format="json", include_primer="true")
    expect(answer.locator("pre").last).to_contain_text('"primer_notes": 5')
    expect(page.locator("#generate .curl")).to_contain_text(" -F primer=@intro.mid ")


def test_a_refusal_names_the_valid_values(docs, watch):
    watch.allowed = "422"
    answer = send(docs(), seconds="9")
    expect(answer.locator("summary")).to_contain_text("422")
    expect(answer).to_contain_text("Send only one of notes, seconds and bars.")


def test_the_request_is_shown_as_one_for_the_command_line(docs, address):
    page = docs()
    page.fill("#generate [name=seed]", "7")
    page.fill("#generate [data-in=key]", "secret")
    expect(page.locator("#generate .curl")).to_have_text(
        'curl --fail-with-body -X POST -H "Authorization: Bearer $KEY" '
        f"'{address}/generate?game=zelda&notes=100&seed=7&format=wav'"
    )


@pytest.mark.parametrize("look", LOOKS)
def test_everybody_can_read_it(docs, look):
    page = docs(**LOOKS[look])
    send(page)
    page.evaluate("for (const panel of document.querySelectorAll('details')) panel.open = true")
    width = page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
    assert width[0] <= width[1]
    if not AXE.exists():
        pytest.skip("axe-core is not there; `npm ci` in tests/studio brings it")
    page.evaluate(AXE.read_text())
    found = page.evaluate("axe.run()")["violations"]
    serious = [each for each in found if each["impact"] in {"serious", "critical"}]
    assert [(each["id"], each["nodes"][0]["html"]) for each in serious] == []
