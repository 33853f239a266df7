"""Writes staff notation: MusicXML for programs that edit scores, SVG to look at.

`music.meter` and `music.score.staves` divide the notes into bars, staves and voices. This module
spells them in a key and calls music21 and verovio.
"""

import math
import re
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from importlib.resources import files
from itertools import count
from threading import Lock
from typing import Any

import numpy as np

from music.band.parts import Part
from music.errors import EngravingError
from music.form.plan import Plan
from music.meter import Measure, measures, quantized, score_signatures
from music.notes import TICKS_PER_BEAT, Notes
from music.piece import Piece
from music.score.checkpoint import Checkpoint, go_on
from music.score.clefs import Clef, changes
from music.score.drum_kit import drum_head
from music.score.glyphs import draw_symbols
from music.score.instruments import add_instruments, drum_id
from music.score.sections import bracket_sections
from music.score.staves import Bar, Head, Rest, Staff, Stem, Voice
from music.score.written_parts import WrittenPart, written_parts
from music.tempo import tempo_at

_FULL_SCORE = {"pageWidth": 2970, "pageMarginLeft": 200}  # wide, with room for names
_VEROVIO = {
    "adjustPageHeight": True,
    "breaks": "auto",
    "footer": "none",
    "pageWidth": 2000,
    "scale": 40,
    "smuflTextFont": "none",  # its symbols are drawn
    "spacingStaff": 10,
    "svgViewBox": True,
    "xmlIdSeed": 1,
}
# Of the pages that verovio writes.
_VIEW_BOX = re.compile(r'<svg viewBox="0 0 ([0-9.]+) ([0-9.]+)"')
_ROOT_ID = re.compile(r'<svg [^>]*? id="([^"]+)"')
_PLAIN_ID = re.compile(r' id="([a-z0-9]+)"')


_MIDDLE_C = 60
_CLEFS: dict[Clef, str] = {  # music21's names
    "treble 8va": "Treble8vaClef",
    "treble": "TrebleClef",
    "treble 8vb": "Treble8vbClef",
    "bass": "BassClef",
    "bass 8vb": "Bass8vbClef",
    "percussion": "PercussionClef",
}

_numbers = count()  # of drum heads, for as long as music21 needs ids
_engraving = Lock()  # verovio numbers its elements with one generator per process


def to_musicxml(
    piece: Piece,
    bars: int | None = None,
    checkpoint: Checkpoint = go_on,
    plan: Plan | None = None,
) -> str:
    """Write a piece with its meters and tempos and an inferred key.

    A piece for one piano has two staves; one for a band is a full score, in which all instruments
    are written as they sound. A piece of unknown meter is written in 4/4. The same piece gives the
    same text.

    Args:
        piece: Any piece; music21 takes tens of milliseconds per bar.
        bars: The number of bars from the beginning, at least 1; None for all.
        checkpoint: Called before each bar and before the score is exported; may raise.
        plan: Its sections become rehearsal marks.

    Raises:
        ValueError: `bars` is less than 1.
    """
    if bars is not None and bars < 1:
        raise ValueError(f"a score has 1 bar or more, not {bars}")
    notes, all_bars = _barred(piece)
    written = all_bars[:bars]
    is_whole = len(written) == len(all_bars)
    parts = written_parts(notes, written, piece.line_up)
    score = _score(piece, written, parts, checkpoint, is_whole=is_whole)
    if plan is not None:
        _mark_sections(score.parts[0], written, plan)
    checkpoint()
    return _exported(score, parts)


def to_svg(musicxml: str, checkpoint: Checkpoint = go_on) -> tuple[str, ...]:
    """Engrave a score page by page; the same score gives the same pages.

    Args:
        musicxml: The score.
        checkpoint: Called before the score is read and before each page; may raise.

    Raises:
        EngravingError: verovio cannot read it.
    """
    import verovio  # noqa: PLC0415  only for who looks at scores

    with _engraving:
        checkpoint()
        toolkit = verovio.toolkit(False)  # noqa: FBT003  without fonts, for now
        # verovio knows the folder of its fonts only in the thread that imported it.
        toolkit.setResourcePath(str(files("verovio") / "data"))
        is_full_score = musicxml.count("<score-part ") > 1
        toolkit.setOptions(_VEROVIO | (_FULL_SCORE if is_full_score else {}))
        if not toolkit.loadData(musicxml):
            raise EngravingError("verovio cannot read the score")
        pages = []
        for page in range(1, toolkit.getPageCount() + 1):
            checkpoint()
            pages.append(draw_symbols(toolkit.renderToSVG(page)))
        return tuple(pages)


