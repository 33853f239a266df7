"""A game in the browser: a page of another origin calls the service, with keys and without."""

import json
import math
import re
import urllib.request
from contextlib import contextmanager
from functools import partial
from http.server import BaseHTTPRequestHandler, SimpleHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread

import pytest
from playwright.sync_api import expect

from api.config import Config
from tests.api.processes import ROOT, get, running_api
from tests.studio.conftest import PATIENCE_MS, wait_for

pytestmark = pytest.mark.slow

KEY = "a-key-for-the-game-in-the-browser"
CLOSED = 2  # of EventSource.readyState
HELD_AFTER = 5  # calls of the model server: the first section; the song has three times as many
SEED = "8"
QUERY = f"game=zelda&seed={SEED}"

# Notes what the page plays, and listens at the loudspeaker.
LISTEN = """() => {
    window.struck = [];
    const start = OscillatorNode.prototype.start;
    OscillatorNode.prototype.start = function (time_s) {
        window.struck.push([this.frequency.value, time_s]);
        return start.call(this, time_s);
    };
    const connect = AudioNode.prototype.connect;
    AudioNode.prototype.connect = function (to, ...rest) {
        if (to === this.context.destination) {
            window.ear ??= new AnalyserNode(this.context, {fftSize: 32768});
            connect.call(this, window.ear);
        }
        return connect.call(this, to, ...rest);
    };
    window.loudest = 0;
    const heard = new Float32Array(32768);
    setInterval(() => {
        window.ear?.getFloatTimeDomainData(heard);
        for (const value of heard) window.loudest = Math.max(window.loudest, value);
    }, 100);
}"""
EVENTS = """(address) => {
    window.events = [];
    window.source = new EventSource(address);
    for (const name of ["song", "notes", "quote", "end"]) {
        source.addEventListener(name, (event) =>
            window.events.push({event: name, ...JSON.parse(event.data)}));
    }
}"""


@contextmanager
def serving(handler):
    """Run an HTTP server on a port of its own; yields its origin."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class Quiet(SimpleHTTPRequestHandler):
    """Serves the example."""

    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def game():
    """The origin that serves the example."""
    with serving(partial(Quiet, directory=ROOT / "examples" / "web")) as origin:
        yield origin


@pytest.fixture(scope="module")
def service(model_server, models_config, game, tmp_path_factory):
    """Run an API with some keys, which lists the game's origin; yields its address."""

    @contextmanager
    def running(keys=""):
        config, folder = Config(models_config=models_config), tmp_path_factory.mktemp("api")
        settings = {"CORS_ORIGINS": game, "API_KEYS": keys, "API_WORKERS": "1"}
        with running_api(model_server, config, folder, **settings) as (port, _):
            yield f"http://127.0.0.1:{port}"

    return running


@pytest.fixture(scope="module")
def address(service):
    """The address of an API without keys."""
    with service() as address:
        yield address


@pytest.fixture
def page(browser, game, loopback):  # noqa: ARG001  the model server is to be as new
    context = browser.new_context()
    context.set_default_timeout(PATIENCE_MS)
    page = context.new_page()
    page.add_init_script(f"({LISTEN})()")
    page.goto(game)
    yield page
    context.close()


def play(page, address, key=""):
    page.fill("#service", address)
    page.fill("#key", key)
    page.fill("#game", "zelda")
    page.fill("#seed", SEED)
    page.click("[type=submit]")


def song(address, query, key=None):
    """The song as JSON has it."""
    headers = {"X-API-Key": key} if key else {}
    request = urllib.request.Request(f"{address}/generate?{query}&format=json", headers=headers)  # noqa: S310
    with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310
        return json.load(answer)


@pytest.fixture
def held(loopback):
    """Let the model server stop after its first calls, until the event is set."""
    go_on = Event()
    loopback.after_draw = lambda draws: draws <= HELD_AFTER or go_on.wait(PATIENCE_MS / 1000)
    yield go_on
    go_on.set()


def test_the_example_plays_a_song_while_it_arrives(page, address, held):
    play(page, address)
    check_that_it_plays(page, held, partial(song, address, QUERY))


def test_the_example_plays_with_a_key_alone_where_the_service_has_keys(page, service, held):
    with service(KEY) as address:
        play(page, address)
        expect(page.locator("#status")).to_contain_text("An API key is required")
        assert page.evaluate("struck") == []
        play(page, address, KEY)
        check_that_it_plays(page, held, partial(song, address, QUERY, KEY))


