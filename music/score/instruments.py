"""The instruments of a score's parts in MusicXML: MIDI programs, and the keys of a drum kit.

music21 writes one instrument of each of its classes, and knows no drum kit. So these elements are
added to what it has written. A drum's head carries its key in its id until then.
"""

from collections.abc import Iterable, Sequence
from xml.etree import ElementTree as ET

from music.band.channels import channels_of
from music.band.parts import Part
from music.score.drum_kit import drum_head
from music.score.written_parts import WrittenPart

_BEFORE_INSTRUMENT = ("duration", "tie", "unpitched", "chord", "grace", "cue")


def drum_id(key: int, number: int) -> str:
    """Return the id of a drum's head, which is unique in the score and carries its key."""
    return f"key-{key}-{number}"


def add_instruments(root: ET.Element, parts: Sequence[WrittenPart]) -> None:
    """Number the parts of a score, and add their instruments.

    Args:
        root: A score of these parts, changed in place.
        parts: In their order.
    """
    listed, written = list(root.iter("score-part")), list(root.iter("part"))
    for number, (head, music) in enumerate(zip(listed, written, strict=True), 1):
        head.set("id", f"P{number}")
        music.set("id", f"P{number}")
    band = [each.part for each in parts if each.part is not None]
    for head, music, one, channel in zip(listed, written, parts, channels_of(band), strict=False):
        if one.part is not None:
            head.extend(_instruments(head.attrib["id"], one.part, one.drum_keys, channel.number))
            _name_drums(music)


def _instruments(
    part_id: str, part: Part, drum_keys: Iterable[int], channel: int
) -> list[ET.Element]:
    """Return a part's instruments: of drums, one for each key."""
    named: list[tuple[str, str, int | None]]
    if part.is_drums:
        named = [(f"{part_id}-I{key}", drum_head(key).name, key) for key in drum_keys]
    else:
        named = [(f"{part_id}-I1", part.instrument, None)]
    scored, sounding = [], []
    for instrument_id, name, key in named:
        scored.append(ET.Element("score-instrument", id=instrument_id))
        ET.SubElement(scored[-1], "instrument-name").text = name
        midi = ET.Element("midi-instrument", id=instrument_id)
        # MusicXML counts channels, programs and keys from 1.
        ET.SubElement(midi, "midi-channel").text = str(channel + 1)
        ET.SubElement(midi, "midi-program").text = str(part.program + 1)
        if key is not None:
            ET.SubElement(midi, "midi-unpitched").text = str(key + 1)
        sounding.append(midi)
    return [*scored, *sounding]


def _name_drums(part: ET.Element) -> None:
    """Let each drum's head refer to its instrument, instead of carrying its key in its id."""
    for note in part.iter("note"):
        if note.find("unpitched") is not None:
            _, key, _ = note.attrib.pop("id").split("-")
            after = max(n for n, child in enumerate(note) if child.tag in _BEFORE_INSTRUMENT)
            note.insert(after + 1, ET.Element("instrument", id=f"{part.attrib['id']}-I{key}"))
