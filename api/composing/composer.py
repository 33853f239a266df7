"""Composes songs with models of the model server, which keeps no state of any song."""

import logging
from collections.abc import Callable, Iterator
from functools import partial
from itertools import chain, islice
from typing import TypeVar

from api.composing.at_once import at_once
from api.composing.drawing import Drawing
from api.composing.limit import NO_LIMIT, Limit
from api.composing.merged_model import MergedModel
from api.composing.primers import Upload
from api.composing.ranking import RankedSong, ranked
from api.composing.served_model import ServedModel, SongMetrics, translated_errors
from api.composing.song import Primer, Song, SongRequest
from api.composing.traced_model import Attempts, TracedModel, TracedWork
from api.deadline import Deadline
from api.errors import NoSuchModelError
from api.model_server.games import Bundle, Games
from api.model_server.port import ModelServer
from api.telemetry.metrics import Metrics
from api.telemetry.tracing import UNTRACED, Tracer
from music.composing.composition import Composition
from music.composing.continuation import Continuation, opening_prompt
from music.composing.model import Model
from music.composing.passage import Passage
from music.expression.dynamics import FLAT
from music.expression.touch import Touch
from music.sampling import CHUNK_STEPS

MOST_READ_AHEAD = 64  # of a model's openings
MOST_BEGINNINGS = 3  # of a song whose model is unloaded while it is composed

_LOG = logging.getLogger(__name__)
Composed = TypeVar("Composed")


