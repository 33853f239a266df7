"""The output of training programs, and their exit statuses."""

import io
import signal
import sys

import pytest
import tensorflow as tf

from music.errors import CodecError
from training.errors import RecipeError
from training.failures import reason
from training.program import run, say
from training.settings import Settings


def test_work_is_given_the_settings_of_the_environment_and_decides_the_exit_status(monkeypatch):
    monkeypatch.setenv("GAME", "zelda")
    given = []

    def work(settings: Settings) -> int:
        given.append(settings.game)
        return 7

    assert run("training", work) == 7
    assert given == ["zelda"]


@pytest.mark.parametrize(
    ("trouble", "status", "said"),
    [
        (RecipeError("no recipe 'x'"), 1, "training: no recipe 'x'\n"),
        (CodecError("no codec 'x'"), 1, "training: no codec 'x'\n"),
        (MemoryError(), 1, "training: there is not enough memory\n"),
        (
            PermissionError(13, "Permission denied", "models/.lock"),
            1,
            "training: models/.lock: Permission denied\n",
        ),
        (OSError(28, "No space left"), 1, "training: [Errno 28] No space left\n"),
        (
            KeyboardInterrupt(),
            130,
            "\ntraining: interrupted; run the same command to resume\n",
        ),
    ],
)
def test_trouble_is_one_line_and_an_exit_status(capsys, trouble, status, said):
    def work(_: Settings) -> int:
        raise trouble

    assert run("training", work) == status
    assert capsys.readouterr().err == said


def test_sigterm_ends_a_program_as_ctrl_c_does(capsys):
    before = signal.getsignal(signal.SIGTERM)
    assert run("training", lambda _: signal.raise_signal(signal.SIGTERM)) == 130
    assert capsys.readouterr().err.startswith("\ntraining: interrupted; ")
    assert signal.getsignal(signal.SIGTERM) is before


def test_a_variable_that_does_not_fit_is_named(monkeypatch, capsys):
    monkeypatch.setenv("EPOCHS", "many")
    assert run("training", lambda _: 0) == 1
    assert capsys.readouterr().err.startswith("training: EPOCHS is 'many'; it must be")


def test_tensorflow_errors_are_one_line_without_a_stack():
    look_up = tf.function(lambda n: tf.gather([1, 2], n), [tf.TensorSpec([], tf.int32)])
    with pytest.raises(tf.errors.InvalidArgumentError) as failure:
        look_up(7)
    said = reason(failure.value)
    assert "indices = 7 is not in [0, 2)" in said
    assert "\n" not in said
    assert "test_program.py" not in said


def test_characters_that_a_terminal_cannot_show_are_escaped(monkeypatch):
    terminal = io.TextIOWrapper(io.BytesIO(), "latin-1")
    monkeypatch.setattr(sys, "stdout", terminal)
    assert run("training", lambda _: say("Zelda — é \udcff") or 0) == 0
    assert terminal.buffer.getvalue() == b"Zelda \\u2014 \xe9 \\udcff\n"
