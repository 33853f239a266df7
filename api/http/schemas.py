"""JSON Schemas of what requests and answers hold, for the OpenAPI document."""

from collections.abc import Iterable
from itertools import combinations
from typing import Any, assert_never

from api.composing.song import UPLOADED, Primer
from api.formats.event import EVENT_NAMES
from api.http.request.parameter import CONTROL_CHARACTERS, Kind, Parameter
from api.http.request.parameters import LENGTHS, PARAMETERS
from music.audio.instrument import SAMPLE_RATE_HZ
from music.keys import Mode
from music.notes import HIGHEST_PITCH, LOWEST_PITCH
from music.players.line_up import MOST_PROGRAM
from music.players.roles import ROLES
from music.reading.midi import MOST_NOTES
from music.reading.smf import MOST_BEATS
from music.reading.song_json import (
    DENOMINATORS,
    MOST_BEATS_OF_BAR,
    MOST_CHANGES,
    ROLE_NAMES,
    TEMPOS_BPM,
)
from music.typicality import MEASURES

Schema = dict[str, Any]

_COUNT = {"type": "integer", "minimum": 0}
_TIME = {"type": "number", "minimum": 0}
_TEXT = {"type": "string"}
_NAME = {"type": "string", "minLength": 1}


def reference(name: str) -> Schema:
    """Point to a schema among the components."""
    return {"$ref": f"#/components/schemas/{name}"}


def schema_of(parameter: Parameter) -> Schema:
    """Return what values a parameter takes."""
    schema: Schema = {"description": parameter.effect}
    match parameter.kind:
        case Kind.NAME:
            schema |= _NAME
        case Kind.TEXT:
            schema |= {
                "type": "string",
                "minLength": int(parameter.lowest),
                "maxLength": int(parameter.highest),
                "not": {"pattern": CONTROL_CHARACTERS},
            }
            if parameter.pattern:
                schema["pattern"] = f"^{parameter.pattern}$"
        case Kind.CHOICE:
            schema |= {"type": "string", "enum": list(parameter.choices)}
        case Kind.FLAG:
            schema |= {"type": "boolean"}
        case Kind.WHOLE:
            schema |= {"type": "integer", **_range(parameter)}
        case Kind.VERSION:
            labels = {"type": "string", "enum": list(parameter.choices)}
            schema |= {"anyOf": [{"type": "integer", **_range(parameter)}, labels]}
        case Kind.NUMBER:
            schema |= {"type": "number", **_range(parameter)}
        case _ as never:
            assert_never(never)
    return schema if parameter.default is None else {**schema, "default": parameter.default}


def request_schemas() -> dict[str, Schema]:
    """Return the schema of bodies: every parameter, of which some may be in the query instead."""
    return {
        "SongRequest": _request({p.name: schema_of(p) for p in PARAMETERS}),
        "SongUpload": _request(
            {p.name: _with_file(p) if p.may_be_file else schema_of(p) for p in PARAMETERS}
        ),
        "UploadedSong": _UPLOADED_SONG,
    }


def answer_schemas() -> dict[str, Schema]:
    """Name the schemas of all answers in JSON."""
    return {
        "Song": _song(),
        "Songs": _SONGS,
        "RankedSong": _RANKED_SONG,
        "Note": _NOTE,
        "Part": _PART,
        "Quote": _QUOTE,
        "Event": {"oneOf": [reference(_event_schema(name)) for name in EVENT_NAMES]},
        **{_event_schema(name): _event(name) for name in EVENT_NAMES},
        "Games": _object(games=_list("Game")),
        "Game": _GAME,
        "GameState": _GAME_STATE,
        "Ready": _object(status={"const": "ready"}, games=_list("GameState")),
        "Alive": _object(status={"const": "alive"}),
        "Problem": _PROBLEM,
    }


def _request(properties: dict[str, Schema]) -> Schema:
    return {
        "type": "object",
        "properties": properties,
        "additionalProperties": False,
        "not": {
            "anyOf": [
                *({"required": list(pair)} for pair in combinations(LENGTHS, 2)),
                _members(ending={"const": True}, loop={"const": True}),
                {**_members(intro_bars={"minimum": 1}), "not": _members(loop={"const": True})},
            ]
        },
    }


def _members(**values: Schema) -> Schema:
    """Describe an object that has these members, whatever else it has."""
    return {"required": list(values), "properties": values}


def _with_file(parameter: Parameter) -> Schema:
    schema = schema_of(parameter)
    said = {name: schema.pop(name) for name in ("description", "default")}
    midi = {"type": "string", "contentMediaType": "audio/midi"}
    song = {
        "type": "string",
        "contentMediaType": "application/json",
        "contentSchema": reference("UploadedSong"),
    }
    return {**said, "anyOf": [schema, midi, song]}


