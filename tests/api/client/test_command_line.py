"""python -m api compose: a song from the command line."""

import os
import stat
import subprocess
import sys

import numpy as np
import pytest
import soundfile

from api.client.command_line import KEY_VARIABLE, main
from api.formats.registry import FORMATS
from api.http.request.parameters import PARAMETERS
from tests.api.client.support import FINE
from tests.api.loopback import write_labels
from tests.api.primers import INTRO, URL, uploaded
from tests.api.processes import ROOT, free_port, running_api
from tests.api.serving import playing, serving

SONG = "/generate?game=zelda&seed=7&notes=40"
ZELDA = ("--game", "zelda", "--seed", "7", "--notes", "40")


@pytest.fixture
def compose(app, capsys, monkeypatch, tmp_path):
    """Run the command with an API, in an empty folder; returns the status and the output."""
    monkeypatch.chdir(tmp_path)
    with serving(app) as address:

        def run(*options):
            try:
                status = main([*options, "--url", address])
            except SystemExit as ending:  # argparse's
                status = ending.code
            return status, capsys.readouterr().err

        yield run


def install(folder, monkeypatch, name, script):
    """Make a program the only one that is found."""
    folder.mkdir()
    program = folder / name
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(folder))


def test_a_song_is_written_and_described(compose, client, tmp_path):
    assert compose(*ZELDA, "-o", "song.mid") == (
        0,
        "song.mid: 40 notes, seed 7, version 1, nothing quoted\n",
    )
    assert (tmp_path / "song.mid").read_bytes() == client.post(SONG).data
    assert os.listdir(tmp_path) == ["models.config", "song.mid"]  # noqa: PTH208  by name


def test_several_songs_are_written_as_an_archive_or_json(compose, client, tmp_path):
    songs = (*ZELDA, "--songs", "2")
    for output, form in (("songs.zip", "midi"), ("songs.json", "json")):
        status, said = compose(*songs, "-o", output)
        assert (status, said) == (
            0,
            f"{output}: 80 notes, seed 7, version 1, nothing quoted\n",
        )
        expected = client.post(f"{SONG}&songs=2&format={form}").data
        assert (tmp_path / output).read_bytes() == expected


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (("-o", "songs.mid"), "-o: with --songs, the name must end in .zip or .json"),
        (("-o", "songs.zip", "--play"), "--play: it plays one song; leave --songs out"),
        (("--songs", "17", "-o", "songs.zip"), "songs must be an integer from 1 to 16."),
    ],
)
def test_several_songs_that_cannot_be_written_or_played_are_refused(compose, options, says):
    status, said = compose(*ZELDA, "--songs", "2", *options)
    assert status == 2
    assert says in said


@pytest.mark.parametrize("version", ["1", "canary"])
def test_an_old_version_is_asked_for_by_its_number_or_label(
    compose, client, config, tmp_path, version
):
    write_labels(config.models_config, zelda={"canary": 1})
    status, said = compose(*ZELDA, "--version", version, "-o", "song.mid")
    assert (status, said) == (0, "song.mid: 40 notes, seed 7, version 1, nothing quoted\n")
    assert (tmp_path / "song.mid").read_bytes() == client.post(SONG).data
    assert compose(*ZELDA, "--version", "newest", "-o", "song.mid")[0] == 2


@pytest.mark.parametrize("form", FORMATS, ids=lambda form: form.name)
def test_the_ending_says_which_format(compose, client, tmp_path, form):
    expected = client.post(f"{SONG}&format={form.name}").data
    for name in (f"a.{form.suffix}", f"b.{form.name}", f"c.{form.suffix.upper()}"):
        assert compose(*ZELDA, "-o", name)[0] == 0
        assert (tmp_path / name).read_bytes() == expected


def test_a_format_that_is_named_goes_before_the_ending(compose, tmp_path):
    assert compose(*ZELDA, "-o", "song", "--format", "svg")[0] == 0
    assert (tmp_path / "song").read_bytes().startswith(b"<svg")


