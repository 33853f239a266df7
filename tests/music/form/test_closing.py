"""How a song ends."""

import pytest

from music.form.closing import closed
from music.keys import Mode
from music.notes import Notes
from music.players.roles import DRUMS, role_of

BASS, FLUTE = role_of(4, 0), role_of(9, 0)
C_MAJOR = Notes.of(range(0, 96, 12), [12] * 8, [60, 62, 64, 65, 67, 69, 71, 72])


@pytest.mark.parametrize(
    ("chord", "pitches"),
    [
        ([48, 52, 55], [48, 52, 55]),
        ([50, 52, 55], [48, 52, 55]),
        ([47, 50, 60], [48, 60]),
        ([21], [24]),
        ([108], [108]),
        ([106, 107], [108]),
        ([103, 106], [108]),
    ],
    ids=["closes", "another bass", "a leading note", "lowest", "highest", "above", "far above"],
)
def test_a_chord_closes_on_the_tonic_within_the_pianos_range(chord, pitches):
    last = Notes.of([96] * len(chord), [48] * len(chord), chord)
    assert closed(last, C_MAJOR).pitch.tolist() == pitches


def test_no_tonic_is_above_the_piano():
    d_major = C_MAJOR.transposed(2)
    assert closed(Notes.of([96], [48], [107]), d_major).pitch.tolist() == [98]


def test_a_chord_closes_in_the_key_that_is_wanted():
    chord = Notes.of([96] * 3, [48] * 3, [48, 52, 57])
    in_a_minor = frozenset({(9, Mode.MINOR)})
    assert closed(chord, C_MAJOR).pitch.tolist() == [48, 52]
    assert closed(chord, C_MAJOR, in_a_minor).pitch.tolist() == [45, 48, 52, 57]


def test_drums_stay_in_a_last_chord_and_the_bass_keeps_its_role():
    last = Notes.of([96] * 3, [48, 48, 3], [50, 55, 36], [BASS, FLUTE, DRUMS])
    closing = closed(last, C_MAJOR)
    assert closing.role.tolist() == [BASS, FLUTE, DRUMS]
    assert closing.pitch.tolist() == [48, 55, 36]


def test_drums_alone_close_as_they_are():
    drums = Notes.of([96] * 2, [3] * 2, [36, 49], [DRUMS] * 2)
    assert closed(drums, C_MAJOR) == drums
