"""The studio in a real browser, with a real API and a model server in this process."""

import json
import re
import shutil
import time
import urllib.request
from dataclasses import dataclass, field, fields

import pytest
from playwright.sync_api import expect, sync_playwright

from api.config import Config
from tests.api.loopback import LoopbackModelServer, description, write_models_config
from tests.api.processes import running_api

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
SWITCHES = [
    "--no-sandbox",  # containers give it none
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
PATIENCE_MS = 120_000  # machines are shared and noisy
DROP = """(bytes) => {
    const data = new DataTransfer();
    data.items.add(new File([new Uint8Array(bytes)], "mine.mid"));
    document.body.dispatchEvent(
        new DragEvent("drop", {dataTransfer: data, bubbles: true, cancelable: true}));
}"""
KEPT = "localStorage.getItem('leitmotif.pieces')"


@pytest.fixture(scope="session")
def chromium():
    if CHROMIUM is None:
        pytest.skip("there is no chromium; `sudo apt-get install chromium` brings it")
    expect.set_options(timeout=PATIENCE_MS)
    return CHROMIUM


@pytest.fixture(scope="module")
def browser(chromium):
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=chromium, args=SWITCHES)
        yield started
        started.close()


@pytest.fixture(scope="module")
def model_server():
    server = LoopbackModelServer().start()
    yield server
    server.stop()


@pytest.fixture(scope="module")
def models_config(tmp_path_factory):
    path = tmp_path_factory.mktemp("models") / "models.config"
    write_models_config(path, "zelda")
    return path


@pytest.fixture(scope="module")
def address(chromium, model_server, models_config):  # noqa: ARG001  nothing to serve without it
    """Where the studio is served."""
    config = Config(models_config=models_config)
    folder = models_config.parent
    with running_api(model_server, config, folder, API_WORKERS="1") as (port, _):
        yield f"http://127.0.0.1:{port}"


@pytest.fixture
def loopback(model_server, models_config):
    """The model server, as it is when a test begins."""
    yield model_server
    fresh = LoopbackModelServer()
    for switch in fields(fresh):
        setattr(model_server, switch.name, getattr(fresh, switch.name))
    write_models_config(models_config, "zelda")


@dataclass
class Watch:
    """The unexpected actions of a page.

    Attributes:
        errors: What it wrote to the console, and what it threw.
        allowed: What its errors may say; some are the browser's own words for an HTTP status.
        addresses: All that it asked for.
    """

    errors: list[str] = field(default_factory=list)
    allowed: str = "^$"
    addresses: list[str] = field(default_factory=list)

    def follow(self, page):
        page.on("console", self._said)
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("request", lambda request: self.addresses.append(request.url))

    def _said(self, message):
        if message.type in {"error", "warning"}:
            self.errors.append(message.text)

    def check(self, address):
        assert [error for error in self.errors if not re.search(self.allowed, error)] == []
        own = (f"{address}/", f"blob:{address}/")
        assert [asked for asked in self.addresses if not asked.startswith(own)] == []


@pytest.fixture
def watch(address):
    """Check that every page of a test logs nothing, and calls only its own service."""
    watching = Watch()
    yield watching
    watching.check(address)


@pytest.fixture
def studio(browser, address, loopback, watch):  # noqa: ARG001  loopback is to be as new
    """Open the page, as `open_studio`, in a browser that has never seen it; any number of times."""
    contexts = []

    def opened(path="/", **how):
        context = browser.new_context(accept_downloads=True, **how)
        contexts.append(context)
        context.set_default_timeout(PATIENCE_MS)
        page = context.new_page()
        watch.follow(page)
        page.goto(address + path)
        return page

    yield opened
    for context in contexts:
        context.close()


@pytest.fixture
def page(studio):
    return studio()


def compose(page, notes=60, *, is_playing=False):
    """Compose a piece and wait until it is finished; gives it as the browser keeps it."""
    expect(page.locator("#compose")).to_be_enabled()
    before = page.evaluate(KEPT)
    page.fill("#length", str(notes))
    page.click("#compose")
    wait_for(page, lambda: page.evaluate(KEPT) != before)
    expect(page.locator("#keep")).to_be_visible()
    if not is_playing:
        page.click("#play")
    return kept(page)[0]


def until(page, condition):
    """Wait until an expression is true; Playwright's own way is against the page's policy."""
    wait_for(page, lambda: page.evaluate(condition))


def wait_for(page, condition):
    """Wait until a condition is true, while the page runs."""
    give_up = time.monotonic() + PATIENCE_MS / 1000
    while not condition():
        assert time.monotonic() < give_up
        page.wait_for_timeout(50)


def player(expression):
    """Say something of the page's player."""
    return f"import('/studio/main.js').then(({{player}}) => {expression})"


def kept(page):
    return json.loads(page.evaluate(KEPT) or "[]")


def rows(piece):
    """The notes of a kept piece: start and duration in ticks, and pitch."""
    values = iter(piece["notes"])
    return [(start, duration, pitch) for pitch, start, duration in zip(*[values] * 3, strict=True)]


def composed_by_the_service(address, query):
    """The notes of a song as the API's JSON has them."""
    request = urllib.request.Request(f"{address}/generate?format=json&{query}", method="POST")  # noqa: S310
    with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310
        return in_ticks(json.load(answer)["notes"])


def in_ticks(notes):
    """Return notes of the API's JSON as `rows` gives those of a kept piece."""
    return [
        (round(12 * n["start_beats"]), round(12 * n["duration_beats"]), n["pitch"]) for n in notes
    ]


def columns(notes):
    """Return notes as `rows` gives those of a kept piece."""
    return list(zip(*(column.tolist() for column in notes.columns[:3]), strict=True))


def teach(loopback, pieces):
    """Let a new version of the model know pieces that songs may quote."""
    loopback.descriptions["zelda"] = description(learned=pieces).to_json()
    loopback.versions["zelda"] = {max(loopback.versions["zelda"]) + 1: "AVAILABLE"}