def _range(parameter: Parameter) -> Schema:
    least = "minimum" if parameter.lowest_fits else "exclusiveMinimum"
    return {least: _plain(parameter.lowest), "maximum": _plain(parameter.highest)}


def _plain(number: float) -> float:
    """Write an integer without a point."""
    return int(number) if float(number).is_integer() else number


def _object(optional: Iterable[str] = (), **members: Schema) -> Schema:
    """Describe an object that has these members, and no others."""
    return {
        "type": "object",
        "properties": members,
        "required": [name for name in members if name not in optional],
        "additionalProperties": False,
    }


def _some_of(required: Iterable[str], **members: Schema) -> Schema:
    """Describe an object that has these members, and perhaps others."""
    return {"type": "object", "required": list(required), "properties": members}


def _many(most: int, items: Schema, at_least: int = 0) -> Schema:
    return {"type": "array", "minItems": at_least, "maxItems": most, "items": items}


def _list(of: str) -> Schema:
    return {"type": "array", "items": reference(of)}


def _said(schema: Schema, description: str) -> Schema:
    return {**schema, "description": description}


def _shown(schema: Schema, **example: object) -> Schema:
    return {**schema, "examples": [example]}


def _or_null(schema: Schema) -> Schema:
    return {**schema, "type": [schema["type"], "null"]}


