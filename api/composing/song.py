"""A song, from what was asked for to what came of it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from api.composing.primers import Upload
from api.errors import BadParameterError
from api.model_server.port import Label
from music.band.parts import instruments_text
from music.codec import Codec
from music.composing.brief import Brief
from music.expression.touch import Touch
from music.form.plan import Plan, kept_bars_text
from music.notes import Notes
from music.performance import Performance
from music.piece import TempoChange, TimeSignature
from music.players.line_up import ONE_PIANO, LineUp
from music.quotes.finder import Quote

UPLOADED = "uploaded"  # in the place of a primer's name
THEME = "primer"  # of what a song is a variation
SEEDS = 1 << 53  # which JSON can carry


class Primer(StrEnum):
    """The music that a song continues if the caller uploads none."""

    NONE = "none"
    CORPUS = "corpus"


@dataclass(frozen=True)
class SongRequest:
    """A request for a song, every value in its range.

    Attributes:
        game: May be unknown.
        brief: What the song is to be; its seed is below 2 to the 53, which JSON can carry.
        primer: The music that the song continues or revises.
        include_primer: Whether an uploaded primer comes first in the song.
        dynamics: Whether velocities are shaped; otherwise all are equal.
        version: The number or the label of the version that composes; None for the promoted
            version or, if no version is promoted, the newest.
        given_title: The title that was sent; None for a neutral title.
        media_format: The name of a format; None if the Accept header decides.
        is_seed_drawn: Whether no seed was sent and a random one is used.
        songs: How many songs are composed, each with a seed of its own.
    """

    game: str
    brief: Brief
    primer: Primer | Upload = Primer.CORPUS
    include_primer: bool = False
    dynamics: bool = True
    version: int | Label | None = None
    given_title: str | None = None
    media_format: str | None = None
    is_seed_drawn: bool = False
    songs: int = 1

    def each_song(self) -> Iterator["SongRequest"]:
        """Yield the request for each of the songs: their seeds are successive, from `seed` on.

        After the highest seed comes 0.
        """
        for number in range(self.songs):
            seed = (self.brief.seed + number) % SEEDS
            yield replace(self, brief=replace(self.brief, seed=seed), songs=1)

    def for_codec(self, codec: Codec) -> "SongRequest":
        """Return the request as a model reads it: an upload with or without roles.

        A model of one piano needs no line-up.

        Raises:
            BadParameterError: The line-up is not one that the model can play, or the upload cannot
                be read.
        """
        primer, brief = self.primer, self.brief
        if isinstance(primer, Upload):
            primer = primer.for_codec(codec)
        if brief.line_up is not None and not codec.has_roles:
            if brief.line_up != ONE_PIANO:
                raise BadParameterError(
                    "instruments must be piano: this game's music is for one piano.", "instruments"
                )
            brief = replace(brief, line_up=None)
        return replace(self, primer=primer, brief=brief)

    @property
    def primer_warnings(self) -> tuple[str, ...]:
        """What was left out or ignored when an uploaded primer was read, a sentence each."""
        return self.primer.piece.warnings if isinstance(self.primer, Upload) else ()

    @property
    def title(self) -> str:
        """The title: the requested one, or Song and the seed; it never contains the game's name."""
        return f"Song {self.brief.seed}" if self.given_title is None else self.given_title

    def origin(self, version: int, tempos: Sequence[TempoChange]) -> dict[str, str | int | float]:
        """Give all that makes the same song again, with a model's version and the song's tempos."""
        brief = self.brief
        upload = self.primer if isinstance(self.primer, Upload) else None
        fields: dict[str, str | int | float | None] = {
            "game": self.game,
            "version": version,
            "seed": brief.seed,
            "notes": brief.notes,
            "seconds": brief.seconds,
            "temperature": brief.temperature,
            "top_k": brief.top_k,
            "top_p": brief.top_p,
            # Where the primer brings a tempo map, one tempo would replace it.
            "tempo": tempos[0].bpm if len(tempos) == 1 else None,
            "primer": UPLOADED if upload else str(self.primer),
            "primer_sha256": upload.digest if upload else None,
            "include_primer": self.include_primer or None,
            "max_quote": brief.max_quote,
            "dynamics": self.dynamics,
            "bars": brief.bars,
            "form": None if brief.form is None else "".join(brief.form),
            "ending": brief.ending,
            "loop": brief.loop or None,
            "intro_bars": brief.intro_bars or None,
            "keep": kept_bars_text(brief.keep) or None,
            "variation_of": THEME if brief.varies else None,
            **brief.character.members,
            "instruments": None if brief.line_up is None else instruments_text(brief.line_up),
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
        line_up: The instrument of every role of the notes.
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
    line_up: LineUp = ONE_PIANO

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
