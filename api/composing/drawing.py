"""A song in progress, passage by passage."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from api.composing.limit import NO_LIMIT, Limit
from api.composing.song import Song, SongRequest
from api.model_server.games import Bundle
from music.composing.passage import Passage
from music.expression.touch import Touch
from music.form.plan import Plan
from music.meter import bar_ticks_of
from music.notes import Notes, cleaned, join
from music.piece import TempoChange, TimeSignature
from music.players.line_up import ONE_PIANO, LineUp


@dataclass(frozen=True)
class Drawing:
    """A song in progress.

    Attributes:
        request: The request.
        bundle: The model that composes it.
        tempos: The song's, as `Piece` has them.
        time_signatures: The song's, as `Piece` has them.
        passages: Its new notes, sampled lazily; raises as `Composer.passages`.
        lead: The caller's own notes before them.
        touch: How the song is played.
        limit: How long the song may be.
        plan: The song's; None of one that has exactly so many notes or seconds.
        line_up: The instrument of every role of the notes.
    """

    request: SongRequest
    bundle: Bundle
    tempos: tuple[TempoChange, ...]
    time_signatures: tuple[TimeSignature, ...]
    passages: Iterator[Passage]
    lead: Notes
    touch: Touch
    limit: Limit = NO_LIMIT
    plan: Plan | None = None
    line_up: LineUp = ONE_PIANO

    def finished(self) -> Song:
        """Compose all of it.

        Raises:
            SongTooLongError: It exceeds its limit.
            ApiError: As `Composer.passages` says.
        """
        passages = list(self._within_limit())
        new = join([passage.notes for passage in passages])
        notes = cleaned(join([self.lead, new]))
        self._check(len(notes), notes.end_ticks)
        quote_state, places = passages[-1].quote_state, notes.places_of(new)
        places = places[notes[places].piano_places].tolist()
        quotes = [  # found among the new notes, none of which may be melodic
            replace(quote, start_in_song=places[quote.start_in_song])
            if quote.length_notes
            else quote
            for quote in (quote_state.longest, *quote_state.runs)
        ]
        return Song(
            notes=notes,
            tempos=self.tempos,
            time_signatures=self.time_signatures,
            game_title=self.bundle.description.title,
            version=self.bundle.model.version,
            longest_quote=quotes[0],
            request=self.request,
            touch=self.touch,
            quotes=tuple(quotes[1:]),
            primer_notes=len(self.lead),
            plan=self.plan,
            line_up=self.line_up,
        )

    def _within_limit(self) -> Iterator[Passage]:
        """Yield the passages; raise as soon as the song exceeds its limit."""
        notes = len(self.lead)
        for passage in self.passages:
            notes += len(passage.notes)
            self._check(notes, int(passage.notes.onset_ticks[-1]))
            yield passage

    def _check(self, notes: int, ticks: int) -> None:
        self.limit.check(notes, ticks, self.tempos, bar_ticks_of(self.time_signatures))
