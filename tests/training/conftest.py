"""What the training tests share: a small collection in memory and a network that learns it fast."""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
import pytest

from music.codec.notetuple import NoteTuple
from music.notes import Notes
from music.piece import Piece, constant_tempo
from training.recipe import FittingRecipe, NetworkRecipe, Recipe

CODEC = NoteTuple.over()

TINY = Recipe(
    "tiny",
    "notetuple",
    "scratch",
    0.0,
    NetworkRecipe(embedding_units=8, lstm_units=(16, 12), dense_units=(10,), dropout=0.1),
    FittingRecipe(
        epochs=3,
        patience_epochs=3,
        tokens_per_epoch=1000,
        window_tokens=32,
        batch_windows=8,
        optimizer="adam",
        learning_rate=0.01,
        clip_norm=1.0,
        transpose=True,
        stretch=False,
        held_out_share=0.25,
    ),
)


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
