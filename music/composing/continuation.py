"""What a song continues: nothing, the opening of a piece of the game, or a primer."""

from dataclasses import dataclass, field, replace
from typing import Self

from music.band.recasting import recast_piece
from music.bars import COMMON_TIME
from music.character.excerpts import Excerpt, fitting_prompt, later_excerpts
from music.character.line_ups import recast_excerpts
from music.character.measures import target_of
from music.character.wanted import ANY_CHARACTER, Character
from music.codec import BOS, Codec, Cursor
from music.composing.encoded_primer import encoded_primer
from music.composing.game_music import GameMusic, drums_of
from music.composing.model import Prompt
from music.description import Opening
from music.errors import KeepError, NoOpeningsError, ThemeError, TokenError
from music.expression.articulation import Articulation, learned_articulation
from music.keys import NamedKey
from music.midi import TEMPO_RANGE_BPM
from music.notes import NO_NOTES, Notes
from music.piece import Piece, TempoChange, TimeSignature, constant_tempo
from music.players.line_up import ONE_PIANO, LineUp

EMPTY_PROMPT = Prompt((BOS,), COMMON_TIME.bar_ticks, 0)
"""Of a song that continues nothing: in 4/4, and its first note starts a bar."""


@dataclass(frozen=True)
class ContrastPrompt:
    """Music that a contrast continues.

    Attributes:
        prompt: The tokens for `prefill`.
        cursor: Where decoding begins, counted from its first bar line.
        held: What the prompt's notes that last beyond this bar line become: notes from tick 0.
    """

    prompt: Prompt
    cursor: Cursor
    held: Notes


