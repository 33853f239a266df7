"""The client library and the command line (`python -m api compose`)."""

from api.client.leitmotif import (
    EndEvent,
    Event,
    Game,
    Leitmotif,
    LeitmotifError,
    Note,
    NotesEvent,
    ProblemError,
    QuoteEvent,
    Song,
    SongEvent,
    TempoChange,
    TimeSignature,
    TooSlowError,
    UnreachableError,
    Wishes,
)

__all__ = [
    "EndEvent",
    "Event",
    "Game",
    "Leitmotif",
    "LeitmotifError",
    "Note",
    "NotesEvent",
    "ProblemError",
    "QuoteEvent",
    "Song",
    "SongEvent",
    "TempoChange",
    "TimeSignature",
    "TooSlowError",
    "UnreachableError",
    "Wishes",
]