class Composer:
    """Composes with a model server; safe among threads."""

    def __init__(
        self,
        model_server: ModelServer,
        chunk_steps: int = CHUNK_STEPS,
        metrics: Metrics | None = None,
        tracer: Tracer = UNTRACED,
    ) -> None:
        """Sample `chunk_steps` tokens per call, and fewer by the first."""
        self._model_server = model_server
        self._metrics = metrics or Metrics()
        self._tracer = tracer
        self._chunk_steps = chunk_steps

    def read_openings(self, bundle: Bundle, deadline: Deadline) -> None:
        """Fill the prefill cache with the states after the prompts of a collection.

        Raises:
            ModelServerError: The model server does not respond.
        """
        music = bundle.music
        empty = Continuation.of_nothing(music).prompt
        prompts = (opening_prompt(opening, music.codec) for opening in music.openings)
        for prompt in islice(chain([empty], prompts), MOST_READ_AHEAD):
            bundle.prefills.state(prompt, deadline)

    def compose(
        self,
        request: SongRequest,
        games: Games,
        deadline: Deadline,
        limit: Limit = NO_LIMIT,
        bundle: Bundle | None = None,
    ) -> Song:
        """Compose a whole song, by default with the version that `Games.bundle` finds.

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
            request,
            games,
            deadline,
            lambda current: self.song(request, current, deadline, limit),
            bundle,
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
        return self._drawing(request, bundle, self._served(bundle, deadline), limit).finished()

    def compose_several(
        self,
        request: SongRequest,
        games: Games,
        deadline: Deadline,
        limit: Limit = NO_LIMIT,
        bundle: Bundle | None = None,
        *,
        threads: int,
        is_wanted: Callable[[], bool],
    ) -> tuple[RankedSong, ...]:
        """Compose the songs of a request by one version, and rank them.

        The songs are composed at the same time, and their calls of the model server are merged. If
        one fails, the others stop.

        Args:
            request: For one or more songs.
            games: Find the version.
            deadline: Of all songs.
            limit: Of each song.
            bundle: The version, if it has been resolved already.
            threads: How many songs are composed at the same time; the others follow.
            is_wanted: Whether anybody waits for the songs. They stop soon after nobody does.

        Raises:
            ApiError: As `compose`, for the first song that fails.
            OutOfTimeError: Nobody waits for the songs any more.
        """

        def composed(current: Bundle) -> tuple[RankedSong, ...]:
            part = deadline.of_part()
            models = MergedModel.of_groups(self._served(current, part), threads)

            def compose(one: SongRequest, merged: MergedModel) -> Song:
                with self._tracer.span("song", **{"leitmotif.seed": one.brief.seed}):
                    return self._drawing(one, current, merged, limit).finished()

            tasks = [partial(compose, one) for one in request.each_song()]
            songs = at_once(tasks, models, part, is_wanted)
            with self._tracer.span("rank", **{"leitmotif.songs": len(songs)}):
                return ranked(songs, current)

        return _with_newest(request, games, deadline, composed, bundle)

    def compose_stream(self, request: SongRequest, games: Games, deadline: Deadline) -> Drawing:
        """Start a song to stream, with the version that `Games.bundle` finds.

        Its first notes are sampled when this returns. If the model server unloads the version
        before, the song restarts as in `compose`; afterwards it ends with an error.

        Raises:
            ApiError: As `compose`.
        """
        return _with_newest(
            request,
            games,
            deadline,
            lambda current: self._drawing(request, current, self._served(current, deadline)),
        )

    def _drawing(
        self, request: SongRequest, bundle: Bundle, model: Model, limit: Limit = NO_LIMIT
    ) -> Drawing:
        request = request.for_codec(bundle.music.codec)
        with translated_errors():
            continuation = _continuation(request, bundle)
            composition = Composition.of(request.brief, bundle.music, continuation)
            continuation = composition.continuation
        limit.check(
            composition.fewest_notes,
            composition.least_ticks,
            composition.tempos,
            composition.bar_ticks,
        )
        passages = self.passages(composition, bundle, model)
        first = next(passages)
        dynamics = bundle.description.dynamics if request.dynamics else FLAT
        return Drawing(
            request,
            bundle,
            composition.tempos,
            composition.time_signatures(first),
            chain([first], passages),
            continuation.lead,
            Touch(dynamics, continuation.articulation),
            limit,
            composition.plan,
            continuation.line_up,
        )

    def _served(self, bundle: Bundle, deadline: Deadline) -> ServedModel:
        return ServedModel(self._model_server, bundle, deadline)

    def passages(self, composition: Composition, bundle: Bundle, model: Model) -> Iterator[Passage]:
        """Compose a song passage by passage, lazily.

        Raises:
            ModelServerError: The model server does not respond, or with no or too little music.
        """
        attempts = Attempts()
        traced = TracedModel(model, self._tracer, attempts)
        metrics = SongMetrics(self._metrics, bundle.model.game)
        observer = TracedWork(metrics, self._tracer, attempts)
        with translated_errors():
            yield from composition.passages(traced, observer, self._chunk_steps)


def _continuation(request: SongRequest, bundle: Bundle) -> Continuation:
    music, brief = bundle.music, request.brief
    if isinstance(request.primer, Upload):
        piece = request.primer.piece
        if brief.keep:
            return Continuation.of_revision(music, piece, is_start_kept=brief.keep[0] == 0)
        if brief.varies:
            return Continuation.of_theme(music, piece)
        is_lead = request.include_primer
        return Continuation.of_primer(music, piece, is_lead=is_lead, line_up=brief.line_up)
    if request.primer is Primer.NONE:
        return Continuation.of_nothing(music, brief.seed, brief.line_up)
    return Continuation.of_opening(music, brief.seed, brief.character, brief.line_up)


def _with_newest(
    request: SongRequest,
    games: Games,
    deadline: Deadline,
    compose: Callable[[Bundle], Composed],
    bundle: Bundle | None = None,
) -> Composed:
    """Compose with the current version; restart with a newer one if it is unloaded meanwhile."""
    for _ in range(MOST_BEGINNINGS - 1):
        try:
            return compose(bundle or games.bundle(request.game, deadline, request.version))
        except NoSuchModelError as error:
            bundle = None
            _LOG.warning("a version was unloaded, the song restarts: %r", error.reason)
    return compose(games.bundle(request.game, deadline, request.version))