@dataclass(frozen=True)
class Continuation:
    """What a song continues.

    Attributes:
        prompt: The tokens for `prefill`, in the meter in which the music before the song ends.
        cursor: Where the decoding of the song itself begins.
        tempos: The tempo map of the lead; the last tempo, at which the music before it ends, is
            that of the new notes. In the range that is written.
        lead: What comes first in the song itself, from tick 0; mostly nothing.
        time_signatures: Of the music that the song continues, one or more. Ticks are counted from
            its start.
        articulation: Of the song: as detached as the music that it continues.
        codec_start_ticks: Where in that music the codec starts to count.
        revised: The music of which bars are kept, where the song revises or varies one.
        line_up: Who plays the song.
        later: The excerpts that the plan's contrasts continue; none where they continue what comes
            before them.
        later_key: The key into which the excerpts are transposed; None for their own.
        drums: The drums that the band has, as keys of a kit; None for all.
    """

    prompt: Prompt
    cursor: Cursor
    tempos: tuple[TempoChange, ...]
    lead: Notes
    time_signatures: tuple[TimeSignature, ...]
    articulation: Articulation
    codec_start_ticks: int = 0
    revised: Notes = field(default_factory=lambda: NO_NOTES)
    line_up: LineUp = ONE_PIANO
    later: tuple[Excerpt, ...] = ()
    later_key: NamedKey | None = None
    drums: frozenset[int] | None = None

    @classmethod
    def of_nothing(cls, music: GameMusic, seed: int = 0, line_up: LineUp | None = None) -> Self:
        """Begin a song of a game's music, in a line-up.

        By default, the line-up is that of one of its pieces, which the seed chooses.
        """
        drums = None
        if line_up is None and music.openings:
            opening = music.openings[seed % len(music.openings)]
            line_up, drums = opening.line_up, music.drums_of(opening.piece)
        line_up = line_up or ONE_PIANO
        return cls(
            replace(EMPTY_PROMPT, roles=roles_of(line_up, music.codec)),
            Cursor(),
            constant_tempo(_playable(music.tempo_bpm)),
            NO_NOTES,
            (COMMON_TIME,),
            music.articulation,
            line_up=line_up,
            drums=drums,
        )

    @classmethod
    def of_opening(
        cls,
        music: GameMusic,
        seed: int,
        character: Character = ANY_CHARACTER,
        line_up: LineUp | None = None,
    ) -> Self:
        """Continue the opening of one of a game's pieces, which the seed chooses.

        A song of a character continues an excerpt, perhaps of its middle, that fits the character.
        The later sections of a band's song continue other excerpts of the same piece: left to
        itself, a model of bands copies the same bars until the song ends.

        Args:
            music: Of the game.
            seed: 0 or more.
            character: Of the song.
            line_up: Of the song, for a model of bands; by default that of the piece. If it can
                play none of the openings, the song continues nothing.

        Raises:
            NoOpeningsError: There is none.
            CharacterError: None fits the character; the message says what would.
        """
        if not music.openings:
            raise NoOpeningsError("the game has no openings")
        is_band = music.codec.has_roles
        has_wishes = character != ANY_CHARACTER or line_up is not None
        excerpts = music.excerpts if is_band or has_wishes else ()
        if line_up is not None:
            excerpts = recast_excerpts(excerpts, music.codec, line_up)
        if has_wishes:
            fitting = _fitting(music, excerpts, character, seed)
            if fitting is None:
                return cls.of_nothing(music, seed, line_up)
            opening = fitting
        else:
            opening = music.openings[seed % len(music.openings)]
        _, cursor = music.codec.decode(opening.tokens)
        return cls(
            opening_prompt(opening, music.codec),
            cursor,
            constant_tempo(_playable(opening.tempo_bpm)),
            NO_NOTES,
            opening.time_signatures,
            opening.articulation,
            line_up=opening.line_up,
            later=later_excerpts(excerpts, opening, character, seed) if is_band else (),
            later_key=character.key,
            drums=music.drums_of(opening.piece),
        )

    @classmethod
    def of_primer(
        cls, music: GameMusic, piece: Piece, *, is_lead: bool, line_up: LineUp | None = None
    ) -> Self:
        """Continue a piece.

        Args:
            music: Of the game.
            piece: With one melodic note or more and one time signature or more.
            is_lead: Whether the piece comes first in the song itself.
            line_up: Of the song, for a model of bands; by default that of the piece.

        Raises:
            UnencodablePrimerError: The vocabulary does not hold it in any key.
        """
        if line_up is not None:
            piece = recast_piece(piece, line_up)
        primer = encoded_primer(piece.notes, music.codec)
        read, cursor = music.codec.decode(primer.tokens)
        last_onset_ticks = int(primer.notes.onset_ticks[-1])
        codec_start_ticks = last_onset_ticks - int(read.onset_ticks[-1])
        if is_lead:
            tempos, lead = _playable_until(last_onset_ticks, piece), primer.notes
        else:
            tempos, lead = constant_tempo(_playable(piece.last_tempo_bpm)), NO_NOTES
        return cls(
            prompt=_prompt(
                primer.tokens,
                piece.time_signatures[-1],
                codec_start_ticks,
                roles_of(piece.line_up, music.codec),
            ),
            cursor=cursor,
            tempos=tempos,
            lead=lead,
            time_signatures=piece.time_signatures,
            articulation=learned_articulation([piece]),
            codec_start_ticks=codec_start_ticks,
            line_up=piece.line_up,
        )

    @classmethod
    def of_revision(cls, music: GameMusic, piece: Piece, *, is_start_kept: bool) -> Self:
        """Begin a song that keeps some bars of a piece, in its meter and tempo.

        Args:
            music: Of the game.
            piece: With one note or more and one time signature or more. A bar within which it
                begins is its first.
            is_start_kept: Whether that bar stays; a new one starts on its bar line.

        Raises:
            KeepError: The piece changes its meter, or has a note that the model cannot read.
        """
        if not is_start_kept:
            piece = _delayed(piece, max(0, -piece.time_signatures[0].start_ticks))
        try:
            return cls.of_theme(music, piece)
        except ThemeError as error:
            raise KeepError(f"bars of {error}") from error

    @classmethod
    def of_theme(cls, music: GameMusic, piece: Piece) -> Self:
        """Begin a song that keeps a whole piece, in its meter and tempo.

        Raises:
            ThemeError: The piece changes its meter, or has a note that the model cannot read.
        """
        meter = piece.time_signatures[0]
        if len(piece.time_signatures) > 1 or meter.start_ticks > 0:
            raise ThemeError("a song in one meter")
        try:
            music.codec.encode(piece.notes)
        except TokenError as error:
            raise ThemeError("a song whose notes the game's model can read") from error
        return cls(
            prompt=_prompt(EMPTY_PROMPT.tokens, meter, 0, roles_of(piece.line_up, music.codec)),
            cursor=Cursor(),
            tempos=_playable_until(piece.notes.end_ticks, piece),
            lead=NO_NOTES,
            time_signatures=piece.time_signatures,
            articulation=learned_articulation([piece]),
            revised=piece.notes,
            line_up=piece.line_up,
            drums=drums_of(piece.notes),
        )

    @property
    def is_empty(self) -> bool:
        """Whether there is no music before the song."""
        return self.prompt.tokens == EMPTY_PROMPT.tokens

    @property
    def plan_meter(self) -> TimeSignature:
        """The meter of a plan; it starts at the first bar line after the music before it.

        Ticks are counted from the start of the song: that bar line, or the lead's start. A song
        that is revised keeps its meter, and perhaps a first bar within which it begins.
        """
        if len(self.revised):
            return self.time_signatures[-1]
        start_ticks = self._first_bar_line if len(self.lead) else 0
        return replace(self.time_signatures[-1], start_ticks=start_ticks)

    @property
    def plan_cursor(self) -> Cursor:
        """Where decoding begins, counted as `plan_meter` counts."""
        moved_ticks = self.codec_start_ticks - (0 if len(self.lead) else self._first_bar_line)
        return replace(self.cursor, onset_ticks=self.cursor.onset_ticks + moved_ticks)

    @property
    def _first_bar_line(self) -> int:
        """The first bar line after the last onset, counted from the start of the music."""
        if self.is_empty:
            return 0
        last_ticks = self.codec_start_ticks + self.cursor.onset_ticks
        meter = self.time_signatures[-1]
        return last_ticks - meter.place_ticks(last_ticks) + meter.bar_ticks

    def contrast_prompt(self, contrast: int, contrasts: int, codec: Codec) -> ContrastPrompt | None:
        """Choose what a contrast continues; None if it is what comes before it.

        Args:
            contrast: Its number in the plan, from 1.
            contrasts: How many there are.
            codec: Writes the tokens.
        """
        first = contrast * len(self.later) // contrasts
        for excerpt in (*self.later[first:], *self.later[:first]):
            try:
                opening = excerpt.prompt_in(self.later_key, codec)
            except TokenError:
                continue
            notes, cursor = codec.decode(opening.tokens)
            meter = opening.meter
            before_line_ticks = meter.place_ticks(cursor.onset_ticks) - meter.bar_ticks
            notes = notes.shifted(before_line_ticks - cursor.onset_ticks)
            cursor = replace(cursor, onset_ticks=before_line_ticks)
            return ContrastPrompt(opening_prompt(opening, codec), cursor, notes.held_at_0())
        return None

    def entry_ticks(self, first_tick: int) -> int:
        """Return when the first new note starts, counted from the start of the music before it.

        Args:
            first_tick: Where the codec, which counts what was read, has that note.

        Returns:
            0 where there is no music before it, as the model counts: a first note waits for none.
        """
        if self.is_empty:
            return 0
        return self.codec_start_ticks + first_tick


