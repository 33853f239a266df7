"""One song: what is decided before its first note is sampled, and its notes."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Self

from music.character.measures import target_of
from music.composing.arranger import Arranger
from music.composing.brief import Brief
from music.composing.by_length import passages_by_length
from music.composing.continuation import Continuation
from music.composing.game_music import GameMusic
from music.composing.length import Length
from music.composing.model import Model
from music.composing.observer import UNOBSERVED, Observer
from music.composing.passage import Passage
from music.composing.planning import plan_of
from music.composing.sampler import Sampler
from music.form.plan import Plan
from music.form.target import ANYTHING, Target
from music.meter import bar_ticks_of
from music.notes import TICKS_PER_BEAT, cleaned, join
from music.piece import Piece, TempoChange, TimeSignature, constant_tempo, meter_map
from music.sampling import CHUNK_STEPS


@dataclass(frozen=True)
class Composition:
    """What is decided about a song before its first note is sampled.

    Attributes:
        brief: What it is to be.
        music: Of the game.
        continuation: What it continues.
        tempos: As `Piece` has them.
        plan: None of a song of exactly so many notes or seconds.
        target: What its notes are to measure.
    """

    brief: Brief
    music: GameMusic
    continuation: Continuation
    tempos: tuple[TempoChange, ...]
    plan: Plan | None
    target: Target = ANYTHING

    @classmethod
    def of(cls, brief: Brief, music: GameMusic, continuation: Continuation) -> Self:
        """Decide.

        Raises:
            FormError: The bars do not fit the form; the message says which would.
            CharacterError: The game has no pieces to compare the song with.
        """
        target = target_of(brief.character, music.measures)
        if target.density is not None:
            music = replace(music, notes_per_beat=target.density.value)
        requested = brief.tempo_bpm
        tempos = continuation.tempos if requested is None else constant_tempo(requested)
        plan = plan_of(brief, music, continuation, tempos[-1].bpm) if brief.is_planned else None
        if plan is not None and plan.loops:
            lead = continuation.lead.ending_by(plan.loop_start_ticks)
            continuation = replace(continuation, lead=lead)
        return cls(brief, music, continuation, tempos, plan, target)

    @property
    def fewest_notes(self) -> int:
        """How many notes the song has at least."""
        requested = self.brief.notes if self.plan is None else None
        return len(self.continuation.lead) + (requested or 0)

    @property
    def least_ticks(self) -> float:
        """How long the song is at least."""
        if self.plan is not None:
            return self.plan.end_ticks
        lead = self.continuation.lead
        seconds = self.brief.seconds or 0
        new_ticks = seconds * self.tempos[-1].bpm / 60 * TICKS_PER_BEAT
        return max(lead.end_ticks, int(lead.onset_ticks.max(initial=0)) + new_ticks)

    @property
    def bar_ticks(self) -> int:
        """The length of a bar."""
        return bar_ticks_of(self._time_signatures)

    def time_signatures(self, first: Passage) -> tuple[TimeSignature, ...]:
        """Return the song's meters as `Piece` has them, once its first passage is known."""
        if self.plan is not None:
            return self._time_signatures
        first_note_ticks = 0 if len(self.continuation.lead) else first.entry_ticks
        return meter_map(self._time_signatures, first_note_ticks)

    def passages(
        self, model: Model, observer: Observer = UNOBSERVED, most_steps: int = CHUNK_STEPS
    ) -> Iterator[Passage]:
        """Sample the song passage by passage, lazily.

        Args:
            model: Of the game.
            observer: Receives what is timed and counted.
            most_steps: Tokens that a call samples at most, which changes no song.

        Yields:
            The next notes, one or more.

        Raises:
            ComposingError: The model gives no music, or too little.
        """
        sampler = Sampler(model, self.music, self.brief, observer, self.continuation.drums)
        if self.plan is not None:
            arranger = Arranger(sampler, self.music, self.plan, most_steps, self.target)
            return arranger.passages(self.continuation)
        length = Length.of(self.brief, self.tempos[-1].bpm)
        return passages_by_length(sampler, self.continuation, length, most_steps)

    def composed(self, model: Model, name: str) -> Piece:
        """Sample the whole song; raises as `passages`."""
        passages = list(self.passages(model))
        new = [passage.notes for passage in passages]
        return Piece(
            name,
            cleaned(join([self.continuation.lead, *new])),
            self.tempos,
            self.time_signatures(passages[0]),
            line_up=self.continuation.line_up,
        )

    @property
    def _time_signatures(self) -> tuple[TimeSignature, ...]:
        """Those of the plan or, where there is none, of the music that the song continues."""
        if self.plan is not None and not len(self.continuation.lead):
            return (self.plan.meter,)
        return self.continuation.time_signatures
