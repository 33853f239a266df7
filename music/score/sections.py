"""Brackets the sections of a full score in MusicXML: woodwinds, brass, strings and others.

music21 would write the parts of a group as the staves of one part. So brackets are added to what it
has written.
"""

from collections.abc import Sequence
from itertools import groupby
from xml.etree import ElementTree as ET

from music.score.written_parts import WrittenPart


def bracket_sections(root: ET.Element, parts: Sequence[WrittenPart]) -> None:
    """Bracket sections of two parts or more that have a staff each; bar lines join the staves.

    A section with a part on two staves stays without, since verovio draws no brace in a bracket.

    Args:
        root: A score of these parts, changed in place.
        parts: In their order, in which the parts of a section follow each other.
    """
    listed = next(root.iter("part-list"))
    heads = zip(listed.findall("score-part"), parts, strict=True)
    for _, section in groupby(heads, lambda each: each[1].part and each[1].part.section):
        own = list(section)
        if len(own) > 1 and all(len(part.staves) == 1 for _, part in own):
            _bracket(listed, own[0][0], own[-1][0])


def _bracket(listed: ET.Element, first: ET.Element, last: ET.Element) -> None:
    """Bracket the parts of a list from a first to a last one."""
    # Brackets do not overlap, so all of them may have the same number.
    start = ET.Element("part-group", number="1", type="start")
    ET.SubElement(start, "group-symbol").text = "bracket"
    ET.SubElement(start, "group-barline").text = "yes"
    listed.insert(list(listed).index(last) + 1, ET.Element("part-group", number="1", type="stop"))
    listed.insert(list(listed).index(first), start)
