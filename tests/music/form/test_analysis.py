"""The form of a piece: sections that return have one letter."""

from dataclasses import replace

import pytest

from music.form.analysis import form_of
from music.notes import Notes, cleaned
from music.piece import Piece, TimeSignature
from music.players.line_up import LineUp
from music.players.roles import DRUMS


def piece(*bars, meter=(4, 4), pickup_ticks=0):
    """Write one quarter note for each digit of each bar, its pitch by the digit."""
    signature = TimeSignature(-pickup_ticks, *meter)
    notes = [
        (signature.start_ticks + number * signature.bar_ticks + 12 * beat, 60 + int(digit))
        for number, bar in enumerate(bars)
        for beat, digit in enumerate(bar)
        if digit != "-"
    ]
    onsets, pitches = zip(*notes, strict=True)
    written = cleaned(Notes.of(onsets, [12] * len(notes), pitches))
    return Piece("x", written, time_signatures=(signature,))


A = ["0246", "1357", "0246", "7531"]
B = ["4444", "3210", "5555", "4321"]
A8 = [*A, "0123", "4567", "7654", "3210"]


@pytest.mark.parametrize(
    ("bars", "expected"),
    [
        ([*A, *A, *B, *A], "A4 A4 B4 A4"),
        ([*A8, *B, "2222", "6543", "1111", "6565", *A8], "A8 B8 A8"),
        (["0246", "1357", "4444", "3210"] * 2, "A4 A4"),
        (["0246", "1357", "4444", "3210", "0246", "1357"], "A4 A2"),
        (["0123", "1234", "2345", "3456", "0123", "1234", "6666", "7777"], "A4 A'4"),
        (["6420", *A, *A], "A1 B4 B4"),
        ([*A, *A, "7777"], "A4 A4 B1"),
        (["0246"], "A1"),
    ],
)
def test_sections_that_return_have_one_letter(bars, expected):
    assert " ".join(f"{s.name}{s.bars}" for s in form_of(piece(*bars))) == expected


B8 = [*B, "2222", "6543", "1111", "6565"]


def with_other_notes(bars: list[str], count: int) -> list[str]:
    """Change the last notes of bars."""
    ends = ["".join(str((int(digit) + 1) % 8) for digit in bar[4 - count :]) for bar in bars]
    return [bar[: 4 - count] + end for bar, end in zip(bars, ends, strict=True)]


@pytest.mark.parametrize(
    ("returning", "returns_in_a_band"),
    [
        (with_other_notes(A8, 1), True),
        ([*with_other_notes(A, 1), "7777", "0000", "2345", "5432"], True),
        (with_other_notes(A8, 2), False),
    ],
    ids=["a note of four differs", "half of the bars are alike", "two notes of four differ"],
)
def test_a_bar_of_a_band_returns_if_most_of_it_does(returning, returns_in_a_band):
    for_piano = piece(*A8, *B8, *returning)
    for_band = replace(for_piano, line_up=LineUp.of({0: 0, DRUMS: 0}))
    forms = [" ".join(f"{s.name}{s.bars}" for s in form_of(p)) for p in (for_piano, for_band)]
    assert [form == "A8 B8 A'8" for form in forms] == [False, returns_in_a_band]


def test_a_pickup_comes_before_the_first_section():
    found = form_of(piece("---0", *A, *A, pickup_ticks=36))
    assert [(s.name, s.bars) for s in found] == [("A", 1), ("B", 4), ("B", 4)]


def test_a_section_with_a_bar_in_which_nothing_starts_returns_exactly():
    held = ["0246", "1357", "2222", "7531", "6420", "4444", "0---", "----"]
    found = form_of(piece(*held, *held, *held, "7777"))
    assert [section.name for section in found][:3] == ["A", "A", "A"]


def test_bars_of_silence_do_not_return():
    bars = [*A, "----", "----", "----", "----", *B, "----", "----", "----", "----", "0---"]
    letters = [section.name for section in form_of(piece(*bars))]
    assert len(set(letters)) == len(letters)


def test_a_form_has_no_more_letters_than_there_are():
    bars = [f"{n // 64 % 8}{n // 8 % 8}{n % 8}7" for n in range(400)]
    assert len(form_of(piece(*bars))) <= 26
