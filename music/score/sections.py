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
    listed = root.find("part-list")
    if listed is None:
        return
    heads = iter(list(listed.iter("score-part")))
    number = 0
    for _, section in groupby(parts, lambda each: each.part and each.part.section):
        own = [(next(heads), part) for part in section]
        if len(own) > 1 and all(len(part.staves) == 1 for _, part in own):
            number += 1
            places = list(listed)
            listed.insert(places.index(own[-1][0]) + 1, _end(number))
            listed.insert(places.index(own[0][0]), _start(number))


def _start(number: int) -> ET.Element:
    group = ET.Element("part-group", number=str(number), type="start")
    ET.SubElement(group, "group-symbol").text = "bracket"
    ET.SubElement(group, "group-barline").text = "yes"
    return group


def _end(number: int) -> ET.Element:
    return ET.Element("part-group", number=str(number), type="stop")
