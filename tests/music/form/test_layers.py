"""A section of a band that returns is varied by the part that rests."""

import numpy as np
import pytest

from music.form.layers import with_a_rest
from music.notes import Notes
from music.players.roles import DRUMS
from tests.music.bands import BASS, FLUTE, NOTES, PIANO, VIOLA, VIOLIN


def roles(notes: Notes) -> set[int]:
    return set(notes.role.tolist())


@pytest.mark.parametrize(
    ("number", "resting"), [(0, PIANO), (1, VIOLA), (2, VIOLIN), (3, PIANO), (100, VIOLA)]
)
def test_a_part_between_the_highest_and_the_lowest_rests(number, resting):
    varied = with_a_rest(NOTES, number)
    assert varied == NOTES[NOTES.role != resting]
    assert roles(varied) == {FLUTE, VIOLIN, VIOLA, PIANO, BASS, DRUMS} - {resting}


@pytest.mark.parametrize(
    "playing",
    [[], [FLUTE], [FLUTE, BASS], [FLUTE, BASS, DRUMS], [DRUMS]],
    ids=["nobody", "one", "two", "two and drums", "drums"],
)
def test_few_parts_all_play(playing):
    notes = NOTES[np.isin(NOTES.role, playing)]
    assert roles(notes) == set(playing)
    assert with_a_rest(notes, 5) == notes
