"""Reads MusicXML: the notes of every measure, and how measures follow each other.

A walk over the elements takes a fiftieth of the time that music21 takes.
Source of the elements' meaning: MusicXML 4.0, https://www.w3.org/2021/06/musicxml40/.
"""

import math
import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from xml.etree.ElementTree import Element

from music.errors import UnreadablePieceError
from music.reading.band.instrument_names import (
    PIANO_PROGRAM,
    VOICE_PROGRAM,
    program_of_names,
)
from music.reading.measures import UNITS_PER_BEAT, Measure, WrittenNote

_DRUM_CHANNEL = "10"  # General MIDI's tenth, counted from 1
_VOICE_SOUND = "voice."  # of the sounds that MusicXML 4.0 lists
_NO_KEY = -1
_GENERAL_MIDI = range(128)
_NOTHING = Element("nothing")
_LARGEST_NUMBER = 10**9
_FEWEST_DIVISIONS = 0.01
_STEPS = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
_BEATS_OF_UNIT = {"whole": 4.0, "half": 2.0, "quarter": 1.0, "eighth": 0.5, "16th": 0.25}
_INTEGER = re.compile(r"\d{1,4}")
_ENDING = re.compile(r"\b\d{1,2}\b")
# Jumps that are only words in a score, without a <sound> that plays them.
_DA_CAPO = re.compile(r"\W*(?:d\. ?c\b|da capo\b)", re.IGNORECASE)
_DAL_SEGNO = re.compile(r"\W*(?:d\. ?s\b|dal segno\b)", re.IGNORECASE)
_TO_CODA = re.compile(r"\W*to coda\b", re.IGNORECASE)
_FINE = re.compile(r"\W*fine\W*", re.IGNORECASE)
_UNNAMED = ""  # a segno or coda without a name in a <sound>
_DECIMAL = re.compile(r"\d{1,4}(?:\.\d{1,6})?")


class _MalformedError(Exception):
    """An element is malformed; the message says which."""


def read_measures(root: Element) -> list[Measure]:
    """Read a score's measures, all parts together.

    Pitches are sounding pitches. Grace notes, cue notes and drums without a key of a kit are left
    out.

    Args:
        root: `score-partwise` or `score-timewise`.

    Raises:
        UnreadablePieceError: It is not MusicXML, or an element is malformed.
    """
    parts = _parts(root)
    measures: list[Measure] = []
    for number, (part, elements) in enumerate(parts.items()):
        reader = _PartReader(number, _instruments_of(root, part), measures)
        for element in elements:
            try:
                reader.read(element)
            except _MalformedError as error:
                where = f"measure {element.get('number')} of part {part}"
                raise UnreadablePieceError(f"broken MusicXML in {where}: {error}") from error
    return measures


def _parts(root: Element) -> Mapping[str, list[Element]]:
    """Return the measures of each part, in the order of the score."""
    parts: dict[str, list[Element]] = defaultdict(list)
    if root.tag == "score-partwise":
        for position, part in enumerate(root.iterfind("part")):
            parts[part.get("id", str(position))] += part.findall("measure")
    elif root.tag == "score-timewise":
        for measure in root.iterfind("measure"):
            for position, part in enumerate(measure.iterfind("part")):
                parts[part.get("id", str(position))].append(part)
    else:
        raise UnreadablePieceError(f"not MusicXML: its root element is <{root.tag}>")
    return parts


@dataclass(frozen=True)
class _Instrument:
    """An instrument of a part.

    Attributes:
        program: Its General MIDI program, from 0.
        is_drum: Whether it plays on the drum channel.
        key: The key of a kit that its notes strike; None if they have pitches.
    """

    program: int
    is_drum: bool = False
    key: int | None = None


def _instruments_of(root: Element, part: str) -> Mapping[str | None, _Instrument]:
    """Return the instruments of a part by their ids, its default first."""
    for described in root.iterfind("part-list/score-part"):
        if described.get("id") == part:
            played = {each.get("id"): each for each in described.iterfind("midi-instrument")}
            named = {each.get("id"): each for each in described.iterfind("score-instrument")}
            part_name = described.findtext("part-name") or ""
            return {
                each: _instrument(played.get(each, _NOTHING), named.get(each, _NOTHING), part_name)
                for each in (*played, *named, None)
            }
    return {None: _Instrument(PIANO_PROGRAM)}


def _instrument(played: Element, named: Element, part_name: str) -> _Instrument:
    """Read a `midi-instrument` and the `score-instrument` of the same id."""
    is_drum = played.findtext("midi-channel") == _DRUM_CHANNEL
    sound = named.findtext("instrument-sound") or ""
    program = _general_midi(played.findtext("midi-program"))
    if sound.startswith(_VOICE_SOUND):  # scores let an oboe play a voice
        program = VOICE_PROGRAM
    elif program is None and not is_drum:
        program = program_of_names((sound, named.findtext("instrument-name") or "", part_name))
    return _Instrument(program or 0, is_drum, _general_midi(played.findtext("midi-unpitched")))


