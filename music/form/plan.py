"""The plan of a song: its meter, its sections, and which bars are composed or copied.

A form names sections by letters: sections of one letter are the same music, and a prime marks a
varied return (AABA').
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import accumulate, cycle, groupby

from music.errors import FormError, KeepError
from music.piece import TimeSignature

MOST_SECTIONS = 32  # of a form
MOST_BARS = 256
MOST_INTRO_BARS = 16
INTRO = "Intro"
_PRIME = "'"
_NAME = re.compile(f"[A-Z]{_PRIME}?")
FORM_PATTERN = f"([A-Z]{_PRIME}?)+"
_FORM = re.compile(FORM_PATTERN)
_BARS = "[1-9][0-9]{0,2}(-[1-9][0-9]{0,2})?"
KEEP_PATTERN = f"{_BARS}(,{_BARS})*"
_KEEP = re.compile(KEEP_PATTERN)
_FEWEST_CONTRAST_BARS = 4
_VARIED_SHARE = 4  # a varied return has new bars in its last quarter


@dataclass(frozen=True)
class Section:
    """One section of a form.

    Attributes:
        name: A letter, with a prime for a varied return, or `INTRO`.
        bars: 1 or more.
    """

    name: str
    bars: int

    @property
    def letter(self) -> str:
        """The name without a prime; sections with the same letter are the same music."""
        return self.name.rstrip(_PRIME)

    @property
    def is_varied(self) -> bool:
        """Whether it returns with new bars at its end."""
        return self.name.endswith(_PRIME)

    @property
    def varied_bars(self) -> int:
        """The number of new bars at the end of a return: 0 if it is exact, otherwise 1 or more."""
        return max(1, self.bars // _VARIED_SHARE) if self.is_varied else 0


Form = tuple[Section, ...]


@dataclass(frozen=True)
class Span:
    """Some bars of a plan that are composed or copied in one go.

    Attributes:
        start_bar: Its first bar, counted from 0.
        bars: 1 or more.
        sustain_end_bar: The bar line at which its notes end at the latest.
        copied_from_bar: The bar that its first bar repeats; None where it is new.
        closes: Whether it is the bar that ends the song.
        following_bar: The known bar that is played after it, an earlier one or a kept one at its
            own place; None where that is new or nothing.
        is_kept: Whether it is taken from music of the caller, a song that is revised or a theme.
        is_varied: Whether it is copied for a return that is varied.
        contrast: Which contrast it begins, counted from 0: new music that lasts; None where it
            begins none.
    """

    start_bar: int
    bars: int
    sustain_end_bar: int
    copied_from_bar: int | None = None
    closes: bool = False
    following_bar: int | None = None
    is_kept: bool = False
    is_varied: bool = False
    contrast: int | None = None

    @property
    def end_bar(self) -> int:
        """The bar after its last."""
        return self.start_bar + self.bars


@dataclass(frozen=True)
class Plan:
    """What is decided about a song before it is composed.

    Attributes:
        meter: Its start is the first bar line of the plan, in the song's ticks: 0 or more, or less
            where a song is revised that begins within a bar.
        sections: One or more.
        ends: Whether its last bar closes; otherwise the music stops at the bar line.
        loops: Whether its end leads to the start of the loop.
        intro_bars: The bars before the loop, 0 or more.
        kept_bars: Those that are taken from music of the caller, counted from 0, rising. A section
            that returns does not keep bars of its own.
    """

    meter: TimeSignature
    sections: Form
    ends: bool = True
    loops: bool = False
    intro_bars: int = 0
    kept_bars: tuple[int, ...] = ()

    @property
    def bars(self) -> int:
        """How many bars it has."""
        return sum(section.bars for section in self.sections)

    @property
    def start_bars(self) -> tuple[int, ...]:
        """The first bar of each section, counted from 0."""
        return tuple(accumulate((s.bars for s in self.sections[:-1]), initial=0))

    @property
    def section_start_ticks(self) -> tuple[int, ...]:
        """Where in the song each section starts, 0 or more."""
        return tuple(max(0, self.ticks(bar)) for bar in self.start_bars)

    @property
    def end_ticks(self) -> int:
        """The bar line after the last bar."""
        return self.ticks(self.bars)

    @property
    def loop_start_ticks(self) -> int:
        """The bar line to which the end leads, in a song that loops."""
        return self.ticks(self.intro_bars)

    @cached_property
    def contrast_bars(self) -> tuple[int, ...]:
        """The bars at which a section with new music begins that can differ from what came before.

        The first bar, and later ones that are at least four bars apart: two bars of each music
        would be a patchwork.
        """
        found: list[int] = []
        letters: set[str] = set()
        for start, section in zip(self.start_bars, self.sections, strict=True):
            is_far = not found or start - found[-1] >= _FEWEST_CONTRAST_BARS
            if section.letter not in letters and is_far:
                found.append(start)
            letters.add(section.letter)
        return tuple(found)

    @property
    def form(self) -> str:
        """The names of the sections, one after the other, without an intro."""
        return "".join(section.name for section in self.sections if section.name != INTRO)

    def ticks(self, bar: int) -> int:
        """Return the song's ticks at the start of a bar, counted from 0."""
        return self.meter.start_ticks + bar * self.meter.bar_ticks

    @cached_property
    def spans(self) -> tuple[Span, ...]:
        """The bars in the order in which they are composed."""
        spans: list[Span] = []
        first_bar_of: dict[str, int] = {}
        closing_bar = self.bars - 1 if self.ends else self.bars
        for start, section in zip(self.start_bars, self.sections, strict=True):
            end = min(start + section.bars, closing_bar)
            original = first_bar_of.setdefault(section.letter, start)
            copied = 0 if original == start else section.bars - section.varied_bars
            new_from = min(start + copied, end)
            if new_from > start:
                copy = Span(start, new_from - start, end, original, is_varied=section.is_varied)
                spans.append(copy)
            spans += self._divided(new_from, end)
        if self.ends:
            spans.append(Span(closing_bar, 1, self.bars, closes=True))
        return tuple(self._leading_on(spans))

    def _divided(self, start_bar: int, end_bar: int) -> Iterator[Span]:
        """Divide bars into new ones and kept ones, whose notes may last to the end."""
        kept, contrasts = set(self.kept_bars), self.contrast_bars
        for is_kept, group in groupby(range(start_bar, end_bar), kept.__contains__):
            numbers = list(group)
            start, end = numbers[0], numbers[-1] + 1
            begins = not is_kept and start in contrasts
            contrast = contrasts.index(start) if begins else None
            sustain_end = end_bar if is_kept else end
            yield Span(start, end - start, sustain_end, is_kept=is_kept, contrast=contrast)

    def _leading_on(self, spans: Sequence[Span]) -> list[Span]:
        """Say of each span which known bar comes after it."""
        after = [span.start_bar if span.is_kept else span.copied_from_bar for span in spans[1:]]
        loop_bar = self.intro_bars if self.loops else None
        return [
            replace(span, following_bar=bar if self._is_known(bar, span) else None)
            for span, bar in zip(spans, [*after, loop_bar], strict=True)
        ]

    def _is_known(self, bar: int | None, span: Span) -> bool:
        """Return whether a bar is kept, or composed before a span is."""
        return bar is not None and (bar < span.start_bar or bar == span.end_bar)


