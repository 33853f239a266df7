"""What the sections of a song continue: for a band, excerpts of one piece."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from music.character.wanted import ANY_CHARACTER, Character
from music.codec import BOS, Codec
from music.codec.notetuple import BandTuple, NoteTuple
from music.composing.brief import Brief
from music.composing.composition import Composition
from music.composing.continuation import Continuation
from music.composing.game_music import GameMusic
from music.composing.model import DecodeRow, Draw, Prompt, SongState
from music.description import LearnedPiece, Opening
from music.errors import TokenError
from music.keys import NamedKey, find_key
from music.notes import Notes, cleaned, join
from music.piece import Piece, TimeSignature
from music.players.line_up import ONE_PIANO, LineUp
from music.players.roles import DRUMS, PIANO
from music.quotes.finder import QuoteFinder
from tests.music.bands import BASS, FLUTE, VIOLIN, part
from tests.music.composing.bounded import bounded, draws_after

BAR_TICKS = 48
BANDS, PIANOS = BandTuple.over(), NoteTuple.over()
TRIO = LineUp.of({FLUTE: 73, VIOLIN: 40, BASS: 33})
STEPS = (0, 4, 7, 12)


def four_bars(tonic: int, roles: Sequence[int]) -> Notes:
    """Break a chord in each role, an octave lower in each."""
    onsets = range(0, 4 * BAR_TICKS, 12)
    parts = [
        part(role, onsets, 12, [tonic + 24 - 12 * n + step for step in STEPS] * 4)
        for n, role in enumerate(roles)
    ]
    return cleaned(join(parts))


def learned(name: str, tonics: Sequence[int], roles: Sequence[int]) -> LearnedPiece:
    parts = [four_bars(tonic, roles).shifted(4 * BAR_TICKS * n) for n, tonic in enumerate(tonics)]
    return LearnedPiece(name, join(parts))


def game(codec: Codec, line_up: LineUp, *pieces: LearnedPiece) -> GameMusic:
    openings = tuple(
        Opening(
            each.name,
            tuple(codec.encode(each.notes[each.notes.onset_ticks < 4 * BAR_TICKS]).tolist()),
            120.0,
            (TimeSignature(0, 4, 4),),
            line_up=line_up,
        )
        for each in pieces
    )
    return GameMusic(codec, QuoteFinder(()), 4000, 120.0, openings, (), pieces=pieces)


TONICS = (36, 38, 40, 41, 43)  # C, D, E, F and G, four bars each; the last end the piece
BAND = game(BANDS, TRIO, learned("band", TONICS, TRIO.roles))


class Wanderer:
    """A model that wanders about the last key of what it has read as a prompt."""

    def __init__(self, codec: NoteTuple, role: int) -> None:
        self._codec = codec
        steps = np.random.default_rng(1).integers(0, 5, 400)
        self._song = part(role, range(0, 400 * 6, 6), 6, steps.tolist())
        self.prompts: list[Prompt] = []

    def prefill(self, prompt: Prompt) -> SongState:
        self.prompts.append(prompt)
        notes, _ = self._codec.decode(prompt.tokens[1:])
        hidden = np.array([notes.pitch[-1], 0], np.float32)
        return SongState(hidden, prompt.tokens[-1])

    def decode(self, rows: Sequence[DecodeRow]) -> tuple[Draw, ...]:
        tokens = []
        for row in rows:
            pitch, place = row.state.hidden.astype(int).tolist()
            all_tokens = self._codec.encode(self._song.transposed(pitch)).tolist()
            tokens.append(all_tokens[1 + place : 1 + place + row.steps])
        return self.read([row.state for row in rows], bounded(self._codec, rows, tokens))

    def read(
        self, states: Sequence[SongState], tokens: Sequence[Sequence[int]]
    ) -> tuple[Draw, ...]:
        return draws_after(states, tokens, [0, 1])


def composed(
    music: GameMusic, form: str, seed: int = 0, character: Character = ANY_CHARACTER
) -> tuple[Piece, Wanderer]:
    is_band = music.codec.has_roles
    model = Wanderer(BANDS if is_band else PIANOS, BASS if is_band else PIANO)
    brief = Brief(seed, form=tuple(form), bars=4 * len(form), ending=False, character=character)
    continuation = Continuation.of_opening(music, seed, character)
    return Composition.of(brief, music, continuation).composed(model, "song"), model


def tonics(model: Wanderer, codec: Codec) -> list[int]:
    return [find_key(codec.decode(prompt.tokens[1:])[0]).tonic for prompt in model.prompts]


def lowest(song: Piece, section: int) -> int:
    number = song.notes.onset_ticks // (4 * BAR_TICKS)
    return int(song.notes.pitch[number == section].min())


def test_each_new_section_of_a_band_continues_an_excerpt_of_the_same_piece():
    song, model = composed(BAND, "ABCD")
    assert tonics(model, BANDS) == [0, 2, 4, 5]
    assert [lowest(song, n) - lowest(song, 0) for n in range(4)] == [0, 2, 4, 5]
    assert {prompt.roles for prompt in model.prompts} == {TRIO.roles}


def test_each_section_starts_on_its_bar_line_and_fills_its_bars():
    song, _ = composed(BAND, "ABCD")
    assert set(song.notes.onset_ticks.tolist()) == set(range(0, 16 * BAR_TICKS, 6))


def test_sections_that_return_continue_nothing_else():
    song, model = composed(BAND, "ABAB")
    assert tonics(model, BANDS) == [0, 4]
    half_ticks = 8 * BAR_TICKS
    first, second = (song.notes[song.notes.onset_ticks // half_ticks == n] for n in range(2))
    assert second == first.shifted(half_ticks)


def test_the_seed_chooses_the_first_of_the_excerpts():
    assert [tonics(composed(BAND, "ABC", seed)[1], BANDS) for seed in range(3)] == [
        [0, 4, 5],
        [0, 5, 2],
        [0, 2, 4],
    ]


def test_what_an_excerpt_holds_beyond_its_end_sounds_in_the_section_that_continues_it():
    beyond, line = 30, 12 * BAR_TICKS  # ticks: the excerpt that B continues ends at the line
    held = part(VIOLIN, [line - 12], 12 + beyond, [80])
    piece = learned("held", TONICS, TRIO.roles)
    music = game(BANDS, TRIO, replace(piece, notes=cleaned(join([piece.notes, held]))))
    song, _ = composed(music, "AB")
    of_violin = song.notes[song.notes.role == VIOLIN]
    assert of_violin == part(VIOLIN, [4 * BAR_TICKS], beyond, [80])


def test_what_is_held_at_a_bar_line_goes_on_from_there():
    drum = Notes.of([-6], [48], [38], [DRUMS])
    notes = Notes.of([-12, -12, -6, 0], [100, 18, 6, 12], [40, 41, 42, 43], [BASS] * 4)
    held = Notes.of([0, 0], [88, 6], [40, 41], [BASS] * 2)
    assert join([notes, drum]).held_at_0() == held


def test_a_song_for_piano_continues_one_opening():
    piano = game(PIANOS, ONE_PIANO, learned("piano", TONICS, ONE_PIANO.roles))
    song, model = composed(piano, "ABCD")
    assert tonics(model, PIANOS) == [0]
    assert {lowest(song, n) for n in range(4)} == {lowest(song, 0)}


def test_without_another_excerpt_a_section_continues_what_comes_before_it():
    song, model = composed(game(BANDS, TRIO, learned("short", TONICS[:2], TRIO.roles)), "AB")
    assert tonics(model, BANDS) == [0]
    assert set(song.notes.onset_ticks.tolist()) == set(range(0, 8 * BAR_TICKS, 6))


def test_excerpts_of_another_piece_are_not_continued():
    both = game(
        BANDS,
        TRIO,
        learned("band", TONICS, TRIO.roles),
        learned("other", (45, 47, 49), TRIO.roles),
    )
    assert tonics(composed(both, "ABCD", seed=1)[1], BANDS) == [9, 11, 11, 11]


def test_an_excerpt_that_the_model_cannot_read_in_the_wanted_key_is_passed_over():
    piece = learned("high", (36, 38, 71, 41, 43), TRIO.roles)
    shifts, roles, _, durations = BANDS.vocabulary
    codec = BandTuple(
        [shifts, roles, [f"Pitch_{n}" for n in np.unique(piece.notes.pitch)], durations]
    )
    in_d = Character(key=NamedKey.of("D"))
    continuation = Continuation.of_opening(game(codec, TRIO, piece), 0, in_d)
    in_d_already, unreadable, *_ = continuation.later
    with pytest.raises(TokenError):
        unreadable.prompt_in(in_d.key, codec)
    prompts = [continuation.contrast_prompt(section, 4, codec) for section in (1, 2, 3)]
    expected = (BOS, *in_d_already.prompt_in(in_d.key, codec).tokens)
    assert [one.prompt.tokens for one in prompts if one] == [expected] * 3


def test_in_a_wanted_key_all_excerpts_are_in_it():
    _, model = composed(BAND, "ABC", character=Character(key=NamedKey.of("G")))
    assert tonics(model, BANDS) == [7, 7, 7]


def test_prompts_begin_a_bar():
    _, model = composed(BAND, "AB")
    assert [(p.tokens[0], p.bar_ticks, p.place_ticks) for p in model.prompts] == [
        (BOS, BAR_TICKS, 0),
        (BOS, BAR_TICKS, 0),
    ]
