"""Concurrent and killed trainings, with real processes."""

import os
import signal
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import pytest

from training.publishing import publish, published_games
from training.publishing.versions import kept_versions

ROOT = Path(__file__).parents[3]
TRAINING = """
import pathlib, sys, time
from training.publishing import publish

def write(folder):
    folder.mkdir()
    (folder / "half a bundle").touch()
    print("writing", flush=True)
    sys.stdin.readline()

publish(pathlib.Path(sys.argv[1]), "bach", write)
"""


def write(folder: Path) -> None:
    folder.mkdir()


@contextmanager
def training(models_dir: Path):
    """Run a process that has begun to write a bundle, and continues when it reads a line."""
    with subprocess.Popen(
        [sys.executable, "-c", TRAINING, models_dir],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            assert process.stdout.readline() == "writing\n"
            yield process
        finally:
            process.kill()


def staging(models_dir: Path) -> list[str]:
    return [path.name for path in models_dir.glob(".bach-*")]


def test_the_list_that_a_killed_training_was_writing_is_removed_by_the_next(tmp_path):
    (tmp_path / ".models.config.12345.part").write_bytes(b"model_config_list {")
    publish(tmp_path, "zelda", write)
    assert list(tmp_path.glob("*.part")) == []


def test_the_folder_of_a_killed_training_is_removed_by_the_next(tmp_path):
    with training(tmp_path) as killed:
        os.kill(killed.pid, signal.SIGKILL)
        killed.wait()
    assert len(staging(tmp_path)) == 1
    publish(tmp_path, "zelda", write)
    assert staging(tmp_path) == []
    assert published_games(tmp_path) == ("zelda",)


def test_the_folder_of_a_running_training_is_not_removed(tmp_path):
    with training(tmp_path) as running:
        publish(tmp_path, "bach", write)
        assert len(staging(tmp_path)) == 1
        running.communicate("\n")
        assert running.returncode == 0
    assert kept_versions(tmp_path, "bach") == (1, 2)
    assert (tmp_path / "bach" / "2" / "half a bundle").is_file()


def test_trainings_that_end_together_get_versions_of_their_own(tmp_path):
    with training(tmp_path) as one, training(tmp_path) as other:
        for process in (one, other):
            process.stdin.write("\n")
            process.stdin.flush()
        assert (one.wait(), other.wait()) == (0, 0)
    assert kept_versions(tmp_path, "bach") == (1, 2)


@pytest.mark.parametrize("name", [".training", ".other-one", ".bach-2024", "bach-12345678"])
def test_no_other_folder_is_taken_for_one_that_was_left(tmp_path, name):
    (tmp_path / name).mkdir()
    publish(tmp_path, "bach", write)
    assert (tmp_path / name).is_dir()


def test_a_folder_that_an_earlier_release_left_is_removed(tmp_path):
    (tmp_path / ".bach-x1_y2_z3" / "bundle").mkdir(parents=True)
    publish(tmp_path, "bach", write)
    assert staging(tmp_path) == []