def check_that_it_plays(page, held, whole):
    """Check that a page sounds before the song is composed, and in the end strikes every note."""
    wait_for(page, lambda: page.evaluate("loudest") > 0.001)
    so_far = page.evaluate("struck.length") // 2  # the other half are overtones
    assert page.text_content("#status") == f"{so_far} notes so far"
    held.set()
    notes = whole()["notes"]
    assert len(notes) > so_far
    expect(page.locator("#status")).to_contain_text(f"{len(notes)} notes, ")
    struck = page.evaluate("struck")[::2]
    pitches = sorted(round(69 + 12 * math.log2(frequency / 440)) for frequency, _ in struck)
    assert pitches == sorted(note["pitch"] for note in notes)
    times_s = [time_s for _, time_s in struck]
    assert times_s == sorted(times_s)


def test_a_page_of_an_origin_that_is_not_listed_reads_nothing(page, address):
    page.goto(page.url.replace("127.0.0.1", "localhost"))  # another origin, of the same server
    play(page, address)
    expect(page.locator("#status")).to_have_text("Failed to fetch")
    assert page.evaluate("struck") == []
    wait_for(page, lambda: not songs_in_flight(address))


def test_stop_ends_the_sound_and_the_request(page, address, held):
    play(page, address)
    wait_for(page, lambda: page.evaluate("loudest") > 0.001)
    assert songs_in_flight(address) == 1
    page.click("#stop")
    expect(page.locator("#status")).to_have_text("Stopped.")
    held.set()
    wait_for(page, lambda: not songs_in_flight(address))
    assert page.evaluate("struck.length") // 2 < len(song(address, QUERY)["notes"])


def songs_in_flight(address):
    (count,) = re.findall(
        "^leitmotif_songs_in_flight (.+)$", get(f"{address}/metrics").decode(), re.MULTILINE
    )
    return float(count)


@contextmanager
def breaking(address, events):
    """Serve the API through a proxy that breaks the first response off after some events.

    Yields the proxy's origin and, as they come, the Last-Event-ID and the status of each request.
    """
    requests = []

    class Proxy(BaseHTTPRequestHandler):
        def do_GET(self):
            last = self.headers.get("Last-Event-ID")
            names = ("Accept", "Last-Event-ID", "Origin")
            headers = {name: self.headers[name] for name in names if name in self.headers}
            asked = urllib.request.Request(f"{address}{self.path}", headers=headers)  # noqa: S310
            with urllib.request.urlopen(asked, timeout=60) as answer:  # noqa: S310
                requests.append((last, answer.status))
                self.send_response(answer.status)
                for name in ("Content-Type", "Access-Control-Allow-Origin"):
                    self.send_header(name, answer.headers[name])
                self.end_headers()
                blocks = answer.read().split(b"\n\n")
                kept = blocks if len(requests) > 1 else [*blocks[:events], b""]
                self.wfile.write(b"\n\n".join(kept))

        def log_message(self, *_):
            pass

    with serving(Proxy) as origin:
        yield origin, requests


def test_an_event_source_receives_a_song_once_even_if_its_connection_breaks(page, address):
    with breaking(address, 3) as (proxy, requests):
        page.evaluate(EVENTS, f"{proxy}/generate?game=zelda&notes=100")
        wait_for(page, lambda: page.evaluate("source.readyState") == CLOSED)
        events = page.evaluate("events")
        first, last = events[0], events[-1]
        names = [event["event"] for event in events]
        assert names == ["song", *["notes"] * (len(events) - 2), "end"]
        place = f"1-{first['seed']}"
        assert requests == [(None, 200), (f"{place}-3", 200), (f"{place}-over", 204)]
        whole = song(address, f"game=zelda&notes=100&seed={first['seed']}")
        notes = [note for event in events[1:-1] for note in event["notes"]]
        assert sorted(map(place_of, notes)) == sorted(map(place_of, whole["notes"]))
        assert last["notes"] == len(notes) == 100


def place_of(note):
    return note["start_beats"], note["pitch"]


@pytest.mark.parametrize("form", ["wav", "ogg"])
def test_an_audio_element_plays_a_song(page, address, form):
    url = f"{address}/generate?{QUERY}&format={form}"
    page.evaluate("url => { window.music = new Audio(url); }", url)
    page.click("h1")
    page.evaluate("music.play()")
    wait_for(page, lambda: page.evaluate("music.currentTime") > 0.1)
    if form == "wav":
        page.evaluate("music.currentTime = 20")
        wait_for(page, lambda: page.evaluate("music.currentTime") > 20.1)
