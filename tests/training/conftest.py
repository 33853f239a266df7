"""Fixtures of the training tests: a small collection in memory, and a small network."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
import pytest

from music.codec.notetuple import NoteTuple
from music.notes import Notes
from music.piece import Piece, constant_tempo
from training.recipe import FittingRecipe, NetworkRecipe, Recipe

CODEC = NoteTuple.over()
NOBODY = 65534  # a user without rights

TINY = Recipe(
    "tiny",
    "notetuple",
    "scratch",
    0.0,
    NetworkRecipe(
        embedding_units=8, lstm_units=(16, 12), dense_units=(10,), dropout=0.1, memory=True
    ),
    FittingRecipe(
        epochs=3,
        patience_epochs=3,
        tokens_per_epoch=1000,
        window_tokens=32,
        batch_windows=8,
        optimizer="adam",
        learning_rate=0.01,
        falling_share=1,
        clip_norm=1.0,
        transpose=True,
        hidden_share=0.5,
        held_out_share=0.25,
    ),
)

WITHOUT_MEMORY = replace(TINY.network, memory=False)
"""For codecs whose tokens are no notes."""

PLAIN = replace(TINY, name="plain", network=WITHOUT_MEMORY)
"""For tests of what does not depend on memory, without which a step is compiled in a third."""


def scale(name: str, root: int, notes: int = 40) -> Piece:
    """A major scale up and down in eighth notes."""
    steps = np.array([0, 2, 4, 5, 7, 9, 11, 12, 11, 9, 7, 5, 4, 2])
    pitch = root + np.resize(steps, notes)
    return Piece(
        name, Notes.of(np.arange(notes) * 6, np.full(notes, 6), pitch), constant_tempo(100.0)
    )


@pytest.fixture(scope="session")
def pieces() -> list[Piece]:
    return [scale(f"scale {n}", 60 + n) for n in range(5)]


def touch(*paths: Path) -> None:
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()


@pytest.fixture
def readable_by_all():
    """A folder that also a user without rights may enter, unlike pytest's own."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


@pytest.fixture
def as_nobody():
    """Without root's rights, to which every file is open."""

    @contextmanager
    def without_rights() -> Iterator[None]:
        user = os.geteuid()
        os.seteuid(NOBODY if user == 0 else user)
        try:
            yield
        finally:
            os.seteuid(user)

    return without_rights
