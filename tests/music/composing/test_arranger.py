"""Sampling by a plan."""

from collections import Counter
from collections.abc import Sequence
from itertools import groupby

import numpy as np
import pytest

from music.codec import learn_codec
from music.composing.arranger import CLOSING_ROWS, ROWS
from music.composing.brief import Brief
from music.composing.composition import Composition
from music.composing.continuation import Continuation
from music.composing.game_music import GameMusic
from music.composing.model import DecodeRow, Draw, Prompt, SongState
from music.notes import Notes
from music.quotes.finder import QuoteFinder
from tests.music.composing.bounded import bounded, draws_after

EIGHTH = 6  # ticks
TIMES = 40
CHORDS = ((48, 52, 55), (48, 52, 55, 60), tuple(range(48, 60)))


def score(chord: tuple[int, ...]) -> Notes:
    """Strike a chord every eighth, its notes in the order in which they are written."""
    return Notes.of(
        [EIGHTH * onset for onset in range(TIMES) for _ in chord],
        [EIGHTH] * len(chord) * TIMES,
        [pitch + onset % 7 for onset in range(TIMES) for pitch in chord],
    )


CODEC = learn_codec("notetuple", [score(chord) for chord in CHORDS])
MUSIC = GameMusic(CODEC, QuoteFinder(()), 6, 120.0, (), ())


class StuckModel:
    """A model that strikes one chord over and over, unless its temperature is raised.

    A call may end within a chord, which the next call continues.
    """

    def __init__(self, chord: tuple[int, ...]) -> None:
        self._tokens = CODEC.encode(score(chord)).tolist()[len(chord) : 8 * len(chord)]
        self._chord_notes = len(chord)

    def prefill(self, prompt: Prompt) -> SongState:
        return SongState(np.zeros(1, np.float32), prompt.tokens[-1])

    def decode(self, rows: Sequence[DecodeRow]) -> tuple[Draw, ...]:
        tokens = []
        for row in rows:
            period = len(self._tokens) if row.sampling.temperature > 1 else self._chord_notes
            place = int(row.state.hidden[0])
            tokens.append([self._tokens[n % period] for n in range(place, place + row.steps)])
        return self.read([row.state for row in rows], bounded(CODEC, rows, tokens))

    def read(
        self, states: Sequence[SongState], tokens: Sequence[Sequence[int]]
    ) -> tuple[Draw, ...]:
        return draws_after(states, tokens, 1)


@pytest.mark.parametrize("chord", CHORDS, ids=lambda chord: f"{len(chord)} keys")
@pytest.mark.parametrize(
    "brief", [Brief(1, bars=16, form=("A", "B")), Brief(1, notes=900)], ids=("bars", "notes")
)
def test_a_chord_is_not_struck_over_and_over(brief, chord):
    composition = Composition.of(brief, MUSIC, Continuation.of_nothing(MUSIC))
    notes = composition.composed(StuckModel(chord), "song").notes
    runs = [len(list(run)) for _, run in groupby(tuple(each) for each in notes.chords())]
    assert len(runs) > 1
    assert sum(runs) > 60
    assert max(runs) <= 24 + 1  # the closing chord may be the same


class CountingModel(StuckModel):
    """A model that counts how often each random number of the first candidate is taken."""

    def __init__(self, chord: tuple[int, ...]) -> None:
        super().__init__(chord)
        self.taken: Counter[int] = Counter()

    def decode(self, rows: Sequence[DecodeRow]) -> tuple[Draw, ...]:
        draws = super().decode(rows)
        for row, draw in zip(rows, draws, strict=True):
            if row.position < 1 << 20:
                self.taken.update(range(row.position, row.position + len(draw.tokens)))
        return draws


def test_long_sections_of_many_notes_end_and_share_no_random_numbers():
    brief = Brief(1, bars=88, form=("A", "B"), temperature=1.2, ending=False, max_quote=4000)
    composition = Composition.of(brief, MUSIC, Continuation.of_nothing(MUSIC))
    model = CountingModel(CHORDS[-1])
    notes = composition.composed(model, "song").notes
    assert len(notes) > 2 * 4096
    assert notes.end_ticks == 88 * 48
    assert max(model.taken) > 2 * 4096
    assert set(model.taken.values()) == {1}


