"""What is sampled by a plan."""

from collections.abc import Sequence
from itertools import groupby

import numpy as np
import pytest

from music.codec import learn_codec
from music.composing.brief import Brief
from music.composing.composition import Composition
from music.composing.continuation import Continuation
from music.composing.game_music import GameMusic
from music.composing.model import Draw, Prompt, Sampling, SongState
from music.notes import Notes
from music.quotes.finder import QuoteFinder

CHORD = (48, 52, 55, 60)
EIGHTH = 6  # ticks
TIMES = 40
# A chord an eighth, its notes in the order in which they are written.
SCORE = Notes.of(
    [EIGHTH * onset for onset in range(TIMES) for _ in CHORD],
    [EIGHTH] * len(CHORD) * TIMES,
    [pitch + onset % 7 for onset in range(TIMES) for pitch in CHORD],
)
CODEC = learn_codec("notetuple", [SCORE])
MUSIC = GameMusic(CODEC, QuoteFinder(()), 6, 120.0, (), ())


class StuckModel:
    """A model that strikes one chord over and over, unless its temperature is raised."""

    def __init__(self) -> None:
        tokens = CODEC.encode(SCORE).tolist()
        self._chords = [tokens[n : n + len(CHORD)] for n in range(0, len(tokens), len(CHORD))][1:8]

    def prefill(self, prompt: Prompt) -> SongState:
        return SongState(np.zeros(1, np.float32), prompt.tokens[-1])

    def decode(
        self,
        states: Sequence[SongState],
        *,
        positions: Sequence[int],  # noqa: ARG002  as `Model` has it
        steps: int,
        sampling: Sampling,
    ) -> tuple[Draw, ...]:
        moves = sampling.temperature > 1
        row = [
            token
            for n in range(steps // len(CHORD))
            for token in self._chords[n % len(self._chords) if moves else 0]
        ]
        return self.read(states, [row] * len(states))

    def read(
        self, states: Sequence[SongState], tokens: Sequence[Sequence[int]]
    ) -> tuple[Draw, ...]:
        return tuple(
            Draw(np.array(row, np.int32), np.zeros(len(row), np.float32), state)
            for state, row in zip(states, tokens, strict=True)
        )


@pytest.mark.parametrize("brief", [Brief(1, bars=16), Brief(1, notes=400)])
def test_a_chord_is_not_struck_over_and_over(brief):
    composition = Composition.of(brief, MUSIC, Continuation.of_nothing(MUSIC))
    chords = [tuple(chord) for chord in composition.composed(StuckModel(), "song").notes.chords()]
    runs = [len(list(run)) for _, run in groupby(chords)]
    assert len(chords) > 60
    assert max(runs) <= 24 + 1  # the closing chord may be the same
