"""The commands and parameters of the documentation run as they are written."""

import json
import re
import shutil
import subprocess
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import mido
import mutagen
import pytest
import soundfile

from api import create_app
from api.config import Config
from api.http.request.parameter import RequestValue
from api.http.request.parameters import PARAMETERS
from api.http.request.song_request import song_request
from music.description import LearnedPiece, Opening
from tests.api.bands import band_description
from tests.api.loopback import (
    BAND_CODEC,
    CODEC,
    LoopbackModelServer,
    description,
    token,
    write_models_config,
)
from tests.api.primers import INTRO
from tests.api.serving import serving

ROOT = Path(__file__).parents[3]
ENGINES = ROOT / "docs/engines.md"
GODOT = ROOT / "examples/godot/leitmotif_player.gd"
OTHER_PAGES = [ROOT / "README.md", *sorted({*(ROOT / "docs").glob("*.md")} - {ENGINES})]
LOCALHOST = "http://localhost:8080"
BY_NAME = {parameter.name: parameter for parameter in PARAMETERS}


def opening(name, steps):
    return Opening(name, tuple(token(3 if n else 0, step, 2) for n, step in enumerate(steps)), 90.0)


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    """A service with the games of the documentation.

    They are bach, with a piece in major and one in minor, and touhou, whose music is for a band.
    """
    openings = [opening("major", (0, 4, 7, 12, 7, 4)), opening("minor", (0, 3, 7, 12, 7, 3))]
    pieces = [LearnedPiece(each.piece, CODEC.decode(each.tokens)[0]) for each in openings]
    text = description(game="bach", openings=tuple(openings), learned=tuple(pieces)).to_json()
    loopback = LoopbackModelServer(
        versions={"bach": {1: "AVAILABLE"}, "touhou": {1: "AVAILABLE"}},
        descriptions={"bach": text, "touhou": band_description(game="touhou").to_json()},
        codecs={"touhou": BAND_CODEC},
    )
    loopback.start()
    path = tmp_path_factory.mktemp("models") / "models.config"
    write_models_config(path, "bach", "touhou")
    config = Config(model_server=loopback.target, models_config=path, rate_limit=None)
    with serving(create_app(config)) as address:
        yield address
    loopback.stop()


def commands(page):
    return [line.strip() for line in page.read_text().splitlines() if re.match(" +curl ", line)]


def run(page, folder, address):
    """Run a page's commands in order, as a shell does."""
    if shutil.which("curl") is None:
        pytest.skip("there is no curl; `sudo apt-get install curl` brings it")
    for command in commands(page):
        finished = subprocess.run(
            ["/bin/sh", "-c", command.replace(LOCALHOST, address)],
            capture_output=True,
            check=False,
            cwd=folder,
            text=True,
            timeout=60,
        )
        assert finished.returncode == 0, f"{command}\n{finished.stdout}\n{finished.stderr}"


@pytest.mark.parametrize("page", [*filter(commands, OTHER_PAGES)], ids=lambda page: page.name)
def test_every_command_of_a_page_runs(page, address, tmp_path):
    (tmp_path / "intro.mid").write_bytes(INTRO)
    notes = [{"pitch": 60 + n % 12, "start_beats": n, "duration_beats": 1} for n in range(64)]
    (tmp_path / "song.json").write_text(json.dumps({"notes": notes}))
    run(page, tmp_path, address)


@pytest.fixture(scope="module")
def files(address, tmp_path_factory):
    """The files that the commands for engines save."""
    folder = tmp_path_factory.mktemp("engines")
    run(ENGINES, folder, address)
    return folder


def loop_of(ogg):
    tags = mutagen.File(ogg).tags
    return int(tags["LOOPSTART"][0]), int(tags["LOOPLENGTH"][0])