def to_one_svg(pages: Sequence[str]) -> str:
    """Arrange the pages of `to_svg` below each other in one image."""
    sizes = [[float(size) for size in _VIEW_BOX.findall(page)[0]] for page in pages]
    width, height = max(w for w, _ in sizes), sum(h for _, h in sizes)
    tops = [sum(h for _, h in sizes[:number]) for number in range(len(sizes))]
    placed = [
        _placed(page, number, size, top)
        for number, (page, size, top) in enumerate(zip(pages, sizes, tops, strict=True))
    ]
    outer = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:g}" height="{height:g}" '
        f'viewBox="0 0 {width:g} {height:g}">'
    )
    return "\n".join((outer, *placed, "</svg>"))


def _placed(page: str, number: int, size: Sequence[float], top: float) -> str:
    """Place a page within the image, with unique ids."""
    (own,) = _ROOT_ID.findall(page)[:1]
    page = page.replace(own, f"{own}-{number}")  # the signs', too, and what refers to them
    page = _PLAIN_ID.sub(rf' id="\1-{number}"', page)
    width, height = size
    return page.replace("<svg ", f'<svg y="{top:g}" width="{width:g}" height="{height:g}" ', 1)


def _barred(piece: Piece) -> tuple[Notes, list[Measure]]:
    """Divide a piece into bars, and move its notes to positions that can be notated."""
    signatures = score_signatures(piece)
    # Notes that rounding has moved still end within a bar.
    spare = measures(signatures, piece.notes.end_ticks + TICKS_PER_BEAT)
    notes = quantized(piece.notes, spare)
    return notes, _from_the_pickup(measures(signatures, notes.end_ticks), notes)


def _from_the_pickup(bars: list[Measure], notes: Notes) -> list[Measure]:
    """Shorten a first bar that starts before the piece, so that it starts with the first note."""
    first, *others = bars
    if first.start_ticks >= 0 or not len(notes):
        return bars
    lead_ticks = int(notes.onset_ticks[0]) - first.start_ticks
    if others and lead_ticks >= first.ticks:  # rounding moved the pickup to the bar line
        return others
    return [replace(first, lead_ticks=lead_ticks), *others]


def _exported(score: Any, parts: Sequence[WrittenPart]) -> str:
    """Write music21's score with its instruments, without its date and random ids."""
    from music21.musicxml import m21ToXml  # noqa: PLC0415  half a second

    prepared = m21ToXml.GeneralObjectExporter().fromGeneralObject(score)
    exporter = m21ToXml.ScoreExporter(prepared)
    root = exporter.parse()
    add_instruments(root, parts)
    bracket_sections(root, parts)
    for encoding in root.iter("encoding"):
        encoding.remove(encoding.find("encoding-date"))
    xml: bytes = exporter.asBytes()
    return xml.decode()


def _score(
    piece: Piece,
    bars: Sequence[Measure],
    written: Sequence[WrittenPart],
    checkpoint: Checkpoint,
    *,
    is_whole: bool,
) -> Any:
    """Build music21's score, in which each staff is a part."""
    from music21 import bar, layout, metadata, stream  # noqa: PLC0415  half a second

    sharps = _sharps(piece.notes.melodic())
    score = stream.Score()
    score.metadata = metadata.Metadata(title=piece.name, composer="")
    for part in written:
        staves = [
            _staff(staff, bars, sharps, clefs, checkpoint)
            for staff, clefs in zip(part.staves, part.clefs, strict=True)
        ]
        for staff in staves:
            if part.part is not None:
                _name(staff, part.part, len(score.parts))
            if is_whole:
                staff.getElementsByClass("Measure").last().rightBarline = bar.Barline("final")
            score.insert(0, staff)
        if len(staves) > 1:
            score.insert(0, layout.StaffGroup(staves, symbol="brace"))
    _mark_tempos(score.parts[0], piece, bars)
    return score


