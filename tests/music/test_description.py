"""A bundle's description round-trips, or the error says what is invalid."""

import json
import re

import pytest
from hypothesis import given, strategies

from music.description import Description
from music.errors import DescriptionError
from tests.music.support import ANY_JSON, DESCRIPTION, changed, fields


def test_it_round_trips():
    assert Description.from_json(DESCRIPTION.to_json()) == DESCRIPTION
    assert Description.from_json(DESCRIPTION.to_json().encode()) == DESCRIPTION


def test_the_card_is_readable_on_its_own():
    assert json.loads(DESCRIPTION.card_json())["title"] == "Two Bars"


LEGATO = {"share": 1, "lengths": []}
PIANO = {"players": [{"role": 0, "program": 0}]}
WALTZ = {"start_ticks": 0, "numerator": 3, "denominator": 4}


def opening(**changes):
    return {
        "openings": [
            {
                "piece": "x",
                "tokens": [3],
                "tempo_bpm": 90,
                "time_signatures": [WALTZ],
                "articulation": LEGATO,
                "line_up": PIANO,
                **changes,
            }
        ]
    }


def learned(**changes):
    notes = {"onset_ticks": [0, 12], "duration_ticks": [1, 1], "pitch": [60, 62], "role": [0, 0]}
    return {"learned": [{"name": "x", **notes, **changes}]}


def form(*sections):
    fields = [dict(zip(("name", "bars"), section, strict=True)) for section in sections]
    return {"forms": [{"piece": "x", "sections": fields}]}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"format": 99}, "format is 99; this reads 9"),
        ({"game": 5}, "game must be text, not 5"),
        ({"title": "half of a pair: \ud83c"}, "title must be text, not 'half of a pair: \\ud83c'"),
        ({"vocabulary": None}, "vocabulary must be lists of text, not None"),
        ({"vocabulary": ["C4"]}, "vocabulary must be lists of text, not ['C4']"),
        ({"vocabulary": [["C4", 4]]}, "vocabulary must be lists of text, not [['C4', 4]]"),
        ({"tempo_bpm": "slow"}, "tempo_bpm must be a finite number, not 'slow'"),
        ({"tempo_bpm": True}, "tempo_bpm must be a finite number, not True"),
        ({"tempo_bpm": 10**400}, "tempo_bpm must be a finite number, not 1000"),
        ({"tempo_bpm": float("nan")}, "the description is not JSON: NaN is not JSON"),
        (form(), "the form of 'x' has no section"),
        (form(("A", 0)), "forms[0].sections[0].bars must be an integer from 1 to 256, not 0"),
        (form((7, 8)), "forms[0].sections[0].name must be text, not 7"),
        (
            form(("A", 4), ("B", 4), ("A'", 5)),
            "in the form of 'x', A' has 5 bars, more than the 4 that it repeats",
        ),
        ({"quote_notes": 6.5}, "quote_notes must be an integer from 0 to 2147483647, not 6.5"),
        ({"quote_notes": -1}, "quote_notes must be an integer from 0 to 2147483647, not -1"),
        ({"card": {"recipe": "default"}}, "lacks card.held_out_bits_per_note"),
        ({"card": 5}, "card must be an object"),
        ({"dynamics": None}, "dynamics must be an object"),
        ({"dynamics": {"level": 76}}, "lacks dynamics.spread"),
        (
            {"dynamics": {"level": 130, "spread": 9}},
            "dynamics.level must be a number from 48 to 104, not 130",
        ),
        (
            {"articulation": {"share": 0, "lengths": []}},
            "articulation.share must be a number from 0.25 to 1, not 0",
        ),
        (
            {"articulation": {"share": 1, "lengths": [{"ticks": 0, "share": 1}]}},
            "articulation.lengths[0].ticks must be an integer from 1 to 2147483647, not 0",
        ),
        (opening(articulation=5), "openings[0].articulation must be an object"),
        ({"openings": 5}, "openings must be a list, not 5"),
        (opening(time_signatures=[{"numerator": 3}]), "lacks openings[0].time_signatures[0].denom"),
        (opening(time_signatures=[]), "an opening has no time signature"),
        (
            opening(time_signatures=[WALTZ | {"denominator": 5}]),
            "a time signature has the denominator 5, not 1, 2, 4 ...",
        ),
        (
            opening(time_signatures=[WALTZ | {"numerator": 0}]),
            "openings[0].time_signatures[0].numerator must be an integer from 1 to 255, not 0",
        ),
        ({"openings": [{"piece": "x"}]}, "lacks openings[0].tokens"),
        (opening(tokens=["3"]), "openings[0].tokens must be integers from 0 to 2147483647, not"),
        (opening(tokens=[2**70]), "openings[0].tokens must be integers from 0 to 2147483647, not"),
        (learned(onset_ticks=[0, 2**40]), "learned[0].onset_ticks must be integers from 0 to "),
        (learned(onset_ticks=[0, 1.5]), "learned[0].onset_ticks must be integers from 0 to "),
        (learned(onset_ticks=[[0], [1]]), "learned[0].onset_ticks must be integers from 0 to "),
        (learned(duration_ticks=[0, 1]), "learned[0].duration_ticks must be integers from 1 to "),
        (
            learned(pitch=[60, 128]),
            "learned[0].pitch must be integers from 0 to 127, not [60, 128]",
        ),
        (learned(pitch=[60]), "the piece 'x' has 2 onsets, 2 durations, 1 pitches and 2 roles"),
        (learned(role=[0, 61]), "learned[0].role must be integers from 0 to 60, not [0, 61]"),
        (opening(line_up={"players": []}), "the line-up of an opening has no player"),
        (
            opening(line_up={"players": [{"role": 60, "program": 128}]}),
            "openings[0].line_up.players[0].program must be an integer from 0 to 127, not 128",
        ),
        (learned(onset_ticks=[12, 0]), "the onsets of the piece 'x' are not in order"),
        (learned(onset_ticks=[0, 2**31 - 1]), "the piece 'x' ends after 2147483647 ticks"),
    ],
)
def test_an_invalid_member_is_named(change, message):
    with pytest.raises(DescriptionError, match=re.escape(message)):
        Description.from_json(json.dumps(fields(**change)))


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", "nonsense", b"\xff", '{"format": 3}', "[" * 100_000, "9" * 10_000]
)
def test_other_json_is_refused(text):
    with pytest.raises(DescriptionError):
        Description.from_json(text)


def is_read_or_refused(text):
    try:
        description = Description.from_json(text)
    except DescriptionError:
        return
    assert Description.from_json(description.to_json()) == description
    for piece in description.learned:
        assert len({len(column) for column in piece.notes.columns}) == 1


@given(strategies.text() | strategies.binary() | ANY_JSON.map(json.dumps))
def test_any_text_is_a_description_or_is_refused(text):
    is_read_or_refused(text)


@given(changed(fields()).map(json.dumps))
def test_a_description_with_any_value_in_any_place_is_read_or_refused(text):
    is_read_or_refused(text)