class CertainModel(StuckModel):
    """A model that moves at first, and then strikes one chord whatever its temperature.

    Only a higher temperature from the start on, which another round has, keeps it moving.
    """

    _MOVING_TOKENS = 8 * 8 * 3  # eight bars of eight chords of three notes

    def decode(self, rows: Sequence[DecodeRow]) -> tuple[Draw, ...]:
        tokens = []
        for row in rows:
            place = int(row.state.hidden[0])
            is_caught = place >= self._MOVING_TOKENS and row.state.hidden[1] <= 1
            chord = self._tokens[: self._chord_notes]
            source = chord if is_caught else self._tokens
            tokens.append([source[n % len(source)] for n in range(place, place + row.steps)])
        draws = self.read([row.state for row in rows], bounded(CODEC, rows, tokens))
        for row, draw in zip(rows, draws, strict=True):
            begins = row.state.hidden[0] == 0
            draw.state.hidden[1] = row.sampling.temperature if begins else row.state.hidden[1]
        return draws

    def prefill(self, prompt: Prompt) -> SongState:
        return SongState(np.zeros(2, np.float32), prompt.tokens[-1])

    def read(
        self, states: Sequence[SongState], tokens: Sequence[Sequence[int]]
    ) -> tuple[Draw, ...]:
        moved = super().read(states, tokens)
        for state, draw in zip(states, moved, strict=True):
            draw.state.hidden[1] = state.hidden[1]
        return moved


def test_bars_whose_candidates_all_end_in_a_cycle_are_sampled_from_their_start():
    brief = Brief(1, bars=16, form=("A",), ending=False)
    composition = Composition.of(brief, MUSIC, Continuation.of_nothing(MUSIC))
    notes = composition.composed(CertainModel(CHORDS[0]), "song").notes
    runs = [len(list(run)) for _, run in groupby(tuple(each) for each in notes.chords())]
    assert sum(runs) > 60
    assert max(runs) == 1


class UnevenModel:
    """A model whose first candidate moves in eighths; the others move in half notes."""

    # Nine different notes, so that no bar equals another.
    _GAPS = (0, *[24] * 9, *[EIGHTH] * 9)
    _SCORE = Notes.of(np.cumsum(_GAPS).tolist(), [EIGHTH] * 19, [60, *2 * list(range(60, 69))])
    codec = learn_codec("notetuple", [_SCORE])

    def __init__(self) -> None:
        tokens = self.codec.encode(self._SCORE).tolist()
        self._halves, self._eighths = tokens[1:10], tokens[10:19]
        self.rows: list[int] = []  # of each call

    def prefill(self, prompt: Prompt) -> SongState:
        return SongState(np.zeros(1, np.float32), prompt.tokens[-1])

    def decode(self, rows: Sequence[DecodeRow]) -> tuple[Draw, ...]:
        self.rows.append(len(rows))
        tokens = []
        for row in rows:
            candidate, number = divmod(row.position, 1 << 20)
            notes = self._halves if candidate % CLOSING_ROWS else self._eighths
            tokens.append([notes[(number + n) % len(notes)] for n in range(row.steps)])
        return self.read([row.state for row in rows], bounded(self.codec, rows, tokens))

    def read(
        self, states: Sequence[SongState], tokens: Sequence[Sequence[int]]
    ) -> tuple[Draw, ...]:
        return draws_after(states, tokens, 0)


def test_of_candidates_that_fit_equally_the_one_of_fewest_notes_is_not_preferred():
    music = GameMusic(UnevenModel.codec, QuoteFinder(()), 6, 120.0, (), ())
    brief = Brief(1, bars=8, form=("A",), ending=False)
    composition = Composition.of(brief, music, Continuation.of_nothing(music))
    onset_ticks = composition.composed(UnevenModel(), "song").notes.onset_ticks
    assert np.diff(onset_ticks).tolist() == [EIGHTH] * 63


@pytest.mark.parametrize(
    ("loop", "rows"),
    [(False, 1), (True, ROWS)],  # before the start of a loop, the best joint is looked for
    ids=("nothing follows", "a known bar follows"),
)
def test_as_many_candidates_are_sampled_as_are_compared(loop, rows):
    music = GameMusic(UnevenModel.codec, QuoteFinder(()), 6, 120.0, (), ())
    brief = Brief(1, bars=4, form=("A", "B"), ending=False, loop=loop)
    model = UnevenModel()
    Composition.of(brief, music, Continuation.of_nothing(music)).composed(model, "song")
    assert max(model.rows) == rows