def section_names(form: str) -> tuple[str, ...]:
    """Read the names of a form's sections.

    Raises:
        FormError: It is not a form; the message says what would fit.
    """
    names = tuple(_NAME.findall(form)) if _FORM.fullmatch(form) else ()
    if not names:
        raise FormError("letters A to Z, each a section, with ' for a varied return: AABA'")
    if len(names) > MOST_SECTIONS:
        raise FormError(f"a form of up to {MOST_SECTIONS} sections, not {len(names)}")
    for number, name in enumerate(names):
        if name.endswith(_PRIME) and name[0] not in {other[0] for other in names[:number]}:
            raise FormError(f"a form in which {name[0]} comes before {name}, which varies it")
    return names


def kept_bars(text: str) -> tuple[int, ...]:
    """Read bars, which the text counts from 1; they are counted from 0 here, rising.

    Raises:
        KeepError: The text does not name bars; the message says what would fit.
    """
    bars: set[int] = set()
    for part in text.split(",") if _KEEP.fullmatch(text) else ():
        first, _, last = part.partition("-")
        bars.update(range(int(first) - 1, int(last or first)))
    if not bars or max(bars) >= MOST_BARS:
        raise KeepError(f"bars from 1 to {MOST_BARS}: 1-8,13-16")
    return tuple(sorted(bars))


def kept_bars_text(bars: Sequence[int]) -> str:
    """Write bars as `kept_bars` reads them."""
    runs = [
        [bar for _, bar in run] for _, run in groupby(enumerate(bars), lambda at: at[1] - at[0])
    ]
    return ",".join(
        f"{run[0] + 1}" if len(run) == 1 else f"{run[0] + 1}-{run[-1] + 1}" for run in runs
    )


def shared_form(names: Sequence[str], bars: int) -> Form:
    """Share bars among sections, all of the same length.

    Raises:
        FormError: That does not go even; the message says what would fit.
    """
    if bars % len(names):
        lower = bars // len(names) * len(names)
        fitting = [str(n) for n in (lower, lower + len(names)) if 0 < n <= MOST_BARS]
        raise FormError(
            f"bars of which each of the {len(names)} sections gets as many: {' or '.join(fitting)}"
        )
    return tuple(Section(name, bars // len(names)) for name in names)


def fitted_form(form: Form, bars: int) -> Form:
    """Repeat a form until it has so many bars, and cut it there."""
    fitted: list[Section] = []
    left = bars
    for section in cycle(form):
        taken = min(section.bars, left)
        fitted.append(Section(section.name, taken))
        left -= taken
        if not left:
            break
    return tuple(fitted)


def nearest_bars(form: Form, bars: int) -> int:
    """Return the number of bars near `bars`, 1 or more, at which a section of the form ends."""
    lengths = (section.bars for section in cycle(form))
    before = 0
    for end in accumulate(lengths):
        if end >= bars:
            return end if end - bars <= bars - before or not before else before
        before = end
    raise AssertionError("a form has sections")
