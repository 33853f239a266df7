"""The history decides when a training ends and which epoch was best."""

import math

import pytest

from training.errors import CheckpointError
from training.fitting.history import Epoch, History


def history(*held_out: float | None) -> History:
    return History("f", tuple(Epoch(1.0 / (n + 1), loss, 0.5) for n, loss in enumerate(held_out)))


@pytest.mark.parametrize(
    ("losses", "best", "is_over"),
    [
        ((), -1, False),
        ((3.0,), 0, False),
        ((3.0, 2.0), 1, False),
        ((2.0, 3.0), 0, False),
        ((2.0, 3.0, 3.0), 0, True),
        ((4.0, 3.0, 2.0, 1.0), 3, True),
        ((None, None), 1, False),
        ((math.nan, 2.0), 1, False),
    ],
    ids=["new", "first", "better", "worse", "patience", "all", "nothing held out", "not a number"],
)
def test_when_it_is_over(losses, best, is_over):
    written = history(*losses)
    assert written.best == best
    assert written.is_over(epochs=4, patience_epochs=2) == is_over


def test_it_round_trips(tmp_path):
    path = tmp_path / "journal.json"
    path.write_text(history(3.0, None).to_json())
    assert History.load(path) == history(3.0, None)


@pytest.mark.parametrize("text", ["", "{}", '{"fingerprint": "f", "epochs": [{"loss": 1}]}'])
def test_a_broken_one_says_which(tmp_path, text):
    path = tmp_path / "journal.json"
    path.write_text(text)
    with pytest.raises(CheckpointError, match=r"journal\.json cannot be read"):
        History.load(path)
