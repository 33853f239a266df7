"""The sampling loop: a song is sampled chunk by chunk; the model server keeps no state."""

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import chain, islice
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from api.composing.arranger import Arranger
from api.composing.drawing import Drawing, Passage
from api.composing.length import Length
from api.composing.limit import NO_LIMIT, Limit
from api.composing.planning import plan_of
from api.composing.prompt import EMPTY_PROMPT, Start, opening_prompt
from api.composing.song import Song, SongRequest
from api.deadline import Deadline
from api.errors import BrokenContractError, NoSuchModelError
from api.model_server.games import Bundle, Games
from api.model_server.port import ModelServer, Sampling, SongState
from api.telemetry.metrics import Metrics, Stage
from music.codec import Cursor
from music.errors import TokenError
from music.meter import bar_ticks_of
from music.notes import Notes
from music.piece import TempoChange, constant_tempo, meter_map
from music.quotes.bound import ATTEMPTS, FEWEST_STEPS, Attempt, QuoteBound, is_degenerate
from music.quotes.finder import NO_QUOTES, QuoteState
from music.sampling import CHUNK_STEPS

FIRST_STEPS = 16  # of the first call: few, so that a stream starts soon
MOST_READ_AHEAD = 64  # of a model's openings
MOST_BEGINNINGS = 3  # of a song whose model is unloaded while it is composed

_LOG = logging.getLogger(__name__)
Composed = TypeVar("Composed")


@dataclass(frozen=True)
class _Place:
    """The state of a song between two chunks; resampling restarts from an older one.

    Attributes:
        state: The model's.
        cursor: The codec's.
        first_tick: Where the codec has the first new note; None before it.
        written: Notes so far.
        quote_state: What they share with the collection.
        is_degenerate: Whether the last chunk was degenerate repetition.
    """

    state: SongState
    cursor: Cursor
    first_tick: int | None = None
    written: int = 0
    quote_state: QuoteState = NO_QUOTES
    is_degenerate: bool = False

    def is_end_of(self, length: Length) -> bool:
        if self.first_tick is None:
            return False
        return length.is_reached(self.written, self.cursor.onset_ticks - self.first_tick)


@dataclass(frozen=True)
class _Work:
    """What is the same for all chunks of a song."""

    request: SongRequest
    bundle: Bundle
    length: Length
    deadline: Deadline

    @property
    def bound(self) -> QuoteBound:
        asked = self.request.max_quote
        most_notes = self.bundle.description.quote_notes if asked is None else asked
        return QuoteBound(self.bundle.finder, most_notes)

    def is_right(self, place: _Place) -> bool:
        """Whether the song can continue from a place."""
        return not place.is_degenerate and self.bound.is_kept(place.quote_state)


