"""Keys: their names, and how notes are held against them."""

import pytest

from music.errors import CharacterError
from music.keys import Mode, NamedKey, find_key, key_margin
from music.notes import Notes

C_MAJOR = Notes.of(range(0, 96, 12), [12] * 8, [60, 62, 64, 65, 67, 69, 71, 72])
A_MINOR = frozenset({(9, Mode.MINOR)})
MINOR_KEYS = frozenset((tonic, Mode.MINOR) for tonic in range(12))


@pytest.mark.parametrize(
    ("name", "tonic", "mode"),
    [
        ("C", 0, Mode.MAJOR),
        ("Am", 9, Mode.MINOR),
        ("F#m", 6, Mode.MINOR),
        ("Bb", 10, Mode.MAJOR),
        ("Cb", 11, Mode.MAJOR),
        ("B#m", 0, Mode.MINOR),
    ],
)
def test_a_key_is_read_by_its_name(name, tonic, mode):
    assert NamedKey.of(name) == NamedKey(tonic, mode, name)


@pytest.mark.parametrize("name", ["", "c", "H", "C##", "Cmin", "C minor", "mC", "F♯", "C\n"])
def test_another_name_is_refused_with_some_that_fit(name):
    with pytest.raises(CharacterError, match=r"a letter from A to G, .* C, F#m or Bb") as refusal:
        NamedKey.of(name)
    assert refusal.value.parameter == "key"


def test_the_key_is_found_among_some():
    assert (find_key(C_MAJOR).tonic, find_key(C_MAJOR).mode) == (0, Mode.MAJOR)
    assert find_key(C_MAJOR, A_MINOR).tonic == 9
    assert find_key(C_MAJOR, MINOR_KEYS).mode is Mode.MINOR
    assert find_key(C_MAJOR, A_MINOR).margin < 0 < find_key(C_MAJOR).margin


def test_a_margin_is_above_0_where_the_key_is_one_of_the_wanted():
    assert key_margin(C_MAJOR, frozenset({(0, Mode.MAJOR)})) == find_key(C_MAJOR).margin
    assert key_margin(C_MAJOR, MINOR_KEYS) < 0
    moved = key_margin(C_MAJOR.transposed(2), MINOR_KEYS)
    assert moved == pytest.approx(key_margin(C_MAJOR, MINOR_KEYS))