_PITCH = {"type": "integer", "minimum": 0, "maximum": 127}
_POSITIVE = {"type": "number", "exclusiveMinimum": 0}
_VERSION = _said({"type": "integer", "minimum": 1}, "The model's that drew it.")
_TEMPO = _said(_POSITIVE, "Beats (quarter notes) a minute.")
# They change nothing in the music, or stand for others.
_NOT_OF_ORIGIN = ("title", "format", "mood", "songs")
_ORIGIN: Schema = {
    "description": "All that makes the same song again.",
    "type": "object",
    "properties": {
        **{p.name: schema_of(p) for p in PARAMETERS if p.name not in _NOT_OF_ORIGIN},
        "version": _VERSION,
        "primer": {"enum": [*Primer, UPLOADED]},
        "primer_sha256": _said(_NAME, "Of the file of an uploaded primer."),
    },
    "required": ["game", "version", "seed"],
    "additionalProperties": False,
}
_IDENTITY = {
    "game": _NAME,
    "game_title": _said(_TEXT, "The game's name as people write it."),
    "title": _said(_TEXT, "What the song is called."),
    "version": _VERSION,
    "seed": _said(_COUNT, "Brings the same song, with the same parameters and version."),
    "tempo": _TEMPO,
    "tempos": {
        "description": "The tempo map; the last tempo is `tempo`.",
        "type": "array",
        "minItems": 1,
        "items": _object(start_beats=_TIME, tempo=_POSITIVE),
    },
    "time_signatures": {
        "description": "Of the music that the song continues; a bar starts where each starts, and "
        "the first may start before the first note. 4/4 where the song continues nothing.",
        "type": "array",
        "minItems": 1,
        "items": _object(
            start_beats={"type": "number"},
            numerator={"type": "integer", "minimum": 1},
            denominator={"type": "integer", "minimum": 1},
        ),
    },
    "origin": _ORIGIN,
}
_PRIMER_NOTES = _said(_COUNT, "How many notes of an uploaded primer come first.")
_PRIMER_WARNINGS = {
    "description": "What was left out or ignored when an uploaded primer was read.",
    "type": "array",
    "items": _NAME,
}
_NOTE = _shown(
    _object(
        ("part",),
        part=_said(_COUNT, "Which of a band's `parts` plays it; 0 is the first."),
        pitch=_said(_PITCH, "A MIDI note number; 60 is middle C. Of drums, a key of the kit."),
        start_beats=_TIME,
        duration_beats=_said(_POSITIVE, "As it is written."),
        start_s=_TIME,
        duration_s=_POSITIVE,
        sounding_beats=_said(_POSITIVE, "How long it sounds, at most `duration_beats`."),
        velocity={"type": "integer", "minimum": 1, "maximum": 127},
    ),
    pitch=60,
    start_beats=1.5,
    duration_beats=0.5,
    start_s=0.75,
    duration_s=0.25,
    sounding_beats=0.45,
    velocity=80,
)
_PROGRAM = {"type": "integer", "minimum": 0, "maximum": MOST_PROGRAM}
_PART = _object(
    name=_said(_NAME, "The instrument's name, numbered if several parts play it."),
    instrument=_said(_NAME, "The General MIDI name of the program, or of the drum kit."),
    program=_said(_PROGRAM, "The General MIDI program, or the drum kit."),
    role=_said(
        {"enum": list(ROLE_NAMES)},
        "The family of instruments and the voice in it, the same across a game's pieces.",
    ),
)
_PARTS = {
    "description": "The parts of a band in the order of its score. Music for one piano has none.",
    "type": "array",
    "minItems": 1,
    "items": reference("Part"),
}
_BEATS = {"type": "number", "minimum": 0, "maximum": MOST_BEATS}
_UPLOADED_SONG: Schema = {
    "description": "The members of a song's JSON that are read; others are ignored.",
    **_some_of(
        ("notes",),
        notes=_many(
            MOST_NOTES,
            _some_of(
                ("pitch", "start_beats", "duration_beats"),
                pitch={"type": "integer", "minimum": LOWEST_PITCH, "maximum": HIGHEST_PITCH},
                start_beats=_BEATS,
                duration_beats=_said(_BEATS, "As it is written."),
                sounding_beats=_said(_BEATS, "How long it sounds; default: `duration_beats`."),
                velocity={"type": "integer", "minimum": 1, "maximum": 127},
                part=_said(_COUNT, "Which of `parts` plays it; needed if there are `parts`."),
            ),
            at_least=1,
        ),
        parts=_many(
            ROLES,
            _some_of(("role", "program"), role={"enum": list(ROLE_NAMES)}, program=_PROGRAM),
        ),
        tempos=_many(
            MOST_CHANGES,
            _some_of(
                ("start_beats", "tempo"),
                start_beats=_BEATS,
                tempo={"type": "number", "minimum": TEMPOS_BPM[0], "maximum": TEMPOS_BPM[1]},
            ),
        ),
        time_signatures=_many(
            MOST_CHANGES,
            _some_of(
                ("start_beats", "numerator", "denominator"),
                start_beats={"type": "number", "minimum": -MOST_BEATS, "maximum": MOST_BEATS},
                numerator={"type": "integer", "minimum": 1, "maximum": MOST_BEATS_OF_BAR},
                denominator={"enum": list(DENOMINATORS)},
            ),
        ),
    ),
}
_SECTION = _object(
    name=_said(_NAME, "A letter that sections of the same music share, with ' where it is varied."),
    start_bar={"type": "integer", "minimum": 1},
    bars={"type": "integer", "minimum": 1},
    start_beats=_TIME,
    start_s=_TIME,
)
_LOOP = _object(
    start_beats=_TIME,
    length_beats=_POSITIVE,
    start_s=_TIME,
    length_s=_POSITIVE,
    sample_rate_hz={"const": SAMPLE_RATE_HZ},
    start_sample=_COUNT,
    length_samples={"type": "integer", "minimum": 1},
)
_PLAN = _said(
    _object(
        ("loop",),
        form=_said(_TEXT, "The names of its sections."),
        bars={"type": "integer", "minimum": 1},
        beats=_said(_POSITIVE, "Quarter notes in all its bars."),
        sections={"type": "array", "minItems": 1, "items": _SECTION},
        loop=_said(_LOOP, "What is played over and over, of a song that loops."),
    ),
    "What was decided before the first note. A song of exactly so many notes or seconds has none.",
)
_QUOTE_MEMBERS = {
    "piece": _said(_NAME, "The piece that the model learned from."),
    "notes": _said({"type": "integer", "minimum": 1}, "How many in a row are shared."),
    "first_note": _said(_COUNT, "Where in the song the run begins; 0 is its first note."),
    "first_note_in_piece": _said(_COUNT, "Where in the piece it begins."),
    "start_beats": _TIME,
    "start_s": _TIME,
}
_QUOTE = _shown(
    _object(**_QUOTE_MEMBERS),
    piece="bwv269",
    notes=14,
    first_note=31,
    first_note_in_piece=0,
    start_beats=9,
    start_s=4.5,
)
_RANKED_SONG = _object(
    rank=_said({"type": "integer", "minimum": 1}, "1 is the best."),
    seed=_said(_COUNT, "Brings this song alone."),
    score=_said(
        {"type": ["number", "null"], "minimum": 0, "maximum": 1},
        "How typical the song is of the game's pieces, by `measures`; null if these are too few.",
    ),
    measures={
        "description": "What the score compares with the game's pieces.",
        "type": "object",
        "properties": {name: {"type": "number"} for name in MEASURES},
        "additionalProperties": False,
    },
    keeps_max_quote=_said(
        {"type": "boolean"}, "Songs that do not keep the bound on quotes have the last ranks."
    ),
    song=reference("Song"),
)
_SONGS = _object(
    game=_NAME,
    game_title=_said(_TEXT, "The game's name as people write it."),
    version=_VERSION,
    seed=_said(_COUNT, "The seed of the request; the songs have this seed and those after it."),
    songs=_said({**_list("RankedSong"), "minItems": 2}, "The songs, best first."),
)
_GAME_STATE_MEMBERS = {
    "game": _NAME,
    "version": _said(_or_null(_COUNT), "The version that composes by default."),
    "state": _said(
        _NAME,
        "TensorFlow Serving's word for the version's state, UNREACHABLE or BROKEN; songs can be "
        "had where it is AVAILABLE.",
    ),
}
_GAME_STATE = _object(**_GAME_STATE_MEMBERS)
_GAME = _shown(
    _object(
        **_GAME_STATE_MEMBERS,
        title=_or_null(_TEXT),
        pieces=_said(_or_null(_COUNT), "How many the model learned from."),
        notes=_said(_or_null(_COUNT), "How many those pieces have."),
        max_quote=_said(
            _or_null(_COUNT),
            "How many successive notes a song may share with one of those pieces, if the request "
            "does not set `max_quote`. 19 of 20 of the pieces share no longer run with any other.",
        ),
        meters=_said(
            _or_null({"type": "array", "items": _NAME}),
            "The time signatures in which its pieces begin, which `meter` may be.",
        ),
        modes=_said(
            _or_null({"type": "array", "items": {"enum": list(Mode)}}),
            "The modes of its music, which `mode` and `key` may have.",
        ),
        band=_said(
            _or_null({"type": "boolean"}),
            "Whether its music is for a band, whose parts have instruments of their own; otherwise "
            "it is for one piano.",
        ),
        instruments=_said(
            _or_null({"type": "array", "items": _NAME}),
            "The instruments and drum kits of its pieces, which `instruments` may name.",
        ),
        held_out_bits_per_note=_said(
            _or_null(_TIME), "Cross-entropy on held-out pieces, in bits per note."
        ),
    ),
    game="majoras_mask",
    version=1,
    state="AVAILABLE",
    title="The Legend of Zelda: Majora's Mask",
    pieces=9,
    notes=4321,
    max_quote=29,
    meters=["2/2", "3/4", "4/4"],
    modes=["major", "minor"],
    band=False,
    instruments=["Acoustic Grand Piano"],
    held_out_bits_per_note=5.07,
)
_PROBLEM_MEMBERS = {
    "type": _said(_TEXT, "Tells one kind of problem from another."),
    "title": _said(_TEXT, "The same for every problem of the type."),
    "status": {"type": "integer", "minimum": 400, "maximum": 599},
    "detail": _said(_TEXT, "What was wrong this time, and what would fit."),
    "parameter": _said(_NAME, "Which one did not fit."),
    "games": {
        "description": "The games, or their states.",
        "type": "array",
        "items": {"anyOf": [_NAME, reference("GameState")]},
    },
}
_PROBLEM_EXTENSIONS = ("parameter", "games")
_PROBLEM = {
    "description": "Problem details, as RFC 9457 has them.",
    **_object(_PROBLEM_EXTENSIONS, **_PROBLEM_MEMBERS),
}


