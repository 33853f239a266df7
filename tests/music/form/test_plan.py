"""Plans: the sections of a form, their bars, and which bars are composed or copied."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from music.errors import FormError
from music.form.plan import (
    MOST_SECTIONS,
    Plan,
    Section,
    fitted_form,
    nearest_bars,
    section_names,
    shared_form,
)
from music.piece import TimeSignature

METER = TimeSignature(0, 3, 4)


def form(*named):
    return tuple(Section(name, bars) for name, bars in named)


forms = st.lists(st.integers(0, 5), min_size=1, max_size=12).map(
    lambda letters: tuple(Section("ABCDEF"[n], n + 1) for n in letters)
)


@pytest.mark.parametrize(
    ("text", "names"),
    [("A", ["A"]), ("AABA", ["A", "A", "B", "A"]), ("ABA'B'", ["A", "B", "A'", "B'"])],
)
def test_a_form_is_letters_and_primes(text, names):
    assert section_names(text) == tuple(names)


@pytest.mark.parametrize(
    ("text", "fits"),
    [
        ("aaba", "letters A to Z, each a section, with ' for a varied return: AABA'"),
        ("", "letters A to Z"),
        ("A''", "letters A to Z"),
        ("'A", "letters A to Z"),
        ("A B", "letters A to Z"),
        ("AB'", "a form in which B comes before B', which varies it"),
        ("A" * (MOST_SECTIONS + 1), f"a form of up to {MOST_SECTIONS} sections, not 33"),
    ],
)
def test_an_invalid_form_is_refused_with_valid_ones(text, fits):
    with pytest.raises(FormError) as raised:
        section_names(text)
    assert str(raised.value).startswith(fits)


@pytest.mark.parametrize(("bars", "fitting"), [(30, "28 or 32"), (3, "4"), (1, "4"), (5, "4 or 8")])
def test_bars_that_do_not_go_even_are_refused_with_those_that_do(bars, fitting):
    with pytest.raises(FormError, match=f": {fitting}$"):
        shared_form(section_names("AABA"), bars)


def test_bars_are_shared_among_sections():
    assert shared_form(("A", "B'"), 16) == form(("A", 8), ("B'", 8))


@given(forms, st.integers(1, 100))
def test_a_form_is_repeated_until_it_has_so_many_bars(sections, bars):
    fitted = fitted_form(sections, bars)
    assert sum(section.bars for section in fitted) == bars
    assert all(
        (one.name, one.bars) == (other.name, other.bars)
        for one, other in zip(fitted[:-1], sections * 100, strict=False)
    )


@given(forms, st.integers(1, 100))
def test_the_nearest_number_of_bars_is_at_the_end_of_a_section(sections, bars):
    nearest = nearest_bars(sections, bars)
    fitted = fitted_form(sections, nearest)
    assert fitted[-1].bars == sections[(len(fitted) - 1) % len(sections)].bars
    assert abs(nearest - bars) <= max(section.bars for section in sections)


@given(forms, st.booleans(), st.booleans(), st.integers(0, 3))
def test_spans_cover_every_bar_once_and_copy_bars_before_them(sections, ends, loops, intro):
    intro_sections = form(("Intro", intro)) if intro else ()
    plan = Plan(METER, (*intro_sections, *sections), ends=ends, loops=loops, intro_bars=intro)
    covered = [bar for span in plan.spans for bar in range(span.start_bar, span.end_bar)]
    assert covered == list(range(plan.bars))
    for span in plan.spans:
        assert span.copied_from_bar is None or span.copied_from_bar + span.bars <= span.start_bar
        assert span.following_bar is None or span.following_bar < span.start_bar
    assert [span.closes for span in plan.spans] == [False] * (len(plan.spans) - ends) + [True] * (
        ends
    )


def test_returns_are_copied_and_only_the_end_of_a_varied_return_is_new():
    plan = Plan(METER, form(("A", 8), ("B", 8), ("A'", 8), ("A", 8)), ends=False)
    spans = [(span.start_bar, span.bars, span.copied_from_bar) for span in plan.spans]
    assert spans == [(0, 8, None), (8, 8, None), (16, 6, 0), (22, 2, None), (24, 8, 0)]
    assert [span.following_bar for span in plan.spans] == [None, 0, None, 0, None]


def test_a_copy_for_a_varied_return_says_so():
    plan = Plan(METER, form(("A", 8), ("B", 8), ("A'", 8), ("A", 8)), ends=False)
    assert [span.is_varied for span in plan.spans] == [False, False, True, False, False]


@pytest.mark.parametrize(
    ("sections", "contrast_bars"),
    [
        ((("A", 4), ("A'", 4), ("B", 4), ("A", 4), ("C", 4)), (0, 8, 16)),
        ((("A", 2), ("B", 2), ("C", 2), ("D", 3), ("E", 2)), (0, 4, 9)),
        ((("Intro", 2), ("A", 8), ("B", 8)), (0, 10)),
        ((("Intro", 4), ("A", 8)), (0, 4)),
        ((("A", 8), ("A", 8), ("A'", 8)), (0,)),
    ],
)
def test_contrasts_are_new_sections_at_least_four_bars_apart(sections, contrast_bars):
    plan = Plan(METER, form(*sections), ends=False)
    assert plan.contrast_bars == contrast_bars
    begun = [(span.start_bar, span.contrast) for span in plan.spans if span.contrast is not None]
    assert begun == [(bar, number) for number, bar in enumerate(contrast_bars)]


def test_a_section_that_begins_with_kept_bars_is_no_contrast():
    plan = Plan(METER, form(("A", 4), ("B", 4)), ends=False, kept_bars=(0, 4, 5))
    assert [span.contrast for span in plan.spans] == [None] * 4


def test_the_last_bar_of_a_song_that_ends_closes_even_in_a_returning_section():
    plan = Plan(METER, form(("A", 4), ("A", 4)))
    spans = [(s.start_bar, s.bars, s.copied_from_bar, s.closes) for s in plan.spans]
    assert spans == [(0, 4, None, False), (4, 3, 0, False), (7, 1, None, True)]
    assert plan.spans[1].sustain_end_bar == 7


def test_a_song_of_one_bar_only_closes():
    assert [span.closes for span in Plan(METER, form(("A", 1))).spans] == [True]


def test_the_end_of_a_loop_leads_to_its_start():
    plan = Plan(METER, form(("Intro", 2), ("A", 4), ("B", 4)), ends=False, loops=True, intro_bars=2)
    assert plan.spans[-1].following_bar == 2
    assert (plan.loop_start_ticks, plan.end_ticks, plan.form) == (72, 360, "AB")
