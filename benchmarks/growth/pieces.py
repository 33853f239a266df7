"""Pieces that are made by a rule, which are free of copyright, as many as needed."""

from pathlib import Path

import numpy as np

from music.notes import TICKS_PER_BEAT, Notes
from music.piece import Piece, constant_tempo
from training.corpus.collections import Collection
from training.corpus.corpus import Corpus

_TEMPO_BPM = 100.0
_SIXTEENTH_TICKS = TICKS_PER_BEAT // 4
_SCALE = np.array((0, 2, 4, 5, 7, 9, 11))
_C_MAJOR = np.concatenate([_SCALE + 48, _SCALE + 60])


def made_up_piece(number: int, notes: int) -> Piece:
    """Walk at random over two octaves of C major, in sixteenths, eighths and dotted eighths.

    Args:
        number: Of the piece; it seeds the walk, so no two pieces are the same.
        notes: How many it has.
    """
    random = np.random.default_rng(number)
    waits_ticks = random.integers(1, 4, notes) * _SIXTEENTH_TICKS
    onset_ticks = np.cumsum(waits_ticks) - waits_ticks[0]
    places = np.cumsum(random.integers(-2, 3, notes)) % len(_C_MAJOR)
    walk = Notes.of(onset_ticks, np.full(notes, _SIXTEENTH_TICKS), _C_MAJOR[places])
    return Piece(f"piece {number}", walk, constant_tempo(_TEMPO_BPM))


def made_up_corpus(game: str, pieces: int, notes: int) -> Corpus:
    """Collect such pieces, as if they were read from files.

    Args:
        game: The name of the collection.
        pieces: How many pieces.
        notes: Notes of each piece.
    """
    made_up = tuple(made_up_piece(number, notes) for number in range(pieces))
    files = tuple(Path(f"{piece.name}.mid") for piece in made_up)
    return Corpus(Collection(game, game, files), made_up, files, ())