def _general_midi(number: str | None) -> int | None:
    """Convert a number from 1 to 128, a program or the key of a drum, to one from 0."""
    is_valid = number is not None and _INTEGER.fullmatch(number.strip())
    value = int(number or 0) - 1 if is_valid else -1
    return value if value in _GENERAL_MIDI else None


class _PartReader:
    """Reads one part, measure by measure."""

    def __init__(
        self, part: int, instruments: Mapping[str | None, _Instrument], measures: list[Measure]
    ) -> None:
        """Add the part to `measures`, and append measures as needed."""
        self._part = part
        self._instruments = instruments
        self._default = next(iter(instruments))
        self._measures = measures
        self._position = 0  # of the next measure
        self._number = 0  # the last that was written on a measure
        self._divisions = 0.0  # of a beat; 0 until the part says
        self._semitones: dict[str | None, int] = {}  # to transpose by, for each staff
        self._endings: set[int] = set()  # of the volta bracket that is open

    def read(self, element: Element) -> None:
        """Read the next measure.

        Raises:
            _MalformedError: An element is malformed.
        """
        if self._position == len(self._measures):
            self._measures.append(Measure())
        self._measure = self._measures[self._position]
        self._position += 1
        self._measure.marks.endings |= self._endings
        self._measure.marks.starts_movement |= self._starts_movement(element.get("number", ""))
        self._now = 0.0  # units after the measure's start, not rounded yet
        self._last_onset = 0.0  # of the note before, to which a chord adds notes
        for child in element:
            self._read_child(child)

    def _starts_movement(self, number: str) -> bool:
        """Whether the count of measures restarts."""
        if not _INTEGER.fullmatch(number):
            return False
        before, self._number = self._number, int(number)
        return before > self._number and self._number <= 1

    def _read_child(self, child: Element) -> None:
        match child.tag:
            case "note":
                self._read_note(child)
            case "backup":
                self._now = max(0.0, self._now - self._duration(_fields(child)))
            case "forward":
                self._advance(self._duration(_fields(child)))
            case "attributes":
                self._read_attributes(child)
            case "direction":
                self._read_direction(child)
            case "sound":
                self._read_sound(child, round(self._now))
            case "barline":
                self._read_barline(child)

    def _read_note(self, note: Element) -> None:
        fields = _fields(note)
        if "grace" in fields:
            return
        duration = self._duration(fields)
        if "chord" not in fields:
            self._last_onset = self._now
            self._advance(duration)
        if "cue" in fields or not fields.keys() & {"pitch", "unpitched"}:
            return
        instrument = self._instrument(fields)
        is_drum = instrument.is_drum or "pitch" not in fields
        ties = {each.get("type") for each in note.iterfind("tie")} if "tie" in fields else ()
        self._measure.notes.append(
            WrittenNote(
                onset=round(self._last_onset),
                end=round(self._last_onset + duration),
                pitch=self._drum_key(fields, instrument) if is_drum else self._pitch(fields),
                part=self._part,
                is_tied_from="stop" in ties,
                is_tied_on="start" in ties,
                program=instrument.program,
                is_drum=is_drum,
            )
        )

    def _instrument(self, note: Mapping[str, Element]) -> _Instrument:
        """Return a note's instrument; without one, it belongs to the part's first one."""
        named = note["instrument"].get("id") if "instrument" in note else self._default
        return self._instruments.get(named, self._instruments[None])

    def _drum_key(self, note: Mapping[str, Element], instrument: _Instrument) -> int:
        if instrument.key is not None:
            return instrument.key
        return self._pitch(note) if "pitch" in note else _NO_KEY

    def _advance(self, duration: float) -> None:
        self._now += duration
        self._measure.length = max(self._measure.length, round(self._now))

    def _duration(self, fields: Mapping[str, Element]) -> float:
        """Convert an element's duration to units."""
        if "duration" not in fields:
            raise _MalformedError("a note has no <duration>")
        if not self._divisions:
            raise _MalformedError("a <duration> comes before any <divisions>, which give its unit")
        duration = _number(fields["duration"])
        if duration < 0:
            raise _MalformedError(f"a <duration> is {duration:g}, below 0")
        return duration * UNITS_PER_BEAT / self._divisions

    def _pitch(self, fields: Mapping[str, Element]) -> int:
        """Read a pitch as it sounds."""
        pitch = _fields(fields["pitch"])
        step, octave = pitch.get("step"), pitch.get("octave")
        if step is None or octave is None or _text(step) not in _STEPS:
            raise _MalformedError("a <pitch> lacks a <step> from A to G or an <octave>")
        alter = round(_number(pitch["alter"])) if "alter" in pitch else 0
        staff = _text(fields["staff"]) if "staff" in fields else None
        semitones = self._semitones.get(staff, self._semitones.get(None, 0))
        octaves = round(_number(octave)) + 1
        return _STEPS[_text(step)] + alter + 12 * octaves + semitones

    def _read_attributes(self, attributes: Element) -> None:
        for child in attributes:
            match child.tag:
                case "divisions":
                    self._divisions = _number(child)
                    if self._divisions < _FEWEST_DIVISIONS:
                        raise _MalformedError(f"<divisions> is {_text(child)[:20]}, not above 0")
                case "time":
                    self._measure.signature = _signature(child) or self._measure.signature
                case "transpose":
                    self._semitones[child.get("number")] = _transposition(child)

    def _read_direction(self, direction: Element) -> None:
        now = self._now
        offset = direction.find("offset")
        if offset is not None and self._divisions:
            now += _number(offset) * UNITS_PER_BEAT / self._divisions
        sound = direction.find("sound")
        has_tempo = sound is not None and self._read_sound(sound, max(0, round(now)))
        for written in direction.iterfind("direction-type/*"):
            self._read_jump(written)
        for metronome in direction.iterfind("direction-type/metronome"):
            bpm = _metronome_bpm(metronome)
            if not has_tempo and bpm is not None:
                self._measure.tempos.append((max(0, round(now)), bpm))

    def _read_jump(self, written: Element) -> None:
        """Read a jump or its target as it is written; a `<sound>` overrides it."""
        marks, words = self._measure.marks, _text(written) if written.tag == "words" else ""
        if _DA_CAPO.match(words):
            marks.da_capo = True
        elif _DAL_SEGNO.match(words):
            marks.dal_segno = marks.dal_segno or _UNNAMED
        elif _TO_CODA.match(words):
            marks.to_coda = marks.to_coda or _UNNAMED
        elif _FINE.fullmatch(words):
            marks.fine = True
        elif written.tag == "segno":
            marks.segno = marks.segno or _UNNAMED
        elif written.tag == "coda" and marks.to_coda is None:  # "To Coda" is written with the sign
            marks.coda = marks.coda or _UNNAMED

    def _read_sound(self, sound: Element, now: int) -> bool:
        """Read the playback of a direction; return whether it has a tempo."""
        marks = self._measure.marks
        marks.segno = sound.get("segno", marks.segno)
        marks.coda = sound.get("coda", marks.coda)
        marks.dal_segno = sound.get("dalsegno", marks.dal_segno)
        marks.to_coda = sound.get("tocoda", marks.to_coda)
        marks.da_capo |= sound.get("dacapo") == "yes"
        marks.fine |= "fine" in sound.attrib
        tempo = _DECIMAL.fullmatch(sound.get("tempo", ""))
        if tempo:
            self._measure.tempos.append((now, float(tempo[0])))
        return tempo is not None

    def _read_barline(self, barline: Element) -> None:
        marks = self._measure.marks
        for ending in barline.iterfind("ending"):
            if ending.get("type") == "start":
                self._endings = set(map(int, _ENDING.findall(ending.get("number", ""))))
                marks.endings |= self._endings
            else:
                self._endings = set()
        for repeat in barline.iterfind("repeat"):
            if repeat.get("direction") == "forward":
                marks.starts_repeat = True
            else:
                times = _INTEGER.fullmatch(repeat.get("times", "2"))
                marks.plays = max(marks.plays, int(times[0]) if times else 2)


