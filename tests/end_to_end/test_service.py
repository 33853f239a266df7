"""From a folder of MIDI to a song over HTTP, with the real programs."""

import io
import json
import os
import re
import signal
import subprocess
import sys

import mido
import music21
import pytest
import symusic

from benchmarks.growth.load import curve_over_callers
from benchmarks.growth.sizes import GROWTH_TINY
from benchmarks.growth.songs import curves_of_songs
from benchmarks.processes.services import RunningApi
from tests.end_to_end.conftest import (
    GAME,
    PATIENCE_S,
    ROOT,
    SMALL_TRAINING,
    environment,
    free_port,
    train,
    wait_for,
)

pytestmark = pytest.mark.slow


def test_training_reports_its_pieces_epochs_and_model(trained):
    assert f"{GAME}: 4 pieces, 160 notes" in trained.stdout
    assert "set aside broken.mid: not a MIDI file" in trained.stdout
    assert "Link's scale 0.mid: the file ends early; notes read: 40" in trained.stdout
    table, what_is_next = trained.stdout.split("\n\n")
    head, row = table.split("\n")[-2:]
    assert head.split()[:2] == ["game", "pieces"]
    assert row.split()[:5] == [GAME, "4", "1", "160", "1"]
    assert row.endswith(f"models/{GAME}/1/")
    assert "    make serve\n    curl " in what_is_next


def test_only_progress_bars_are_written_during_training(trained):
    lines = [line for line in re.split(r"[\r\n]+", trained.stderr) if line.strip()]
    assert [line for line in lines if not line.startswith("epoch 1 of at most 1: ")] == []


@pytest.mark.usefixtures("trained")
def test_the_run_record_lies_beside_the_model(work_dir):
    version = work_dir / "models" / GAME / "1"
    record = json.loads((version / "training.json").read_text())
    assert record["recipe"]["name"] == "default"
    assert len(record["pieces"]["learned"]) == 4
    assert record["pieces"]["held_out"] == []
    assert record["pieces"]["set_aside"][0]["file"] == "broken.mid"
    assert len(record["epochs"]) == 1
    assert (version / "loss.png").read_bytes().startswith(b"\x89PNG")


def test_a_song_of_500_notes_opens_in_every_library(service):
    answer = service.ask(f"/generate?game={GAME}&seed=7&notes=500")
    assert answer.status == 200
    assert answer.headers["Content-Type"] == "audio/midi"
    assert answer.headers["Leitmotif-Seed"] == "7"
    assert answer.headers["Leitmotif-Notes"] == "500"
    messages = [m for t in mido.MidiFile(file=io.BytesIO(answer.body)).tracks for m in t]
    strikes = [m for m in messages if m.type == "note_on" and m.velocity]
    (text,) = [m.text for m in messages if m.type == "text"]
    assert len(strikes) == 500
    assert f"game={GAME}" in text
    assert "seed=7" in text
    assert len(symusic.Score.from_midi(answer.body).tracks[0].notes) == 500
    opened = music21.midi.MidiFile()
    opened.readstr(answer.body)
    assert sum(event.isNoteOn() for track in opened.tracks for event in track.events) == 500
    score = music21.midi.translate.midiFileToStream(opened)
    assert {p.midi for p in score.pitches} == {message.note for message in strikes}


@pytest.mark.parametrize(
    ("form", "begins"),
    [
        ("midi", b"MThd"),
        ("wav", b"RIFF"),
        ("ogg", b"OggS"),
        ("json", b'{"game": "majoras_mask"'),
        ("musicxml", b"<?xml"),
        ("svg", b"<svg"),
        ("zip", b"PK"),
    ],
)
def test_a_song_can_be_had_in_every_format_the_same_each_time(service, form, begins):
    path = f"/generate?game={GAME}&seed=7&notes=60&format={form}"
    first, again = (service.ask(path) for _ in range(2))
    assert first.status == 200
    assert first.body.startswith(begins)
    assert first.body == again.body
    assert first.headers["Leitmotif-Notes"] == "60"


def test_a_streamed_song_is_the_song(service):
    path = f"/generate?game={GAME}&seed=7&notes=300"
    lines = [json.loads(line) for line in service.ask(f"{path}&format=ndjson").body.splitlines()]
    assert (lines[0]["event"], lines[-1]["event"]) == ("song", "end")
    told = [note for line in lines if line["event"] == "notes" for note in line["notes"]]
    whole = json.loads(service.ask(f"{path}&format=json").body)["notes"]
    strikes = ((note["start_beats"], note["pitch"]) for note in told)
    assert sorted(strikes) == [(note["start_beats"], note["pitch"]) for note in whole]


def test_the_same_seed_is_the_same_song_and_another_seed_another(service):
    first, again, other = (
        service.ask(f"/generate?game={GAME}&notes=60&seed={seed}").body for seed in (1, 1, 2)
    )
    assert first == again
    assert first != other


def test_a_random_seed_reproduces_the_song(service):
    drawn = service.ask(f"/generate?game={GAME}&notes=30")
    again = service.ask(f"/generate?game={GAME}&notes=30&seed={drawn.headers['Leitmotif-Seed']}")
    assert again.body == drawn.body


@pytest.mark.parametrize("primer", ["none", "corpus"])
def test_length_in_seconds_is_kept(service, primer):
    answer = service.ask(f"/generate?game={GAME}&seconds=60&tempo=300&primer={primer}&seed=3")
    onsets_s, now_s = [], 0.0
    for message in mido.MidiFile(file=io.BytesIO(answer.body)):
        now_s += message.time
        if message.type == "note_on" and message.velocity:
            onsets_s.append(now_s)
    assert 40 < max(onsets_s) < 60


