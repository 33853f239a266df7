"""What each part of a band plays, in numbers."""

import pytest

from music.notes import Notes, cleaned
from music.piece import Piece, TimeSignature
from music.players.roles import DRUMS, role_of
from training.report.metrics.parts import Part, band, band_summary

BASS, PAD, FLUTE = role_of(4, 0), role_of(11, 0), role_of(9, 0)
BAR = 48


def piece(*notes: tuple[int, int, int, int]) -> Piece:
    """Notes of onset, duration, pitch and role, in 4/4."""
    notes = cleaned(Notes.of(*zip(*notes, strict=True)))
    return Piece("x", notes, time_signatures=(TimeSignature(0, 4, 4),))


def flute(bar: int, *pitches: int) -> list[tuple[int, int, int, int]]:
    """Quarter notes from a bar line on."""
    return [(bar * BAR + 12 * n, 12, pitch, FLUTE) for n, pitch in enumerate(pitches)]


FOUR_BARS = piece(
    *[(bar * BAR, 12, 36, BASS) for bar in range(4)],
    (0, 4 * BAR, 60, PAD),
    *flute(1, 72, 74, 76, 72),
    *flute(3, 72, 74, 76, 72),
    *[(2 * BAR + 12 * n, 100, 38, DRUMS) for n in range(2)],
)


@pytest.mark.parametrize(
    ("role", "expected"),
    [
        (BASS, Part(1, 1 / 4, 1 / 4, 36, 36, 0)),
        (PAD, Part(1, 1 / 16, 1, 60, 60, None)),
        (FLUTE, Part(1 / 2, 1, 1 / 2, 72, 76, (2 + 2 + 4 + 0 + 2 + 2 + 4) / 7)),
        (DRUMS, Part(1 / 4, 1 / 2, 1, None, None, None)),
    ],
    ids=["the same in every bar", "one held note", "every second bar", "drums do not last"],
)
def test_a_part(role, expected):
    assert band(FOUR_BARS).of_role[role] == expected


def test_all_parts_together():
    """The top line: the pad, the tune, a note of the bass, and the tune again."""
    found = band(FOUR_BARS)
    leaps = [12, 2, 2, 4, 36, 36, 2, 2, 4]
    assert found.together == Part(1, 15 / 16, 3 / 4, 36, 76, pytest.approx(sum(leaps) / 9))
    assert found.roles_per_bar == (2 + 3 + 3 + 3) / 4


def test_a_top_line_is_that_of_the_highest_notes():
    chords = piece((0, 12, 60, FLUTE), (0, 12, 67, FLUTE), (12, 12, 59, FLUTE), (12, 12, 69, FLUTE))
    assert band(chords).of_role[FLUTE].leap_semitones == 2


def test_a_pickup_is_a_bar():
    notes = Notes.of([0, 12], [12, 12], [60, 62], [FLUTE] * 2)
    pickup = Piece("x", notes, time_signatures=(TimeSignature(-36, 4, 4),))
    assert band(pickup).of_role[FLUTE].bars_share == 1
    assert band(pickup).of_role[FLUTE].distinct_bars_share == 1


def test_a_summary_averages_each_role_over_the_pieces_in_which_it_plays():
    alone = piece(*flute(0, 60, 60, 60, 60))
    found = band_summary([band(FOUR_BARS), band(alone)], [BASS, FLUTE, role_of(5, 1)])
    assert found.roles_mean == (4 + 1) / 2
    assert found.roles_per_bar_mean == (11 / 4 + 1) / 2
    assert list(found.roles) == ["bass", "pipe", "strings 2"]
    assert found.roles["bass"].pieces_share == 1 / 2
    assert found.roles["bass"].mean == band(FOUR_BARS).of_role[BASS]
    assert found.roles["pipe"].mean == Part(3 / 4, 1, 3 / 4, 66, 68, pytest.approx(16 / 7 / 2))
    assert (found.roles["strings 2"].pieces_share, found.roles["strings 2"].mean) == (0, None)
    assert found.drums == band(FOUR_BARS).drums


def test_pieces_without_drums_have_no_drums():
    assert band_summary([band(piece(*flute(0, 60)))], [FLUTE]).drums is None
