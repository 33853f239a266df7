"""A client of the Leitmotif API; it needs only Python's standard library.

song = Leitmotif("http://localhost:8080").generate(game="majoras_mask", seed=7)
song = await AsyncLeitmotif("http://localhost:8080").generate(game="majoras_mask", seed=7)
"""

from .asynchronous import AsyncLeitmotif
from .blocking import (
    EndEvent,
    Event,
    Format,
    Game,
    IncompatibleError,
    Leitmotif,
    LeitmotifError,
    Note,
    NotesEvent,
    Part,
    ProblemError,
    QuoteEvent,
    RankedSong,
    Song,
    SongEvent,
    TempoChange,
    TimeSignature,
    TooSlowError,
    UnreachableError,
    Wishes,
)
from .versions import CLIENT

__version__ = CLIENT

__all__ = [
    "AsyncLeitmotif",
    "EndEvent",
    "Event",
    "Format",
    "Game",
    "IncompatibleError",
    "Leitmotif",
    "LeitmotifError",
    "Note",
    "NotesEvent",
    "Part",
    "ProblemError",
    "QuoteEvent",
    "RankedSong",
    "Song",
    "SongEvent",
    "TempoChange",
    "TimeSignature",
    "TooSlowError",
    "UnreachableError",
    "Wishes",
    "__version__",
]
