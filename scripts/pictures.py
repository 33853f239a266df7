"""Makes what README shows: the studio and a piece of it, from the game bach (`make pictures`)."""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, sync_playwright

FOLDER = Path("docs/pictures")
SONG = "game=bach&seed=7&notes=240&temperature=1&top_p=0.9&primer=corpus"
FILES = {"bach.mid": "midi", "bach.svg": "svg"}
LOOKS: dict[str, dict[str, Any]] = {
    "studio-light.png": {"color_scheme": "light", "viewport": {"width": 1280, "height": 860}},
    "studio-dark.png": {"color_scheme": "dark", "viewport": {"width": 1280, "height": 860}},
    "studio-phone.png": {
        "color_scheme": "light",
        "viewport": {"width": 390, "height": 844},
        "device_scale_factor": 2,
    },
}
PATIENCE_S = 120


def main() -> None:
    """Serve the models that there are, compose, and take pictures."""
    chromium = shutil.which("chromium") or sys.exit("pictures: chromium is needed")
    if not Path(os.environ["MODELS_DIR"], "bach").is_dir():
        sys.exit("pictures: run make train GAME=bach first")
    FOLDER.mkdir(parents=True, exist_ok=True)
    with _service() as address, sync_playwright() as playwright:
        for name, form in FILES.items():
            request = f"{address}/generate?{SONG}&format={form}"
            (FOLDER / name).write_bytes(_answer(request, "POST"))
        browser = playwright.chromium.launch(
            executable_path=chromium, args=["--no-sandbox", "--disable-gpu"]
        )
        for name, look in LOOKS.items():
            _take(browser, f"{address}/#{SONG}", FOLDER / name, look)
        browser.close()


@contextlib.contextmanager
def _service() -> Iterator[str]:
    """Run what `make serve` runs, on ports of its own; gives its address."""
    port, model_port = _free_port(), _free_port()
    ports = {"API_PORT": port, "MODEL_SERVER_PORT": model_port}
    settings = {**ports, "MODEL_SERVER": f"localhost:{model_port}"}
    environment = os.environ | {name: str(value) for name, value in settings.items()}
    process = subprocess.Popen(
        ["bash", "scripts/serve.sh", sys.executable],  # noqa: S607
        env=environment,
        start_new_session=True,
    )
    try:
        _wait_for(f"http://127.0.0.1:{port}/readyz")
        yield f"http://127.0.0.1:{port}"
    finally:
        os.killpg(process.pid, signal.SIGINT)
        process.wait()


def _take(browser: Browser, address: str, path: Path, look: dict[str, Any]) -> None:
    """Open a piece by its link, play some of it, and take a picture."""
    page = browser.new_context(**look).new_page()
    page.goto(address)
    page.locator("#keep:not([hidden])").wait_for()
    page.click("#play")
    page.wait_for_timeout(9000)
    page.screenshot(path=path)
    page.context.close()


def _wait_for(address: str) -> None:
    until = time.monotonic() + PATIENCE_S
    while time.monotonic() < until:
        with contextlib.suppress(OSError):
            _answer(address, "GET")
            return
        time.sleep(0.5)
    sys.exit(f"pictures: {address} is not ready")


def _answer(address: str, method: str) -> bytes:
    request = urllib.request.Request(address, method=method)  # noqa: S310
    with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310
        content: bytes = answer.read()
        return content


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


if __name__ == "__main__":
    main()
