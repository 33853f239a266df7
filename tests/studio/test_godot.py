"""The example for Godot, in a real Godot: its web build, in a browser, on another origin.

It needs Godot's template for the web, which is not in a package registry. Download the export
templates of Godot 4.5 or newer, unpack `web_nothreads_release.zip` from them, and name that folder
in GODOT_WEB.
"""

import hashlib
import json
import os
import struct
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from api.config import Config
from tests.api.processes import running_api
from tests.studio.conftest import wait_for

pytestmark = pytest.mark.slow

HERE = Path(__file__).parent
EXAMPLE = HERE.parents[1] / "examples/godot"
HEADER = struct.Struct("<4s5IQQ64x")
PACK_FORMAT, GODOT_VERSION, OFFSETS_ARE_RELATIVE = 3, (4, 5, 0), 2
PAGE = """<!doctype html><canvas id="canvas"></canvas>
<script src="{name}.js"></script>
<script>
new Engine({{
  args: ["--", "{service}"], canvas: document.getElementById("canvas"), executable: "{name}",
  mainPack: "check.pck", fileSizes: {{}}, onPrint: console.log, onPrintError: console.log,
}}).startGame();
</script>
"""
FORWARD = 1  # the loop mode


@pytest.fixture(scope="module")
def template():
    folder = os.environ.get("GODOT_WEB")
    if folder is None:
        pytest.skip("GODOT_WEB names no folder with Godot's template for the web")
    return Path(folder)


@pytest.fixture
def site(template, tmp_path):
    """A web server for a folder; gives its address and the folder, in which the template lies."""
    for path in template.iterdir():
        (tmp_path / path.name).symlink_to(path)
    handler = partial(SimpleHTTPRequestHandler, directory=tmp_path)
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        Thread(target=server.serve_forever).start()
        yield f"http://127.0.0.1:{server.server_port}", tmp_path
        server.shutdown()


def pack(files):
    """Write a PCK file, as an export of Godot would."""
    body, entries = b"", []
    for name, content in files.items():
        path = name.encode() + bytes(-len(name) % 4)
        place = struct.pack("<2Q", len(body), len(content)) + hashlib.md5(content).digest()  # noqa: S324  the format's
        entries.append(struct.pack("<I", len(path)) + path + place + bytes(4))
        body += content + bytes(-len(content) % 16)
    directory = struct.pack("<I", len(entries)) + b"".join(entries)
    version = (PACK_FORMAT, *GODOT_VERSION, OFFSETS_ARE_RELATIVE)
    start = HEADER.size
    return HEADER.pack(b"GDPC", *version, start, start + len(body)) + body + directory


def project():
    """Read the example's files, with the check as its main scene."""
    folders = (EXAMPLE, HERE / "godot")
    files = {path.name: path.read_bytes() for folder in folders for path in folder.glob("*.*")}
    files["project.godot"] = files["project.godot"].replace(b"main.tscn", b"check.tscn")
    return files


@pytest.fixture
def findings(site, model_server, models_config, browser, tmp_path):
    """What the check found, by a page of another origin than the service's."""
    origin, folder = site
    (module,) = folder.glob("*.wasm")
    (folder / "check.pck").write_bytes(pack(project()))
    lines = []
    config = Config(models_config=models_config)
    with running_api(model_server, config, tmp_path, CORS_ORIGINS=origin) as (port, _):
        service = f"http://127.0.0.1:{port}"
        (folder / "check.html").write_text(PAGE.format(name=module.stem, service=service))
        page = browser.new_page()
        page.on("console", lambda message: lines.append(message.text))
        page.goto(f"{origin}/check.html")
        wait_for(page, lambda: any(line.startswith('FOUND ["end"') for line in lines))
        page.close()
    marked = (line.removeprefix("FOUND ") for line in lines if line.startswith("FOUND "))
    return [json.loads(line) for line in marked]


def test_godot_plays_the_loops_of_the_service_exactly(findings):
    loop = 90_850  # samples of two bars at 233 beats per minute
    intro = 45_425
    assert findings == [
        ["ogg", 0, loop, 0],
        ["wav", FORWARD, 0, loop - 1],
        ["ogg", intro + loop, loop, 0],
        ["wav", FORWARD, intro + loop, intro + 2 * loop - 1],
        ["said", "12", True],
        ["said", findings[5][1], False],
        ["end"],
    ]
    assert findings[5][1].startswith("There is no game 'nowhere'. Available games: zelda.")
