"""What a program of training says and how it ends."""

import signal

import pytest

from training.errors import RecipeError
from training.program import run
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
        (
            KeyboardInterrupt(),
            130,
            "\ntraining: interrupted; the same command goes on from here\n",
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