def _fields(element: Element) -> dict[str, Element]:
    return {child.tag: child for child in element}


def _text(element: Element) -> str:
    return (element.text or "").strip()


def _number(element: Element) -> float:
    try:
        number = float(_text(element))
    except ValueError:
        number = math.nan
    if not abs(number) <= _LARGEST_NUMBER:
        raise _MalformedError(f"<{element.tag}> is {_text(element)[:20]!r}, not a number")
    return number


def _signature(time: Element) -> tuple[int, int] | None:
    """Read a time signature, the sum of its parts: 3+2/8 is 5/8. None if it has no numbers."""
    numerators = [sum(map(int, _INTEGER.findall(_text(each)))) for each in time.iter("beats")]
    denominators = [sum(map(int, _INTEGER.findall(_text(e)))) for e in time.iter("beat-type")]
    if not numerators or len(numerators) != len(denominators):
        return None
    smallest = max(denominators)
    if not all(numerators) or any(each < 1 or smallest % each for each in denominators):
        return None
    beats = zip(numerators, denominators, strict=True)
    return sum(count * (smallest // each) for count, each in beats), smallest


def _transposition(transpose: Element) -> int:
    """Read by how many semitones a part sounds higher than written."""
    fields = _fields(transpose)
    chromatic = round(_number(fields["chromatic"])) if "chromatic" in fields else 0
    octaves = round(_number(fields["octave-change"])) if "octave-change" in fields else 0
    return chromatic + 12 * octaves


def _metronome_bpm(metronome: Element) -> float | None:
    """Read quarter notes per minute from a metronome mark; None if it equates two notes."""
    unit = _BEATS_OF_UNIT.get(metronome.findtext("beat-unit", ""))
    per_minute = _DECIMAL.search(metronome.findtext("per-minute", ""))
    if unit is None or per_minute is None:
        return None
    dots = len(metronome.findall("beat-unit-dot"))
    return float(per_minute[0]) * unit * (2 - 0.5**dots)
