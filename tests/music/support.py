"""Notes for tests."""

import json

from hypothesis import strategies
from hypothesis import strategies as st

from music.description import Description, LearnedPiece, ModelCard, Opening, PieceForm
from music.expression.articulation import Articulation, LengthShare
from music.expression.dynamics import Dynamics
from music.form.plan import Section
from music.notes import Notes, on_grid
from music.piece import TimeSignature

raw_notes = st.lists(
    st.tuples(
        st.floats(0, 64, allow_nan=False),
        st.floats(0, 8, allow_nan=False),
        st.integers(0, 127),
    ),
    max_size=40,
)


def gridded(raw) -> Notes:
    onset, duration, pitch = zip(*raw, strict=True) if raw else ((), (), ())
    return on_grid(onset, duration, pitch)


DESCRIPTION = Description(
    game="two_bars",
    title="Two Bars",
    codec="notes",
    vocabulary=(("C4", "D4"),),
    tempo_bpm=90.0,
    openings=(Opening("Prélude", (3, 4), 72.5, (TimeSignature(-24, 3, 4),), Articulation(0.9)),),
    forms=(PieceForm("Prélude", (Section("A", 8), Section("A'", 8))),),
    learned=(LearnedPiece("Prélude", Notes.of([0, 12], [12, 6], [60, 62])),),
    quote_notes=6,
    card=ModelCard("default", 1, 2, None, "2026-01-01T00:00:00+00:00", "2.20.0"),
    dynamics=Dynamics(63.0, 5.5),
    articulation=Articulation(0.95, (LengthShare(6, 0.86), LengthShare(12, 0.9))),
)


def fields(**changes):
    return json.loads(DESCRIPTION.to_json()) | changes


ANY_JSON = strategies.recursive(
    strategies.none()
    | strategies.booleans()
    | strategies.integers()
    | strategies.floats()
    | strategies.text()
    | strategies.sampled_from([2**31, 2**40, 2**63, 2**64, "\ud800", "NaN", 1e999]),
    lambda value: (
        strategies.lists(value, max_size=4)
        | strategies.dictionaries(strategies.text(), value, max_size=4)
    ),
    max_leaves=8,
)


@strategies.composite
def changed(draw, fields):
    """Draw a JSON value in which any value is another one or missing."""
    text = json.dumps(fields)
    path = draw(strategies.sampled_from(list(places(fields))[1:]))
    *parents, last = path
    whole = parent = json.loads(text)
    for name in parents:
        parent = parent[name]
    if draw(strategies.booleans()):
        del parent[last]
    else:
        parent[last] = draw(ANY_JSON)
    return whole


def places(value, path=()):
    """List the path of every value within a JSON value."""
    yield path
    match value:
        case dict():
            members = value.items()
        case list():
            members = enumerate(value)
        case _:
            members = ()
    for name, member in members:
        yield from places(member, (*path, name))
