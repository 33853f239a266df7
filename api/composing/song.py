"""A song, from what was asked for to what came of it."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from enum import StrEnum

from api.composing.primers import Upload
from api.model_server.port import Label
from music.composing.brief import Brief
from music.expression.touch import Touch
from music.form.plan import Plan, kept_bars_text
from music.notes import Notes
from music.performance import Performance
from music.piece import TempoChange, TimeSignature
from music.quotes.finder import Quote

UPLOADED = "uploaded"  # in the place of a primer's name


class Primer(StrEnum):
    """What a song goes on from, where the caller uploads nothing."""

    NONE = "none"
    CORPUS = "corpus"


@dataclass(frozen=True)
class SongRequest:
    """A request for a song, every value in its range.

    Attributes:
        game: Perhaps no game's name at all.
        notes: How many, of a song without a plan exactly; None where they are not given.
        seconds: All onsets lie before it; None where they are not given.
        temperature: 0 to 2.
        top_k: 0 to 1024; 0 means off.
        top_p: Above 0, up to 1; 1 means off.
        seed: 0 to 2 to the 53 less 1, which JSON can carry.
        tempo_bpm: Quarter notes a minute; None for the collection's.
        primer: What the song goes on from.
        max_quote: Notes in a row that it may share with a piece; None for as many as the
            collection's own pieces share among themselves.
        media_format: The name of a format; None where the Accept header decides.
        include_primer: Whether an upload comes first in the song.
        dynamics: Whether velocities are shaped; one velocity for all where not.
        is_seed_drawn: Whether the seed is ours, so that nobody can ask for the song again yet.
        label: Of the version that is to compose; None for the promoted one or, where none is
            promoted, the newest.
        given_title: What the caller calls the song; None for a neutral title.
        bars: How many its plan has, without an intro; None where something else says how long.
        form: The names of its sections; None for the form of one of the game's pieces.
        ending: Whether its last bar closes; None for a song that does unless it loops.
        loop: Whether its end leads to its start.
        intro_bars: Bars before the loop.
        keep: The bars of an upload that stay, counted from 0; the others are recomposed. Empty
            where the song continues the upload.
    """

    game: str
    notes: int | None
    seconds: float | None
    temperature: float
    top_k: int
    top_p: float
    seed: int
    tempo_bpm: float | None
    primer: Primer | Upload
    max_quote: int | None
    media_format: str | None
    include_primer: bool = False
    dynamics: bool = True
    is_seed_drawn: bool = False
    label: Label | None = None
    given_title: str | None = None
    bars: int | None = None
    form: tuple[str, ...] | None = None
    ending: bool | None = None
    loop: bool = False
    intro_bars: int = 0
    keep: tuple[int, ...] = ()

    @property
    def brief(self) -> Brief:
        """What the song is to be, whatever it continues."""
        return Brief(**{field.name: getattr(self, field.name) for field in fields(Brief)})

    @property
    def primer_warnings(self) -> tuple[str, ...]:
        """What was left out or ignored when an uploaded primer was read, a sentence each."""
        return self.primer.piece.warnings if isinstance(self.primer, Upload) else ()

    @property
    def title(self) -> str:
        """What the song is called; never by the game, whose name nobody wants in their own."""
        return f"Song {self.seed}" if self.given_title is None else self.given_title

    def origin(self, version: int, tempos: Sequence[TempoChange]) -> dict[str, str | int | float]:
        """Give all that makes the same song again, with a model's version and the song's tempos."""
        upload = self.primer if isinstance(self.primer, Upload) else None
        fields: dict[str, str | int | float | None] = {
            "game": self.game,
            "version": version,
            "seed": self.seed,
            "notes": self.notes,
            "seconds": self.seconds,
            "temperature": self.temperature,
            "top_k": self.top_k,
            "top_p": self.top_p,
            # Where the primer brings a tempo map, one tempo would replace it.
            "tempo": tempos[0].bpm if len(tempos) == 1 else None,
            "primer": UPLOADED if upload else str(self.primer),
            "primer_sha256": upload.digest if upload else None,
            "include_primer": self.include_primer or None,
            "max_quote": self.max_quote,
            "dynamics": self.dynamics,
            "bars": self.bars,
            "form": None if self.form is None else "".join(self.form),
            "ending": self.ending,
            "loop": self.loop or None,
            "intro_bars": self.intro_bars or None,
            "keep": kept_bars_text(self.keep) or None,
        }
        return {name: value for name, value in fields.items() if value is not None}


@dataclass(frozen=True)
class Song:
    """A finished song.

    Attributes:
        notes: From tick 0.
        tempos: As `Piece` has them.
        time_signatures: As `Piece` has them, one or more.
        game_title: The game's, as people write it.
        version: The model's that drew it.
        longest_quote: The longest run of notes that it shares with a piece of the collection.
        request: What was asked for.
        touch: How it is played.
        quotes: All runs that are long enough to tell, in the order of the song.
        primer_notes: How many of the notes are the caller's own; they come first, and nothing of
            them is counted as a quote.
        plan: Its sections; None of one that has exactly so many notes or seconds.
    """

    notes: Notes
    tempos: tuple[TempoChange, ...]
    time_signatures: tuple[TimeSignature, ...]
    game_title: str
    version: int
    longest_quote: Quote
    request: SongRequest
    touch: Touch
    quotes: tuple[Quote, ...] = ()
    primer_notes: int = 0
    plan: Plan | None = None

    @property
    def tempo_bpm(self) -> float:
        """The tempo of the new notes: quarter notes per minute."""
        return self.tempos[-1].bpm

    @property
    def performance(self) -> Performance:
        """How the notes sound."""
        return self.touch.player(self.time_signatures).play(self.notes)

    @property
    def new_notes(self) -> int:
        """Count the notes that were composed."""
        return len(self.notes) - self.primer_notes

    @property
    def origin(self) -> dict[str, str | int | float]:
        """Return all that makes the same song again."""
        return self.request.origin(self.version, self.tempos)

    @property
    def provenance(self) -> str:
        """Say in one line all that makes the same song again."""
        said = (
            f"{name}={str(value).lower() if isinstance(value, bool) else value}"
            for name, value in self.origin.items()
        )
        return "; ".join(("Leitmotif", *said))