def test_a_song_continues_a_file(compose, client, tmp_path):
    (tmp_path / "intro.mid").write_bytes(INTRO)
    expected = client.post(URL, **uploaded(INTRO, include_primer="true")).data
    song = ("--game", "zelda", "--seed", "7", "--notes", "30", "-o", "song.mid")
    assert compose(*song, "--primer", "intro.mid", "--include-primer", "true")[0] == 0
    assert (tmp_path / "song.mid").read_bytes() == expected


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ((), "the following arguments are required: --game"),
        (("--game", "zelda"), "say where the song goes: -o FILE, --play, or both"),
        (
            (*ZELDA, "-o", "song.mp3"),
            (
                "-o: '.mp3' is the ending of no format; let it be .mid, .midi, .wav, .ogg, .json, "
                ".musicxml, .svg, .zip, or give --format"
            ),
        ),
        ((*ZELDA, "-o", "song"), "-o: the name has no ending; let it be .mid, "),
        ((*ZELDA, "-o", "nowhere/song.mid"), "-o: there is no folder nowhere"),
        (
            ("--game", "zelda", "--notes", "4001", "-o", "a.mid"),
            "argument --notes: notes must be an integer from 1 to 4000.",
        ),
        (
            ("--game", "zelda", "--top-p", "0", "-o", "a.mid"),
            "argument --top-p: top_p must be a number above 0 and up to 1.",
        ),
        (
            (*ZELDA, "--primer", "intro.mid", "-o", "a.mid"),
            (
                "argument --primer: primer must be one of none, corpus, or an uploaded file "
                "(MIDI, or a song's JSON). There is no file 'intro.mid'."
            ),
        ),
        ((*ZELDA, "--api-key", "a\nb", "-o", "a.mid"), "the API key has characters that no key"),
        *(
            (
                (*ZELDA, "--play", "-o", f"score.{form}"),
                (
                    f"--play: {form} cannot be played; let -o end in .mid, .midi, .wav, .ogg, "
                    f".json, and write the {form} with the same --seed"
                ),
            )
            for form in ("svg", "musicxml", "zip")
        ),
        ((*ZELDA, "--note", "9", "-o", "a.mid"), "unrecognized arguments: --note 9"),
    ],
)
def test_options_that_do_not_fit_are_an_exit_status_of_2(compose, loopback, options, said):
    status, err = compose(*options)
    assert status == 2
    assert f"python -m api compose: error: {said}" in err
    assert not loopback.calls


def test_an_invalid_address_is_refused_too(capsys):
    with pytest.raises(SystemExit, match="2"):
        main([*ZELDA, "-o", "a.mid", "--url", "localhost:8080"])
    assert "the address must be like http://localhost:8080, not " in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (
            ("--game", "metroid"),
            "404 Unknown game: There is no game 'metroid'. Available games: zelda.",
        ),
        (
            (*ZELDA, "--seconds", "9"),
            "422 Invalid parameter: Send only one of notes, seconds and bars",
        ),
    ],
)
def test_a_refusal_has_the_message_of_the_api(compose, tmp_path, options, said):
    (tmp_path / "song.mid").write_bytes(b"the old one")
    status, err = compose(*options, "-o", "song.mid")
    assert (status, err.count("\n")) == (1, 1)
    assert err.startswith(f"compose: {said}")
    assert (tmp_path / "song.mid").read_bytes() == b"the old one"


def test_without_an_address_the_api_of_the_settings_is_called(app, tmp_path, monkeypatch):
    with serving(app) as address:
        monkeypatch.setenv("API_PORT", address.rpartition(":")[2])
        assert main([*ZELDA, "-o", str(tmp_path / "a.mid")]) == 0


def test_a_setting_that_does_not_fit_is_named(capsys, monkeypatch):
    monkeypatch.setenv("API_PORT", "http")
    with pytest.raises(SystemExit, match="2"):
        main([*ZELDA, "-o", "a.mid"])
    assert "API_PORT must be an integer from 1 to 65535, not 'http'" in capsys.readouterr().err


def test_an_unreachable_api_is_reported_in_one_line(capsys, tmp_path):
    url = f"http://127.0.0.1:{free_port()}"
    assert main([*ZELDA, "-o", str(tmp_path / "a.mid"), "--url", url]) == 1
    assert "does not answer: " in capsys.readouterr().err


def test_a_device_is_written_to_and_not_replaced(compose):
    status, err = compose(*ZELDA, "-o", "/dev/full", "--format", "midi")
    assert (status, err) == (1, "compose: cannot write /dev/full: No space left on device\n")
    assert stat.S_ISCHR(os.stat("/dev/full").st_mode)  # noqa: PTH116  not a path of ours


def test_the_target_of_a_link_is_written(compose, tmp_path):
    (tmp_path / "link.mid").symlink_to("song.mid")
    assert compose(*ZELDA, "-o", "link.mid")[0] == 0
    assert (tmp_path / "link.mid").is_symlink()
    assert (tmp_path / "song.mid").read_bytes().startswith(b"MThd")


def test_a_song_is_played_by_an_installed_player(compose, client, tmp_path, monkeypatch):
    install(tmp_path / "bin", monkeypatch, "aplay", f'/bin/cp "$2" "{tmp_path}/played"')
    assert compose(*ZELDA, "--play")[0] == 0
    expected = client.post(f"{SONG}&format=wav").data
    assert (tmp_path / "played").read_bytes() == expected