def _song() -> Schema:
    return _object(
        ("plan", "parts"),
        **_IDENTITY,
        plan=_PLAN,
        parts=_PARTS,
        primer_notes=_PRIMER_NOTES,
        primer_warnings=_PRIMER_WARNINGS,
        longest_quote=_said(_COUNT, "The notes of the longest run that a piece has too."),
        quotes=_list("Quote"),
        notes=_list("Note"),
    )


def _event_schema(name: str) -> str:
    return f"{name.capitalize()}Event"


def _event(name: str) -> Schema:
    """Describe an event as a line of NDJSON has it."""
    members = {
        "song": {
            **_IDENTITY,
            "plan": _PLAN,
            "parts": _PARTS,
            "primer_notes": _PRIMER_NOTES,
            "primer_warnings": _PRIMER_WARNINGS,
        },
        "notes": {"notes": _list("Note")},
        "quote": _QUOTE_MEMBERS,
        "end": {
            "notes": _COUNT,
            "quotes": _said(_COUNT, "How many there were."),
            "longest_quote": _said(_COUNT, "In notes."),
            "duration_beats": _TIME,
            "duration_s": _TIME,
        },
        "error": _PROBLEM_MEMBERS,
    }[name]
    return _object((*_PROBLEM_EXTENSIONS, "plan", "parts"), event={"const": name}, **members)