def _name(staff: Any, part: Part, number: int) -> None:
    """Name a staff, with an instrument that has a channel, or music21 warns that none is left."""
    from music21 import instrument  # noqa: PLC0415  as in _score

    staff.partName, staff.partAbbreviation = part.name, part.abbreviation
    unnamed = instrument.Instrument()
    unnamed.midiChannel = number
    staff.insert(0, unnamed)


def _sharps(notes: Notes) -> int:
    """Infer the key from how long each pitch sounds; flats are negative.

    Of two spellings, the one with fewer is right: D flat major has 5 flats, C sharp major 7 sharps.

    Source: Krumhansl and Schmuckler's algorithm, as in music21.
    """
    from music21 import note, stream  # noqa: PLC0415  as in _score

    ticks = np.bincount(notes.pitch % 12, notes.duration_ticks, minlength=12)
    sounds = stream.Stream()
    for pitch_class in np.flatnonzero(ticks).tolist():
        lasting = ticks[pitch_class] / TICKS_PER_BEAT
        sounds.append(note.Note(_MIDDLE_C + pitch_class, quarterLength=lasting))
    return int(math.remainder(sounds.analyze("key").sharps, 12)) if len(sounds) else 0


def _mark_tempos(part: Any, piece: Piece, bars: Sequence[Measure]) -> None:
    """Write the tempo at the start of every bar in which it differs from the previous bar."""
    from music21 import tempo  # noqa: PLC0415  as in _score

    shown = None
    for bar, measure in zip(bars, part.getElementsByClass("Measure"), strict=True):
        bpm = round(tempo_at(piece.tempos, bar.start_ticks))
        if bpm != shown:
            measure.insert(0, tempo.MetronomeMark(number=bpm))
            shown = bpm


def _mark_sections(part: Any, bars: Sequence[Measure], plan: Plan) -> None:
    """Write the name of each section at its first bar."""
    from music21 import expressions  # noqa: PLC0415  as in _score

    names = {
        plan.ticks(bar): section.name
        for bar, section in zip(plan.start_bars, plan.sections, strict=True)
    }
    for bar, measure in zip(bars, part.getElementsByClass("Measure"), strict=True):
        if bar.start_ticks in names:
            measure.insert(0, expressions.RehearsalMark(names[bar.start_ticks]))


def _staff(
    staff: Staff,
    bars: Sequence[Measure],
    sharps: int,
    clefs: Sequence[Clef],
    checkpoint: Checkpoint,
) -> Any:
    from music21 import clef as music21_clefs  # noqa: PLC0415  as in _score
    from music21 import key, meter, stream  # noqa: PLC0415  as in _score

    part = stream.PartStaff()
    is_drums = clefs[0] == "percussion"
    shown = None
    contents = zip(staff, bars, changes(clefs), strict=True)
    for number, (content, bar, clef) in enumerate(contents, 1):
        checkpoint()
        measure = stream.Measure(number=number)
        if clef is not None:
            measure.clef = getattr(music21_clefs, _CLEFS[clef])()
        if number == 1 and not is_drums:
            measure.keySignature = key.KeySignature(sharps)
        if bar.meter != shown:
            shown = bar.meter
            measure.timeSignature = meter.TimeSignature(f"{shown.numerator}/{shown.denominator}")
        measure.paddingRight = _quarters(bar.meter.bar_ticks - bar.ticks)
        if bar.lead_ticks:
            measure.paddingLeft = _quarters(bar.lead_ticks)
            measure.showNumber = stream.enums.ShowNumber.NEVER  # "implicit" in MusicXML
        _fill(measure, content, None if is_drums else sharps, bar.lead_ticks)
        if not is_drums:
            _show_accidentals(measure, key.KeySignature(sharps))
        part.append(measure)
    return part