@pytest.mark.parametrize(
    ("name", "form"), [("song.wav", "wav"), ("song.mid", "midi"), ("song.json", "json")]
)
def test_the_played_song_is_the_written_one_and_composed_once(
    compose, client, loopback, tmp_path, monkeypatch, name, form
):
    install(tmp_path / "bin", monkeypatch, "ffplay", f'/bin/cp "$5" "{tmp_path}/played"')
    status, err = compose("--game", "zelda", "--notes", "40", "-o", name, "--play")
    composed = loopback.signatures().count("decode")
    seed = err.split("seed ")[1].split(",")[0]
    song = f"/generate?game=zelda&notes=40&seed={seed}"
    assert status == 0
    assert (tmp_path / "played").read_bytes() == client.post(f"{song}&format=wav").data
    assert composed == loopback.signatures().count("decode") - composed  # for one song
    assert (tmp_path / name).read_bytes() == client.post(f"{song}&format={form}").data


def test_an_ogg_file_is_decoded_to_be_played(compose, tmp_path, monkeypatch):
    install(tmp_path / "bin", monkeypatch, "aplay", f'/bin/cp "$2" "{tmp_path}/played"')
    assert compose(*ZELDA, "-o", "song.ogg", "--play")[0] == 0
    frames, _ = soundfile.read(tmp_path / "song.ogg")
    played, rate_hz = soundfile.read(tmp_path / "played")
    assert rate_hz == 44_100
    np.testing.assert_allclose(played, frames, atol=1e-4)


def test_without_a_player_an_error_comes_before_the_request(
    compose, loopback, tmp_path, monkeypatch
):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert compose(*ZELDA, "--play") == (
        1,
        (
            "compose: nothing here plays music: --play needs one of paplay, aplay, afplay, ffplay. "
            "Write the song with -o song.wav, and open it where there is sound.\n"
        ),
    )
    assert not loopback.calls


def test_a_player_that_fails_is_named(compose, tmp_path, monkeypatch):
    install(tmp_path / "bin", monkeypatch, "paplay", "exit 3")
    status, err = compose(*ZELDA, "--play")
    assert status == 1
    assert err.endswith("compose: paplay failed with exit status 3\n")


@pytest.mark.parametrize(
    ("options", "variable", "shown"),
    [((), "", None), ((), "one", "Bearer one"), (("--api-key", "two"), "one", "Bearer two")],
)
def test_the_key_is_an_option_or_a_variable(tmp_path, monkeypatch, options, variable, shown):
    monkeypatch.setenv(KEY_VARIABLE, variable)
    with playing(FINE) as (address, requests):
        output = str(tmp_path / "a.mid")
        assert main([*ZELDA, "-o", output, "--url", address, *options]) == 0
    assert requests[0][1]["Authorization"] == shown


def test_help_knows_every_parameter(capsys):
    with pytest.raises(SystemExit, match="0"):
        main(["--help"])
    said = " ".join(capsys.readouterr().out.split())
    for parameter in PARAMETERS:
        assert f"--{parameter.name.replace('_', '-')}" in said
        assert parameter.name == "format" or parameter.effect in said


def test_an_unknown_command_lists_the_commands():
    finished = command("composer")
    assert (finished.returncode, finished.stdout) == (1, b"")
    assert finished.stderr.startswith(b"usage: python -m api  ")
    assert command("--help").stdout == finished.stderr


def command(*arguments):
    return subprocess.run(
        [sys.executable, "-m", "api", *arguments],
        capture_output=True,
        check=False,
        cwd=ROOT,
        timeout=60,
    )


@pytest.mark.slow
def test_from_the_command_line_to_a_real_process_and_back(loopback, config, tmp_path):
    with running_api(loopback, config, tmp_path) as (port, _):
        url = ("--url", f"http://127.0.0.1:{port}")
        piped = command("compose", *ZELDA, *url, "-o", "-")
        assert (piped.returncode, piped.stdout[:4]) == (0, b"MThd")
        assert piped.stderr == b"-: 40 notes, seed 7, version 1, nothing quoted\n"
        written = command("compose", *ZELDA, *url, "-o", tmp_path / "song.mid")
        assert (written.returncode, written.stdout) == (0, b"")
        assert (tmp_path / "song.mid").read_bytes() == piped.stdout
        refused = command("compose", "--game", "metroid", *url, "-o", tmp_path / "other.mid")
        assert (refused.returncode, refused.stderr.count(b"\n")) == (1, 1)
        assert not (tmp_path / "other.mid").exists()
