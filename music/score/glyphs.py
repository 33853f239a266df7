"""Music symbols in the text of a score's picture, drawn as shapes.

verovio writes the note of a tempo mark as a character of its music font, and embeds that font for
browsers. Programs that read no embedded fonts, such as librsvg and Inkscape, show an empty box.
"""

import re
from functools import lru_cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import NamedTuple
from xml.etree import ElementTree as ET

from music.errors import EngravingError

FONT = "Leipzig"  # verovio's default
_EM = 1000  # units of the font
_GAP = 0.25  # ems of the text, from a symbol to the text after it

# A text whose position is given, and its runs, as verovio writes them.
_TEXT = re.compile(
    r'<text x="(-?\d+)" y="(-?\d+)" font-size="0px">((?:(?!</text>).)*)</text>', re.DOTALL
)
_RUN = re.compile(r'<tspan (?:font-family="(\w+)" )?font-size="(\d+)px">([^<]*)</tspan>')


class _Glyph(NamedTuple):
    """An outline, with y upwards, and how far the next symbol is from it, both in font units."""

    path: str
    advance: float


def draw_symbols(page: str) -> str:
    """Replace the symbols that begin a text by their outlines, and move the text after them.

    Args:
        page: SVG, as verovio writes it.

    Raises:
        EngravingError: The font lacks a symbol.
    """
    return _TEXT.sub(_drawn, page)


def _drawn(text: re.Match[str]) -> str:
    x, y = float(text[1]), float(text[2])
    runs = _RUN.findall(text[3])
    if not runs or runs[0][0] != FONT:
        return text[0]
    shapes, words, size = [], "", 0.0
    for font, px, content in runs:
        if font != FONT:
            words, size = words + content, float(px)
            continue
        for symbol in content:
            glyph, scale = _glyph(symbol), float(px) / _EM
            shapes.append(
                f'<path transform="translate({x:g} {y:g}) scale({scale:g} {-scale:g})" '
                f'd="{glyph.path}" />'
            )
            x += glyph.advance * scale
    x += _GAP * size
    shapes.append(
        f'<text x="{x:g}" y="{y:g}" font-size="{size:g}px">{" ".join(words.split())}</text>'
    )
    return "".join(shapes)


@lru_cache
def _glyph(symbol: str) -> _Glyph:
    """Look a symbol up in verovio's font."""
    code, fonts = f"{ord(symbol):04X}", files("verovio") / "data"
    metrics = _parsed(fonts / f"{FONT}.xml").find(f"g[@c='{code}']")
    if metrics is None:
        raise EngravingError(f"verovio's font has no symbol {code}")
    shape = _parsed(fonts / FONT / f"{code}.xml").find("path")
    path = "" if shape is None else shape.attrib["d"]  # a space has none
    return _Glyph(path, float(metrics.attrib["h-a-x"]))


def _parsed(file: Traversable) -> ET.Element:
    return ET.fromstring(file.read_text())  # noqa: S314  verovio's own