def test_an_unknown_game_says_how_to_add_it(service):
    answer = service.ask("/generate?game=wind_waker")
    problem = json.loads(answer.body)
    assert answer.status == 404
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert problem["games"] == [GAME]
    assert "run make train GAME=wind_waker" in problem["detail"]
    assert "data/midi/wind_waker/" in problem["detail"]


def test_the_games_are_listed_with_their_descriptions(service):
    (game,) = json.loads(service.ask("/games", "GET").body)["games"]
    assert game["game"] == GAME
    assert game["title"] == "The Legend of Zelda: Majora's Mask"
    assert game["state"] == "AVAILABLE"
    assert (game["pieces"], game["notes"]) == (4, 160)
    assert game["held_out_bits_per_note"] is None


def test_a_newly_trained_version_and_game_are_served_without_a_restart(service, work_dir):
    (work_dir / "midi" / "my_game").symlink_to(work_dir / "midi" / GAME)
    finished = train(work_dir, SMALL_TRAINING, GAME="")
    assert finished.returncode == 0, finished.stderr

    def both_are_there() -> bool:
        games = json.loads(service.ask("/games", "GET").body)["games"]
        return [(g["game"], g["version"], g["state"]) for g in games] == [
            (GAME, 2, "AVAILABLE"),
            ("my_game", 1, "AVAILABLE"),
        ]

    wait_for(both_are_there, "the new version and the new game")
    assert service.ask("/generate?game=my_game&notes=20").status == 200
    answer = service.ask(f"/generate?game={GAME}&notes=20")
    assert answer.headers["Leitmotif-Model-Version"] == "2"


def test_a_training_that_gets_sigterm_publishes_its_best(work_dir):
    said = environment(
        GAME=GAME,
        EPOCHS=100_000,
        FETCH=0,
        DATA_DIR=work_dir / "midi",
        MODELS_DIR=work_dir / "other models",
        PYTHONPATH=ROOT,
    )
    journal = work_dir / "other models" / ".training" / GAME / "journal.json"
    with subprocess.Popen(
        [sys.executable, *SMALL_TRAINING],
        cwd=work_dir,
        env=said,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        try:
            wait_for(journal.is_file, "an epoch")
            process.send_signal(signal.SIGTERM)  # as containers are ended; the same for Ctrl-C
            stdout, _ = process.communicate(timeout=PATIENCE_S)
        finally:
            process.kill()
    assert process.returncode == 130
    assert "interrupted: the best so far is published" in stdout
    assert (work_dir / "other models" / GAME / "1" / "saved_model.pb").is_file()
    assert json.loads(journal.read_text())["epochs"]


def test_a_collection_that_cannot_be_trained_does_not_stop_the_others(work_dir, tmp_path):
    data_dir = tmp_path / "midi"
    (data_dir / "broken_game").mkdir(parents=True)
    (data_dir / "broken_game" / "broken.mid").write_bytes(b"not music")
    (data_dir / "good_game").symlink_to(work_dir / "midi" / GAME)
    (data_dir / "Bad Name").symlink_to(work_dir / "midi" / GAME)
    finished = train(
        work_dir, SMALL_TRAINING, GAME="", DATA_DIR=data_dir, MODELS_DIR=tmp_path / "models"
    )
    assert finished.returncode == 1
    assert "training: broken_game: no piece to learn from (broken.mid: not" in finished.stderr
    assert "not a collection: " in finished.stdout
    assert "Bad Name/" in finished.stdout
    assert finished.stdout.split("\n\n")[0].split("\n")[-1].split()[0] == "good_game"


def test_user_errors_are_one_line_without_a_traceback(work_dir):
    finished = train(work_dir, GAME="no_such_game")
    assert finished.returncode == 1
    assert finished.stderr.startswith("training: no collection 'no_such_game'")
    assert "Traceback" not in finished.stderr


@pytest.mark.usefixtures("trained")
def test_ctrl_c_ends_both_processes(work_dir):
    with subprocess.Popen(
        ["bash", ROOT / "scripts" / "serve.sh", sys.executable],
        cwd=ROOT,
        env=environment(
            API_PORT=free_port(),
            MODELS_DIR=work_dir / "models",
            MODEL_SERVER_PORT=free_port(),
        ),
        start_new_session=True,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            for line in process.stderr:
                if "Serving on port" in line:
                    break
            os.killpg(process.pid, signal.SIGINT)
            _, said = process.communicate(timeout=PATIENCE_S)
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
    assert process.returncode == 0
    assert "Traceback" not in said
    with pytest.raises(ProcessLookupError):
        os.killpg(process.pid, 0)


def test_the_growth_of_songs_is_measured_on_a_running_service(service):
    api = RunningApi(int(service.url.rpartition(":")[2]), "", service.process.pid)
    measured: list[None] = []
    curves = (
        curve_over_callers(api, GAME, GROWTH_TINY, lambda: measured.append(None)),
        *curves_of_songs(api, GAME, GROWTH_TINY, lambda: measured.append(None)),
    )
    assert {curve.x: [point.x for point in curve.points] for curve in curves} == {
        "callers": [1, 4],
        "notes": [16, 64],
        "bars": [2, 4],
        "notes of the music that it continues": [16, 32],
    }
    assert all(point.y > 0 for curve in curves for point in curve.points)
    assert len(measured) == 8
