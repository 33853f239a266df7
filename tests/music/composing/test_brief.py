"""Briefs: the default song, and the songs that have a plan."""

import pytest

from api.http.request.parameter import RequestValue
from api.http.request.song_request import song_request
from music.character.wanted import Character
from music.composing.brief import Brief


def test_the_defaults_are_those_of_the_service():
    values = [RequestValue("game", "zelda"), RequestValue("seed", "3")]
    assert song_request(values).brief == Brief(3)


@pytest.mark.parametrize(
    ("brief", "is_planned"),
    [
        (Brief(1), True),
        (Brief(1, bars=8), True),
        (Brief(1, notes=9), False),
        (Brief(1, seconds=9), False),
        (Brief(1, notes=9, form=("A",)), True),
        (Brief(1, notes=9, loop=True), True),
        (Brief(1, seconds=9, ending=False), True),
        (Brief(1, notes=9, character=Character(density=50)), True),
    ],
)
def test_a_song_has_a_plan_unless_it_has_exactly_so_many_notes_or_seconds(brief, is_planned):
    assert brief.is_planned == is_planned