def _fitting(
    music: GameMusic, excerpts: tuple[Excerpt, ...], character: Character, seed: int
) -> Opening | None:
    """Choose what a song of a character, or of a line-up, continues; None if that is nothing."""
    if character == ANY_CHARACTER:
        excerpts = tuple(one for one in excerpts if one.is_opening)
    elif not excerpts:
        raise NoOpeningsError("the game has no openings with notes")
    if not excerpts:
        return None
    target = target_of(character, music.measures)
    return fitting_prompt(excerpts, music.codec, character, target, seed)


def opening_prompt(opening: Opening, codec: Codec) -> Prompt:
    """Return the prompt of a piece's opening."""
    return _prompt((BOS, *opening.tokens), opening.meter, 0, roles_of(opening.line_up, codec))


def roles_of(line_up: LineUp, codec: Codec) -> tuple[int, ...]:
    """Return the roles that a model has to know."""
    return line_up.roles if codec.has_roles else ()


def _prompt(
    tokens: tuple[int, ...], meter: TimeSignature, start_ticks: int, roles: tuple[int, ...]
) -> Prompt:
    """Put tokens, whose first note starts so many ticks into a piece, into one of its meters.

    All of them, whatever the meter was before: a model has one for a song and what it continues.
    """
    return Prompt(tokens, meter.bar_ticks, meter.place_ticks(start_ticks), roles)


def _delayed(piece: Piece, ticks: int) -> Piece:
    """Let all of a piece start later, but for its first tempo."""
    first, *later = piece.tempos
    return replace(
        piece,
        notes=piece.notes.shifted(ticks),
        tempos=(first, *(replace(t, start_ticks=t.start_ticks + ticks) for t in later)),
        time_signatures=tuple(
            replace(each, start_ticks=each.start_ticks + ticks) for each in piece.time_signatures
        ),
    )


def _playable_until(ticks: int, piece: Piece) -> tuple[TempoChange, ...]:
    """Return a piece's tempo map up to a place, in the range that is written."""
    return tuple(
        replace(change, bpm=_playable(change.bpm))
        for change in piece.tempos
        if change.start_ticks <= ticks
    )


def _playable(tempo_bpm: float) -> float:
    lowest, highest = TEMPO_RANGE_BPM
    return min(max(tempo_bpm, lowest), highest)