class Composer:
    """Composes with a model server; safe among threads."""

    def __init__(
        self,
        model_server: ModelServer,
        chunk_steps: int = CHUNK_STEPS,
        metrics: Metrics | None = None,
    ) -> None:
        """Sample `chunk_steps` tokens per call, and fewer by the first."""
        self._model_server = model_server
        self._metrics = metrics or Metrics()
        self._chunk_steps = chunk_steps

    def read_openings(self, bundle: Bundle, deadline: Deadline) -> None:
        """Fill the prefill cache with the states after the prompts of a collection.

        Raises:
            ModelServerError: The model server does not respond.
        """
        prompts = map(opening_prompt, bundle.description.openings)
        for prompt in islice(chain([EMPTY_PROMPT], prompts), MOST_READ_AHEAD):
            bundle.prefills.state(prompt, deadline)

    def compose(
        self, request: SongRequest, games: Games, deadline: Deadline, limit: Limit = NO_LIMIT
    ) -> Song:
        """Compose a whole song with the version of the game's model that `Games.bundle` finds.

        A model server unloads a replaced version as soon as no call uses it, and between two calls
        of a song none does. The song then restarts with the newer version.

        Raises:
            BadParameterError: The collection has no prompts, and the song is to continue one.
            UnknownGameError: There is no such game.
            GameNotReadyError: It has no version that is ready.
            SongTooLongError: It exceeds the limit; raised as soon as that is certain.
            ModelServerError: The model server does not respond, or its response is no music.
        """
        return _with_newest(
            request, games, deadline, lambda bundle: self.song(request, bundle, deadline, limit)
        )

    def song(
        self, request: SongRequest, bundle: Bundle, deadline: Deadline, limit: Limit = NO_LIMIT
    ) -> Song:
        """Compose a whole song with one version of a model.

        Raises:
            BadParameterError: The collection has no prompts, and the song is to continue one.
            NoSuchModelError: The model server has unloaded that version.
            SongTooLongError: It exceeds the limit; raised as soon as that is certain.
            ModelServerError: The model server does not respond, or its response is no music.
        """
        return self._drawing(request, bundle, deadline, limit).finished()

    def compose_stream(self, request: SongRequest, games: Games, deadline: Deadline) -> Drawing:
        """Start a song to stream, with the version that `Games.bundle` finds.

        Its first notes are sampled when this returns. If the model server unloads the version
        before, the song restarts as in `compose`; afterwards it ends with an error.

        Raises:
            ApiError: As `compose`.
        """
        return _with_newest(
            request, games, deadline, lambda bundle: self._drawing(request, bundle, deadline)
        )

    def _drawing(
        self, request: SongRequest, bundle: Bundle, deadline: Deadline, limit: Limit = NO_LIMIT
    ) -> Drawing:
        start = Start.of(request, bundle)
        requested = request.tempo_bpm
        tempos = start.tempos if requested is None else constant_tempo(requested)
        if request.is_planned:
            return self._planned_drawing(request, bundle, start, tempos, deadline, limit)
        length = Length.of(request, tempos[-1].bpm)
        requested_ticks = 0 if request.seconds is None else length.ticks
        last_onset_ticks = int(start.lead.onset_ticks.max(initial=0)) + requested_ticks
        limit.check(
            len(start.lead) + (request.notes or 0),
            max(start.lead.end_ticks, last_onset_ticks),
            tempos,
            bar_ticks_of(start.time_signatures),
        )
        passages = self.passages(request, bundle, start, length, deadline)
        first = next(passages)
        first_note_ticks = 0 if len(start.lead) else first.entry_ticks
        return Drawing(
            request,
            bundle,
            tempos,
            meter_map(start.time_signatures, first_note_ticks),
            chain([first], passages),
            start.lead,
            start.touch,
            limit,
        )

    def _planned_drawing(
        self,
        request: SongRequest,
        bundle: Bundle,
        start: Start,
        tempos: tuple[TempoChange, ...],
        deadline: Deadline,
        limit: Limit,
    ) -> Drawing:
        plan = plan_of(request, bundle, start, tempos[-1].bpm)
        signatures = start.time_signatures if len(start.lead) else (plan.meter,)
        limit.check(len(start.lead), plan.end_ticks, tempos, bar_ticks_of(signatures))
        arranger = Arranger(
            *(self._model_server, self._metrics, request, bundle, plan, deadline),
            chunk_steps=self._chunk_steps,
        )
        passages = arranger.passages(start)
        first = next(passages)
        return Drawing(
            *(request, bundle, tempos, signatures, chain([first], passages), start.lead),
            touch=start.touch,
            limit=limit,
            plan=plan,
        )

    def passages(
        self,
        request: SongRequest,
        bundle: Bundle,
        start: Start,
        length: Length,
        deadline: Deadline,
    ) -> Iterator[Passage]:
        """Compose a song chunk by chunk; its first note, new or not, is at tick 0.

        Yields:
            The next notes, one or more.

        Raises:
            ModelServerError: The model server does not respond, or with no or too little music.
        """
        work = _Work(request, bundle, length, deadline)
        state = bundle.prefills.state(start.prompt, deadline)
        place = _Place(state, start.cursor)
        position = 0
        while position < length.tokens:
            chunk_steps = self._chunk_steps if position else min(FIRST_STEPS, self._chunk_steps)
            steps = min(chunk_steps, max(length.notes - place.written, FEWEST_STEPS))
            notes, place = self._chunk(work, place, position, steps)
            if place.first_tick is not None and len(notes):
                entry_ticks = start.entry_ticks(place.first_tick)
                placed = notes.shifted(entry_ticks) if len(start.lead) else notes
                yield Passage(placed, place.quote_state, entry_ticks)
            if place.is_end_of(length):
                return
            position += steps
        raise _unfinished(length, place.written)

    def _chunk(
        self, work: _Work, before: _Place, position: int, steps: int
    ) -> tuple[Notes, _Place]:
        """Sample the next tokens; resample them where the song cannot continue from them."""
        drawn: list[tuple[Notes, _Place]] = []
        for attempt in ATTEMPTS:
            if drawn:
                self._metrics.resampled(work.request.game)
            drawn.append(self._attempted(work, before, position, steps, attempt))
            if work.is_right(drawn[-1][1]):
                return drawn[-1]
        return min(drawn, key=_rank)

    def _attempted(
        self, work: _Work, before: _Place, position: int, steps: int, attempt: Attempt
    ) -> tuple[Notes, _Place]:
        asked = work.request
        how = attempt.sampling(asked.temperature, asked.top_k, asked.top_p)
        (draw,) = self._model_server.decode(
            work.bundle.model,
            [before.state],
            positions=[position + attempt.position_added],
            steps=steps,
            sampling=Sampling(*how, asked.seed),
            deadline=work.deadline,
        )
        with self._metrics.timed(Stage.CODEC):
            notes, cursor = _decoded(work.bundle, draw.tokens, before.cursor)
        first_tick = before.first_tick
        if first_tick is None and len(notes):
            first_tick = int(notes.onset_ticks[0])
        kept = work.length.cut(notes.shifted(-(first_tick or 0)), before.written)
        with self._metrics.timed(Stage.QUOTES):
            quote_state = work.bundle.finder.listen(kept, before.quote_state)
        written, has_halted = before.written + len(kept), is_degenerate(notes, steps)
        return kept, _Place(draw.state, cursor, first_tick, written, quote_state, has_halted)


def _rank(attempt: tuple[Notes, _Place]) -> tuple[bool, int, int]:
    """Rank attempts that all failed, best first; between equals, more notes are better."""
    notes, place = attempt
    return place.is_degenerate, place.quote_state.latest_notes, -len(notes)


def _with_newest(
    request: SongRequest, games: Games, deadline: Deadline, compose: Callable[[Bundle], Composed]
) -> Composed:
    """Compose with the current version; restart with a newer one if it is unloaded meanwhile."""
    for _ in range(MOST_BEGINNINGS - 1):
        try:
            return compose(games.bundle(request.game, deadline, request.label))
        except NoSuchModelError as error:
            _LOG.warning("a version was unloaded, the song restarts: %r", error.reason)
    return compose(games.bundle(request.game, deadline, request.label))


def _decoded(bundle: Bundle, tokens: NDArray[np.int32], cursor: Cursor) -> tuple[Notes, Cursor]:
    try:
        return bundle.codec.decode(tokens, cursor)
    except TokenError as error:
        raise BrokenContractError.not_music(f"a draw in which {error}") from error


def _unfinished(length: Length, written: int) -> BrokenContractError:
    return BrokenContractError(
        "The game's model did not bring the song to its end; "
        f"it gave {written} {'note' if written == 1 else 'notes'}.",
        f"{length.tokens} tokens were drawn",
    )
