"""Creates the pictures of README: the studio and a piece, from the game bach (`make pictures`)."""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

from benchmarks.processes.running import free_port, responds_ok

FOLDER = Path("docs/pictures")
SONG = "game=bach&seed=4"
FORMED = f"{SONG}&form=AABA'&bars=16"  # whose score shows what returns
LOOKS: dict[str, dict[str, Any]] = {
    "studio-dark.png": {"color_scheme": "dark", "viewport": {"width": 1280, "height": 860}},
    "studio-light.png": {"color_scheme": "light", "viewport": {"width": 1280, "height": 860}},
}
PATIENCE_S = 120


def main() -> None:
    """Serve the existing models, compose, and take pictures."""
    chromium = shutil.which("chromium") or sys.exit("pictures: chromium is needed")
    if not Path(os.environ["MODELS_DIR"], "bach").is_dir():
        sys.exit("pictures: run make train GAME=bach first")
    FOLDER.mkdir(parents=True, exist_ok=True)
    with _service() as address, sync_playwright() as playwright:
        (FOLDER / "bach.mid").write_bytes(_song(address))
        browser = playwright.chromium.launch(
            executable_path=chromium, args=["--no-sandbox", "--disable-gpu"]
        )
        for name, look in LOOKS.items():
            _take(browser, f"{address}/#{SONG}", name, look)
        for name, song in (("bach-score.png", SONG), ("bach-form-score.png", FORMED)):
            _take_score(browser, f"{address}/#{song}", name)
        browser.close()


@contextlib.contextmanager
def _service() -> Iterator[str]:
    """Run the same as `make serve` on free ports; yields the address."""
    port, model_port = free_port(), free_port()
    ports = {"API_PORT": port, "MODEL_SERVER_PORT": model_port}
    settings = {**ports, "MODEL_SERVER": f"localhost:{model_port}"}
    environment = os.environ | {name: str(value) for name, value in settings.items()}
    process = subprocess.Popen(
        ["bash", "scripts/serve.sh", sys.executable],  # noqa: S607
        env=environment,
        start_new_session=True,
    )
    try:
        _wait_until_ready(port)
        yield f"http://127.0.0.1:{port}"
    finally:
        os.killpg(process.pid, signal.SIGINT)
        process.wait()


def _take(browser: Browser, address: str, name: str, look: dict[str, Any]) -> None:
    """Open a piece by its link, play a part, and take a picture of the page."""
    page = _opened(browser, address, look)
    page.click("#play")
    page.mouse.move(0, 0)
    page.wait_for_timeout(9000)
    page.screenshot(path=FOLDER / name)
    page.context.close()


def _take_score(browser: Browser, address: str, name: str) -> None:
    """Open a piece by its link, and take a picture of the first page of its score."""
    page = _opened(browser, address, LOOKS["studio-light.png"])
    page.click("#score summary")
    page.locator(".score-size").evaluate("buttons => buttons.remove()")  # they cover a long score
    page.locator("#sheets img").first.screenshot(path=FOLDER / name)
    page.context.close()


def _opened(browser: Browser, address: str, look: dict[str, Any]) -> Page:
    """Open a piece by its link, and wait until it is whole."""
    page = browser.new_context(**look).new_page()
    page.goto(address)
    page.locator("#keep:not([hidden])").wait_for()
    return page


def _wait_until_ready(port: int) -> None:
    until = time.monotonic() + PATIENCE_S
    while not responds_ok(port, "/readyz"):
        if time.monotonic() > until:
            sys.exit("pictures: the service is not ready")
        time.sleep(0.5)


def _song(address: str) -> bytes:
    request = urllib.request.Request(f"{address}/generate?{SONG}", method="POST")  # noqa: S310
    with urllib.request.urlopen(request, timeout=60) as response:  # noqa: S310
        content: bytes = response.read()
        return content


if __name__ == "__main__":
    main()