def test_files_for_engines_are_named_by_their_titles(files):
    names = {
        "Battle.mid",
        "Battle.ogg",
        "Battle.wav",
        "Calm.ogg",
        "Danger.ogg",
        "Dusk.ogg",
        "Town.ogg",
    }
    assert {path.name for path in files.iterdir()} == {*names, "town.json", "loopstart.txt"}


@pytest.mark.parametrize("name", ["Town", "Calm", "Danger", "Dusk"])
def test_an_ogg_file_without_an_intro_is_the_loop(files, name):
    info = soundfile.info(files / f"{name}.ogg")
    assert (info.samplerate, info.channels) == (44_100, 2)
    assert loop_of(files / f"{name}.ogg") == (0, info.frames)


@pytest.mark.parametrize("names", [("Calm", "Danger"), ("Town", "Dusk")])
def test_layers_have_the_same_number_of_samples(files, names):
    first, second = (loop_of(files / f"{name}.ogg") for name in names)
    assert first == second


def test_the_json_describes_the_loop_and_the_sections_of_the_file(files):
    song = json.loads((files / "town.json").read_text())
    assert song["plan"]["loop"]["length_samples"] == loop_of(files / "Town.ogg")[1]
    assert all(section["start_beats"] % 4 == 0 for section in song["plan"]["sections"])


def test_a_wav_file_with_an_intro_has_its_loop_twice_and_where_the_page_says(files):
    content = (files / "Battle.wav").read_bytes()
    first, last = (int.from_bytes(content[at : at + 4], "little") for at in (88, 92))
    frames, rate_hz = soundfile.read(files / "Battle.wav")
    midi = mido.MidiFile(files / "Battle.mid")
    intro_s, loop_s = (midi.length * bars / 18 for bars in (2, 16))
    assert first == int((files / "loopstart.txt").read_text())
    assert (first, last + 1 - first) == loop_of(files / "Battle.ogg")
    assert last + 1 == len(frames)
    assert first / rate_hz == pytest.approx(intro_s + loop_s, abs=1e-4)
    assert (last + 1 - first) / rate_hz == pytest.approx(loop_s, abs=1e-4)


def test_a_midi_file_has_its_loop_where_the_page_says(files):
    midi = mido.MidiFile(files / "Battle.mid")
    bar, at, found = 4 * midi.ticks_per_beat, 0, {}
    for message in midi.tracks[0]:
        at += message.time
        if message.type == "marker":
            found[message.text] = at
        elif message.is_cc(111) or message.type == "end_of_track":
            found[message.type] = at
    assert midi.ticks_per_beat == 480
    assert found["loopStart"] == found["control_change"] == 2 * bar
    assert found["loopEnd"] == found["end_of_track"] == 18 * bar


def test_values_in_the_text_are_valid():
    named = re.findall(r"`([a-z_]+)=([^`\s]+)`", ENGINES.read_text())
    assert named
    for name, value in named:
        BY_NAME[name].read(RequestValue(name, value))


def test_addresses_in_code_are_valid_requests():
    queries = re.findall(rf'"({LOCALHOST}/generate\?[^"]*)"', ENGINES.read_text())
    assert queries
    for url in queries:
        song_request([RequestValue(*pair) for pair in parse_qsl(urlsplit(url).query)])


def test_the_godot_script_sends_a_valid_request():
    script = GODOT.read_text()
    exported = dict(re.findall(r"^@export.* var (\w+) := (.+)$", script, re.MULTILINE))
    assert json.loads(exported["service"]) == LOCALHOST
    (wishes,) = re.findall(r"var wishes := (\{.*?\})", script, re.DOTALL)
    filled = re.sub(r": (game|bars|intro_bars)\b", lambda m: f": {exported[m[1]]}", wishes)
    sent = json.loads(filled)
    assert sent == {"game": "bach", "format": "ogg", "loop": True, "bars": 16, "intro_bars": 0}
    assert set(re.findall(r'wishes\["(\w+)"\]', script)) == {"seed"}
    song_request([RequestValue(name, value, is_json=True) for name, value in sent.items()])
