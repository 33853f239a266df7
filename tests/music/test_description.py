"""A bundle's description comes back as it was, or says what is wrong with it."""

import json

import pytest

from music.description import Description, LearnedPiece, ModelCard, Opening
from music.errors import DescriptionError
from music.notes import Notes

DESCRIPTION = Description(
    game="two_bars",
    title="Two Bars",
    codec="notes",
    vocabulary=(("C4", "D4"),),
    tempo_bpm=90.0,
    openings=(Opening("Prélude", (3, 4), 72.5),),
    learned=(LearnedPiece("Prélude", Notes.of([0, 12], [12, 6], [60, 62])),),
    quote_notes=6,
    card=ModelCard("default", 1, 2, None, "2026-01-01T00:00:00+00:00", "2.20.0"),
)


def test_it_comes_back_as_it_was():
    assert Description.from_json(DESCRIPTION.to_json()) == DESCRIPTION
    assert Description.from_json(DESCRIPTION.to_json().encode()) == DESCRIPTION


def test_the_card_is_readable_on_its_own():
    assert json.loads(DESCRIPTION.card_json())["title"] == "Two Bars"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"format": 99}, "format is 99; this reads 3"),
        ({"vocabulary": None}, "malformed"),
        ({"tempo_bpm": "slow"}, "malformed"),
        ({"tempo_bpm": float("nan")}, "malformed: NaN is not JSON"),
        ({"quote_notes": 6.5}, "6.5 is not a whole number"),
        ({"card": {"recipe": "default"}}, "lacks the field 'held_out_bits_per_note'"),
        (
            {"openings": [{"piece": "x", "tokens": ["3"], "tempo_bpm": 9}]},
            "'3' is not a whole number",
        ),
        ({"openings": [{"piece": "x"}]}, "lacks the field 'tokens'"),
    ],
)
def test_what_is_wrong_is_named(change, message):
    fields = json.loads(DESCRIPTION.to_json()) | change
    with pytest.raises(DescriptionError, match=message):
        Description.from_json(json.dumps(fields))


@pytest.mark.parametrize("text", ["", "[]", "{}", "nonsense"])
def test_what_is_no_description_is_refused(text):
    with pytest.raises(DescriptionError):
        Description.from_json(text)