def _fill(measure: Any, bar: Bar, sharps: int | None, lead_ticks: int) -> None:
    """Write a bar's voices; the stems of two voices point away from each other."""
    from music21 import stream  # noqa: PLC0415  as in _score

    if len(bar) == 1:
        _write(measure, bar[0], sharps, lead_ticks)
        return
    for number, (voice, direction) in enumerate(zip(bar, ("up", "down"), strict=True), 1):
        line = stream.Voice(id=str(number))
        _write(line, voice, sharps, lead_ticks, direction)
        measure.insert(0, line)


def _write(
    line: Any, voice: Voice, sharps: int | None, lead_ticks: int, direction: str | None = None
) -> None:
    """Write a voice into a measure or into music21's voice.

    Args:
        line: Empty so far, changed in place.
        voice: Of one bar.
        sharps: The sharps of the key signature; flats are negative. None for drums.
        lead_ticks: The ticks of the bar that are not notated.
        direction: The direction of all stems; by default the engraver decides.
    """
    for one in voice:
        element = _rest(one) if isinstance(one, Rest) else _stem(one, sharps)
        if isinstance(one, Stem) and direction:
            element.stemDirection = direction
        elif isinstance(one, Rest) and len(voice) == 1:
            element.fullMeasure = True  # written alike in any meter
        line.insert(_quarters(one.start - lead_ticks), element)


def _rest(rest: Rest) -> Any:
    from music21 import note  # noqa: PLC0415  as in _score

    written = note.Rest(quarterLength=_quarters(rest.ticks))
    written.style.hideObjectOnPrint = not rest.is_shown
    return written


def _stem(stem: Stem, sharps: int | None) -> Any:
    from music21 import chord, percussion  # noqa: PLC0415  as in _score

    if sharps is None:
        heads = [_drum_head(head) for head in stem.heads]
        gathered = percussion.PercussionChord
    else:
        heads = [_head(head, sharps) for head in stem.heads]
        gathered = chord.Chord
    written = heads[0] if len(heads) == 1 else gathered(heads)
    written.quarterLength = _quarters(stem.ticks)
    return written


def _drum_head(head: Head) -> Any:
    from music21 import note  # noqa: PLC0415  as in _score

    place = drum_head(head.pitch)
    written = note.Unpitched(displayName=place.place)
    written.notehead = place.shape
    written.id = drum_id(head.pitch, next(_numbers))
    return written


def _head(head: Head, sharps: int) -> Any:
    from music21 import note, tie  # noqa: PLC0415  as in _score

    written = note.Note(_spelled(head.pitch, sharps))
    if head.tie:
        written.tie = tie.Tie(head.tie)
    return written


def _show_accidentals(measure: Any, signature: Any) -> None:
    """Show accidentals that differ from the signature, or from an earlier one in the bar."""
    from music21 import pitch as pitches  # noqa: PLC0415  as in _score

    holding: dict[tuple[str, int], float] = {}
    heads = [head for stem in measure.flatten().notes for head in getattr(stem, "notes", (stem,))]
    for head in heads:
        place = head.pitch.step, head.pitch.octave
        given = signature.accidentalByStep(head.pitch.step)
        before = holding.get(place, given.alter if given else 0)
        is_tied = head.tie is not None and head.tie.type != "start"
        shown = head.pitch.alter != before and not is_tied
        if not is_tied:
            holding[place] = head.pitch.alter
        if head.pitch.accidental is None and shown:
            head.pitch.accidental = pitches.Accidental("natural")
        if head.pitch.accidental is not None:
            head.pitch.accidental.displayStatus = shown


def _quarters(ticks: int) -> Fraction:
    return Fraction(ticks, TICKS_PER_BEAT)


def _spelled(pitch: int, sharps: int) -> Any:
    """Spell a pitch in the key: from three fifths below the signature's notes to eight above.

    In C, these are E flat to G sharp.
    """
    from music21 import pitch as pitches  # noqa: PLC0415  as in _score

    fifths = sharps - 3 + (7 * pitch - (sharps - 3)) % 12
    letter, alter = "CGDAEBF"[fifths % 7], (fifths + 1) // 7
    name = letter + ("#" * alter if alter > 0 else "-" * -alter)
    return pitches.Pitch(name, octave=(pitch - alter) // 12 - 1)
