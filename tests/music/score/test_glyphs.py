"""Music symbols in text become shapes, one after the other, before the text that follows them."""

import re

import pytest

from music.errors import EngravingError
from music.score.glyphs import draw_symbols

QUARTER, DOT = "\ueca5", "\uecb7"


def text(*runs):
    spans = "\n".join(f"<tspan>{run}</tspan>" for run in runs)
    return f'<text x="100" y="-50" font-size="0px">\n{spans}\n</text>'


def symbol(symbols):
    return f'<tspan font-family="Leipzig" font-size="720px">{symbols}</tspan>'


def words(content):
    return f'<tspan font-size="400px">{content}</tspan>'


@pytest.mark.parametrize(
    "runs", [(symbol(QUARTER + DOT), words(" = 60")), (symbol(QUARTER), symbol(DOT), words("= 60"))]
)
def test_symbols_are_side_by_side_before_the_text(runs):
    page = draw_symbols(f"<g>{text(*runs)}</g>")
    places = [float(x) for x in re.findall(r"translate\(([\d.]+) -50\) scale\(0.72 -0.72\)", page)]
    (after,) = re.findall(r'<text x="([\d.]+)" y="-50" font-size="400px">= 60</text>', page)
    assert places[0] == 100
    assert places[0] < places[1] < float(after)
    assert not re.search("[\ue000-\uf8ff]", page)


def test_text_after_a_symbol_stays_escaped():
    assert "&lt;a &amp; b&gt;</text>" in draw_symbols(
        text(symbol(QUARTER), words(" &lt;a &amp; "), words("b&gt;"))
    )


@pytest.mark.parametrize("runs", [(words("5"),), (words("fast"), symbol(QUARTER)), ()])
def test_text_that_begins_with_no_symbol_stays_as_it_is(runs):
    assert draw_symbols(text(*runs)) == text(*runs)


def test_a_symbol_that_the_font_lacks_is_named():
    with pytest.raises(EngravingError, match="no symbol F8FF"):
        draw_symbols(text(symbol("\uf8ff")))
