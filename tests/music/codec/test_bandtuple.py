"""The codec of bands: a note's role is one of its fields."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from music.codec import open_codec
from music.codec.notetuple import BandTuple, NoteTuple
from music.codec.tokens import MOST_TOKENS
from music.errors import TokenError
from music.notes import Notes, cleaned
from music.players.roles import DRUMS, ROLES, role_of

CODEC = BandTuple.over()
FLUTE = role_of(9, 0)

bands = st.lists(
    st.tuples(
        st.integers(0, 96), st.integers(1, 48), st.integers(21, 108), st.integers(0, ROLES - 1)
    ),
    min_size=1,
    max_size=60,
)


@given(bands)
def test_the_notes_of_a_band_come_back_exactly(raw):
    notes = cleaned(Notes.of(*zip(*raw, strict=True)))
    near = np.minimum(np.diff(notes.onset_ticks, prepend=notes.onset_ticks[:1]), 48)
    notes = Notes.of(np.cumsum(near), notes.duration_ticks, notes.pitch, notes.role)
    notes = cleaned(notes)
    assert CODEC.decode(CODEC.encode(notes))[0] == notes


@given(bands, st.data())
def test_a_song_of_a_band_is_the_same_in_parts(raw, data):
    notes = cleaned(Notes.of(*zip(*raw, strict=True)))
    tokens = CODEC.encode(notes)
    cut = data.draw(st.integers(0, len(tokens)))
    first, cursor = CODEC.decode(tokens[:cut])
    second, _ = CODEC.decode(tokens[cut:], cursor)
    whole, _ = CODEC.decode(tokens)
    assert (*first.key, *second.key) == tuple(whole.key)


def test_one_pitch_of_two_roles_is_two_notes():
    unison = Notes.of([0, 0], [6, 6], [60, 60], [FLUTE, role_of(10, 0)])
    tokens = CODEC.encode(unison)
    assert CODEC.decode(tokens)[0] == unison
    doubled = [*tokens, tokens[-1]]
    assert len(CODEC.decode(doubled)[0]) == 2


def test_all_tokens_have_a_number():
    assert CODEC.vocabulary_size <= MOST_TOKENS
    assert open_codec("bandtuple", CODEC.vocabulary).field_sizes == CODEC.field_sizes


def test_drums_are_told_from_instruments():
    fields = CODEC.split_fields(CODEC.encode(Notes.of([0, 0], [3, 3], [60, 60], [FLUTE, DRUMS])))
    assert CODEC.is_melodic(CODEC.values_of(fields).role).tolist() == [True, False]


def test_a_piano_cannot_read_a_band():
    with pytest.raises(TokenError, match=f"role {FLUTE} is not in the vocabulary"):
        NoteTuple.over().encode(Notes.of([0], [6], [60], [FLUTE]))


def test_a_role_that_there_is_not_is_refused():
    shift, _, pitch, duration = CODEC.vocabulary
    with pytest.raises(TokenError, match=f"role {ROLES} is not below {ROLES}"):
        BandTuple([shift, [f"Role_{ROLES}"], pitch, duration])
