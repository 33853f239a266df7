"""Reads ABC, kern and MEI with music21."""

import re
import warnings
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import Any

from music.errors import UnreadablePieceError
from music.reading.band.instrument_names import program_of_names
from music.reading.measures import Measure, WrittenNote, units

ABC = "abc"
_DRUM_CHANNEL = 9  # General MIDI's tenth, counted from 0
_MOST_CHARACTERS = 2**20  # a book of 2,000 tunes has 700,000
_TUNE = re.compile(r"^X:", re.MULTILINE)  # where the tunes of a book start
_TITLE = re.compile(r"^T:\s*(.*\S)", re.MULTILINE)
_MESSAGE_CHARACTERS = 200
_KERN_NAME = '"'  # starts the name of an instrument, as music21 has its *I"Violin


def read_measures(text: str, music21_format: str) -> list[Measure]:
    """Read a score's measures, all parts together.

    Pitches are sounding pitches. Grace notes, chord symbols and unpitched drums are left out.

    Args:
        text: The score.
        music21_format: music21's name of its format.

    Raises:
        UnreadablePieceError: music21 cannot read it, or it is too large.
    """
    import music21  # noqa: PLC0415  half a second and a hundred megabytes that MIDI does not need

    if len(text) > _MOST_CHARACTERS:
        raise UnreadablePieceError(f"longer than {_MOST_CHARACTERS} characters")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a measure too full, say: it is read as it is
            # Its pickles of every file double the time; we keep what we read ourselves.
            score = music21.converter.parseData(text, format=music21_format, storePickle=False)
            return _measures(score.toSoundingPitch(), are_endings_open=music21_format == ABC)
    except Exception as error:  # its parsers raise whatever they stumble over
        reason = " ".join(str(error).split())[:_MESSAGE_CHARACTERS] or type(error).__name__
        raise UnreadablePieceError(f"music21 cannot read it: {reason}") from error


def tunes(book: str) -> list[tuple[str, str]]:
    """Split an ABC tune book into tunes.

    Returns:
        The title and the text of each. The text before the first tune applies to all.
    """
    starts = [match.start() for match in _TUNE.finditer(book)] or [0]
    header = book[: starts[0]]
    texts = [book[start:end] for start, end in zip(starts, [*starts[1:], None], strict=True)]
    titles = [match[1] if (match := _TITLE.search(text)) else "" for text in texts]
    return [(title, header + text) for title, text in zip(titles, texts, strict=True)]


def _measures(score: Any, *, are_endings_open: bool) -> list[Measure]:
    """Read the measures.

    Args:
        score: The score from music21.
        are_endings_open: Whether an ending continues until the next double bar line or repeat
            sign, instead of music21's end.
    """
    parts = list(score.parts) if score.hasPartLikeStreams() else [score]
    written = [list(part.getElementsByClass("Measure")) for part in parts]
    offsets = [[measure.offset for measure in measures] for measures in written]
    if not offsets[0] or any(each != offsets[0] for each in offsets):
        # Without measures, or with different bar lines in parts, nothing can be repeated.
        written, starts = [[] for _ in parts], [0.0]
    else:
        starts = offsets[0]
    ends = [*starts[1:], max(part.highestTime for part in parts)]
    measures = [Measure(units(end - start)) for start, end in zip(starts, ends, strict=True)]
    for number, (part, own) in enumerate(zip(parts, written, strict=True)):
        _add_content(part, number, starts, measures)
        for measure, source in zip(measures, own, strict=False):
            _add_repeats(measure, source)
        _add_endings(part, own, measures, are_open=are_endings_open)
    return measures


def _add_content(
    part: Any, number: int, starts: Sequence[float | Fraction], measures: Sequence[Measure]
) -> None:
    """Add a part's notes, tempos and time signatures to their measures."""
    import music21  # noqa: PLC0415

    flat = part.flatten()
    for mark in flat.getElementsByClass((music21.tempo.MetronomeMark, music21.meter.TimeSignature)):
        measure, offset = _place(mark, starts, measures)
        if isinstance(mark, music21.meter.TimeSignature):
            measure.signature = (mark.numerator, mark.denominator)
        elif bpm := mark.getQuarterBPM():
            measure.tempos.append((offset, float(bpm)))
    is_drum, program = _is_drums(part), _program(part)
    for element, head in _heads(flat):
        measure, onset = _place(element, starts, measures)
        tie = head.tie.type if head.tie else ""
        measure.notes.append(
            WrittenNote(
                onset=onset,
                end=onset + units(element.quarterLength),
                pitch=head.pitch.midi,
                part=number,
                is_tied_from=tie in ("continue", "stop"),
                is_tied_on=tie in ("continue", "start"),
                program=program,
                is_drum=is_drum,
            )
        )


def _place(
    element: Any, starts: Sequence[float | Fraction], measures: Sequence[Measure]
) -> tuple[Measure, int]:
    """Find an element's measure, and its offset there in units."""
    index = max(0, bisect_right(starts, element.offset) - 1)
    return measures[index], units(element.offset - starts[index])


def _is_drums(part: Any) -> bool:
    instrument = part.getInstrument(returnDefault=False)
    return instrument is not None and instrument.midiChannel == _DRUM_CHANNEL


def _program(part: Any) -> int:
    """Return the program of a part's instrument or, without one, of the names that it has."""
    instruments = list(part.recurse().getElementsByClass("Instrument"))
    for instrument in instruments:
        if instrument.midiProgram is not None:
            return int(instrument.midiProgram)
    comments = [each.tandem for each in part.recurse().getElementsByClass("MiscTandem")]
    names = [part.partName, *(each.instrumentName for each in instruments)]
    names += [comment for comment in comments if comment.startswith(_KERN_NAME)]
    return program_of_names(name for name in names if name)


def _heads(flat: Any) -> Iterator[tuple[Any, Any]]:
    """Yield each note head of a part's notes and chords, with its note or chord."""
    import music21  # noqa: PLC0415

    for element in flat.notes:
        if element.duration.isGrace or isinstance(element, music21.harmony.Harmony):
            continue
        heads = element.notes if isinstance(element, music21.chord.Chord) else [element]
        for head in heads:
            if isinstance(head, music21.note.Note):  # not a drum's
                yield element, head


def _add_repeats(measure: Measure, source: Any) -> None:
    import music21  # noqa: PLC0415

    for line in (source.leftBarline, source.rightBarline):
        if isinstance(line, music21.bar.Repeat):
            if line.direction == "start":
                measure.marks.starts_repeat = True
            else:
                measure.marks.plays = max(measure.marks.plays, line.times or 2)


def _add_endings(
    part: Any, own: Sequence[Any], measures: Sequence[Measure], *, are_open: bool
) -> None:
    """Add volta brackets; for some, music21 has only the first and the last measure."""
    indices = {id(source): index for index, source in enumerate(own)}
    for bracket in part.recurse().getElementsByClass("RepeatBracket"):
        spanned = [indices[i] for i in map(id, bracket.getSpannedElements()) if i in indices]
        if spanned:
            last = max(spanned)
            while are_open and last + 1 < len(own) and own[last].rightBarline is None:
                last += 1
            for measure in measures[min(spanned) : last + 1]:
                measure.marks.endings.update(bracket.numberRange)
