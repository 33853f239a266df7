"""Endings and keys: on a downbeat, on a long note, on the tonic."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from music.keys import find_key
from music.notes import Notes, join
from music.piece import Piece, TimeSignature
from music.players.roles import DRUMS, role_of
from training.report.metrics.endings import Ending, ending, ending_shares

SCALE = [60, 62, 64, 65, 67, 69, 71, 72]


def piece(last: tuple[int, int, int], *signatures: TimeSignature) -> Piece:
    """A bar of C major in eighths, and a last note; in 4/4 by default."""
    notes = [*((n * 6, 6, pitch) for n, pitch in enumerate(SCALE)), last]
    return Piece(
        "x",
        Notes.of(*zip(*notes, strict=True)),
        time_signatures=signatures or (TimeSignature(0, 4, 4),),
    )


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (piece((48, 24, 60)), Ending(on_downbeat=True, on_long_note=True, on_tonic=True)),
        (piece((54, 24, 60)), Ending(on_downbeat=False, on_long_note=True, on_tonic=True)),
        (piece((48, 6, 60)), Ending(on_downbeat=True, on_long_note=False, on_tonic=True)),
        (piece((48, 8, 61)), Ending(on_downbeat=True, on_long_note=True, on_tonic=False)),
        (
            piece((48, 24, 60), TimeSignature(-24, 3, 4)),
            Ending(on_downbeat=True, on_long_note=True, on_tonic=True),
        ),
        (
            piece((48, 24, 60), TimeSignature(0, 3, 4)),
            Ending(on_downbeat=False, on_long_note=True, on_tonic=True),
        ),
    ],
    ids=["an end", "off the beat", "short", "off the key", "after a pickup", "in a waltz"],
)
def test_an_ending(found, expected):
    assert ending(found) == expected


def test_the_bass_is_the_lowest_note_that_still_sounds():
    held = Notes.of([0, 6, 48], [96, 6, 24], [48, 64, 67])
    assert ending(Piece("x", held)).on_tonic == (find_key(held).tonic == 0)


def test_the_drums_after_the_last_chord_do_not_count():
    chord = Notes.of([0, 24, 48, 48], [24, 24, 48, 48], [67, 65, 48, 64], [role_of(5, 0)] * 4)
    drums = Notes.of([60, 66], [6, 6], [36, 38], [DRUMS] * 2)
    assert ending(Piece("x", join([chord, drums]))) == ending(Piece("x", chord.as_piano()))
    nothing = Ending(on_downbeat=False, on_long_note=False, on_tonic=False)
    assert ending(Piece("x", drums)) == nothing != ending(Piece("x", chord))


def test_shares():
    some = [Ending(True, False, True), Ending(True, False, False)]  # noqa: FBT003
    found = ending_shares(some)
    assert (found.on_downbeat_share, found.on_long_note_share, found.on_tonic_share) == (1, 0, 0.5)


@given(st.integers(0, 11), st.booleans())
def test_a_scale_is_found_in_its_key(tonic, is_major):
    degrees = [0, 2, 4, 5, 7, 9, 11, 12] if is_major else [0, 2, 3, 5, 7, 8, 10, 12]
    notes = Notes.of(range(8), [2, 1, 1, 1, 2, 1, 1, 2], [60 + tonic + n for n in degrees])
    key = find_key(notes)
    assert (key.tonic, key.is_major) == (tonic, is_major)
    assert key.outside_share == 0
    assert key.margin > 0
    assert key.degree_share.sum() == pytest.approx(1)


def test_notes_outside_of_the_key_are_counted_by_degree():
    notes = Notes.of(range(9), [1] * 9, [*SCALE, 61])
    assert find_key(notes).outside_share == pytest.approx(1 / 9)
