"""`make train`: a failing game does not stop the others, and the final output."""

from pathlib import Path
from types import SimpleNamespace

import pytest
import tensorflow as tf

from music.errors import CodecError
from tests.training.conftest import touch
from training import __main__ as program
from training.__main__ import _tidy
from training.corpus.corpus import read_corpus
from training.errors import FittingError
from training.fitting.fit import Fitted
from training.fitting.history import Epoch, History
from training.pipeline import Published
from training.publishing import promote, publish
from training.settings import Settings


@pytest.mark.parametrize(
    ("promoted", "said"),
    [
        (None, "bach: removed old versions (1, 2); KEEP_VERSIONS is 2\n"),
        (
            1,
            (
                "bach: removed old versions (2); KEEP_VERSIONS is 2\n"
                "bach: version 1 continues to compose, since it was promoted; "
                "make promote GAME=bach promotes version 4\n"
            ),
        ),
    ],
)
def test_old_versions_go_and_the_promoted_one_stays_and_is_named(tmp_path, capsys, promoted, said):
    publish(tmp_path, "bach", Path.mkdir)
    if promoted:
        promote(tmp_path, "bach", promoted)
    for _ in range(3):
        newest = publish(tmp_path, "bach", Path.mkdir)
    _tidy("bach", newest, Settings.of({"MODELS_DIR": str(tmp_path), "KEEP_VERSIONS": "2"}))
    assert capsys.readouterr().out == said


@pytest.fixture
def trained(monkeypatch, readable_by_all):
    """The environment of `make train` on three games, and how each of them ends, by its name."""
    ends = {}

    def train(collection, *_):
        if collection.game in ends:
            raise ends[collection.game]
        corpus = SimpleNamespace(collection=collection, pieces=["a"], set_aside=[], notes=40)
        history = History("f", (Epoch(1.0, 2.0, 3.0),))
        return Published(corpus, Fitted(None, history, 5.0, interrupted=False), 1)

    for game in ("first", "second", "third"):
        touch(readable_by_all / "midi" / game / "a.mid")
    variables = {"GAME": "", "FETCH": "0", "API_PORT": "8081"}
    folders = {"DATA_DIR": readable_by_all / "midi", "MODELS_DIR": readable_by_all / "models"}
    for name, value in (variables | folders).items():
        monkeypatch.setenv(name, str(value))
    monkeypatch.setattr(program, "train", train)
    monkeypatch.setattr(program, "_tidy", lambda *_: None)
    return ends


@pytest.mark.parametrize(
    ("failure", "said"),
    [
        (
            FittingError("the loss is no longer a finite number"),
            "the loss is no longer a finite number",
        ),
        (CodecError("no codec 'x'"), "no codec 'x'"),
        (MemoryError(), "there is not enough memory"),
        (OSError(28, "No space left on device"), "[Errno 28] No space left on device"),
        (PermissionError(13, "Permission denied", "models"), "models: Permission denied"),
        (tf.errors.ResourceExhaustedError(None, None, "OOM when\nallocating"), "OOM when alloc"),
    ],
)
def test_a_game_that_fails_does_not_stop_the_others(trained, capsys, failure, said):
    trained["second"] = failure
    assert program.main() == 1
    printed = capsys.readouterr()
    assert printed.err.startswith(f"training: second: {said}")
    assert printed.err.count("\n") == 1
    rows = [line.split()[0] for line in printed.out.splitlines() if line.endswith("/1/")]
    assert rows == ["first", "third"]


@pytest.mark.usefixtures("trained")
def test_the_end_prints_the_models_and_the_next_commands(capsys, readable_by_all):
    assert program.main() == 0
    said = capsys.readouterr().out
    assert f"{readable_by_all / 'models' / 'third' / '1'}/\n" in said
    assert said.endswith(
        "    make serve\n"
        "    curl --fail-with-body -X POST 'http://localhost:8081/generate?game=third' > song.mid\n"
    )


def test_without_a_trained_model_no_next_commands_are_printed(trained, capsys):
    trained.update(dict.fromkeys(("first", "second", "third"), MemoryError()))
    assert program.main() == 1
    assert capsys.readouterr().out == ""


@pytest.mark.usefixtures("trained")
def test_a_folder_that_may_not_be_listed_fails_alone(
    readable_by_all, as_nobody, capsys, monkeypatch
):
    monkeypatch.chdir(readable_by_all)
    (readable_by_all / "midi" / "second").chmod(0o000)
    pretend = program.train

    def train(collection, *options):
        return (read_corpus if collection.game == "second" else pretend)(collection, *options[:0])

    monkeypatch.setattr(program, "train", train)
    with as_nobody():
        assert program.main() == 1
    printed = capsys.readouterr()
    assert printed.err == (
        "training: second: no piece to learn from (second: cannot be opened: Permission denied)\n"
    )
    assert "third" in printed.out
