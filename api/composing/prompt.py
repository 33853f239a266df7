"""What a song continues: nothing, the opening of a piece of the collection, or an upload."""

from dataclasses import dataclass, replace

from api.composing.primers import Upload, encoded_primer
from api.composing.song import Primer, SongRequest
from api.errors import BadParameterError
from api.model_server.games import Bundle
from api.model_server.port import Prompt
from music.bars import COMMON_TIME
from music.codec import BOS, Cursor
from music.description import Opening
from music.expression.articulation import Articulation, learned_articulation
from music.expression.dynamics import FLAT
from music.expression.touch import Touch
from music.midi import TEMPO_RANGE_BPM
from music.notes import NO_NOTES, Notes
from music.piece import Piece, TempoChange, TimeSignature, constant_tempo

EMPTY_PROMPT = Prompt((BOS,), COMMON_TIME.bar_ticks, 0)
"""Of a song that continues nothing: in 4/4, and its first note starts a bar."""


@dataclass(frozen=True)
class Start:
    """What a song continues.

    Attributes:
        prompt: The tokens for `prefill`, in the meter in which the music before the song ends.
        cursor: Where the decoding of the song itself begins.
        tempos: The tempo map of the lead; the last tempo, at which the music before it ends, is
            that of the new notes. In the range that is written.
        lead: What comes first in the song itself, from tick 0; mostly nothing.
        time_signatures: Of the music that the song continues, one or more. Ticks are counted from
            its start.
        touch: How the song is played: as detached as the music that it continues.
        codec_start_ticks: Where in that music the codec starts to count.
    """

    prompt: Prompt
    cursor: Cursor
    tempos: tuple[TempoChange, ...]
    lead: Notes
    time_signatures: tuple[TimeSignature, ...]
    touch: Touch
    codec_start_ticks: int = 0

    @classmethod
    def of(cls, request: SongRequest, bundle: Bundle) -> "Start":
        """Choose what a song continues.

        Raises:
            BadParameterError: The collection has no openings, or the model cannot read the
                uploaded primer.
        """
        if isinstance(request.primer, Upload):
            piece = request.primer.piece
            primer = encoded_primer(piece.notes, bundle.codec)
            read, cursor = bundle.codec.decode(primer.tokens)
            last_onset_ticks = int(primer.notes.onset_ticks[-1])
            codec_start_ticks = last_onset_ticks - int(read.onset_ticks[-1])
            if request.include_primer:
                tempos, lead = _playable_until(last_onset_ticks, piece), primer.notes
            else:
                tempos, lead = constant_tempo(_playable(piece.last_tempo_bpm)), NO_NOTES
            return cls(
                prompt=_prompt(primer.tokens, piece.time_signatures[-1], codec_start_ticks),
                cursor=cursor,
                tempos=tempos,
                lead=lead,
                time_signatures=piece.time_signatures,
                touch=_touch(request, bundle, learned_articulation([piece])),
                codec_start_ticks=codec_start_ticks,
            )
        if request.primer is Primer.NONE:
            tempos = constant_tempo(_playable(bundle.description.tempo_bpm))
            touch = _touch(request, bundle, bundle.description.articulation)
            return cls(EMPTY_PROMPT, Cursor(), tempos, NO_NOTES, (COMMON_TIME,), touch)
        opening = _opening(bundle, request.seed)
        _, cursor = bundle.codec.decode(opening.tokens)
        return cls(
            opening_prompt(opening),
            cursor,
            constant_tempo(_playable(opening.tempo_bpm)),
            NO_NOTES,
            opening.time_signatures,
            _touch(request, bundle, opening.articulation),
        )

    @property
    def is_empty(self) -> bool:
        """Whether there is no music before the song."""
        return self.prompt == EMPTY_PROMPT

    @property
    def plan_meter(self) -> TimeSignature:
        """The meter of a plan; it starts at the first bar line after the music before it.

        Ticks are counted from the start of the song: that bar line, or the lead's start.
        """
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

    def entry_ticks(self, first_tick: int) -> int:
        """Say when the first new note starts, counted from the start of the music before it.

        Args:
            first_tick: Where the codec, which counts what was read, has that note.

        Returns:
            0 where there is no music before it, as the model counts: a first note waits for none.
        """
        if self.is_empty:
            return 0
        return self.codec_start_ticks + first_tick


def opening_prompt(opening: Opening) -> Prompt:
    """Return the prompt of a piece's opening."""
    return _prompt((BOS, *opening.tokens), opening.meter, 0)


def _prompt(tokens: tuple[int, ...], meter: TimeSignature, start_ticks: int) -> Prompt:
    """Put tokens, whose first note starts so many ticks into a piece, into one of its meters.

    All of them, whatever the meter was before: a model has one for a song and what it continues.
    """
    return Prompt(tokens, meter.bar_ticks, meter.place_ticks(start_ticks))


def _touch(request: SongRequest, bundle: Bundle, articulation: Articulation) -> Touch:
    return Touch(bundle.description.dynamics if request.dynamics else FLAT, articulation)


def _opening(bundle: Bundle, seed: int) -> Opening:
    openings = bundle.description.openings
    if not openings:
        raise BadParameterError("This game has no openings; primer must be none.", "primer")
    return openings[seed % len(openings)]


def _playable_until(ticks: int, piece: Piece) -> tuple[TempoChange, ...]:
    """Give a piece's tempo map up to a place, in the range that is written."""
    return tuple(
        replace(change, bpm=_playable(change.bpm))
        for change in piece.tempos
        if change.start_ticks <= ticks
    )


def _playable(tempo_bpm: float) -> float:
    lowest, highest = TEMPO_RANGE_BPM
    return min(max(tempo_bpm, lowest), highest)
