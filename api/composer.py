"""The sampling loop: a song, drawn chunk by chunk from a model server that keeps nothing of it."""

import logging
import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from api.deadline import Deadline
from api.errors import BadParameterError, BrokenContractError, NoSuchModelError
from api.games import Bundle, Games
from api.model_server import ModelServer, Sampling, SongState
from api.parameters import MOST_NOTES
from api.prefilled import Prefilled
from api.song import Primer, Song, SongRequest
from music.bounding import ATTEMPTS, Attempt, QuoteBound
from music.codec import BOS, Cursor
from music.description import Opening
from music.errors import TokenError
from music.midi import TEMPO_RANGE_BPM
from music.notes import TICKS_PER_BEAT, Notes, cleaned, join
from music.quotes import NOTHING_HEARD, Heard
from music.sampling import CHUNK_STEPS

# A token is a note or more, unless it strikes a key again; a song that needs many more is not one.
TOKENS_PER_NOTE = 2
SPARE_TOKENS = 64
FIRST_STEPS = 16  # of the first call: so few that a song is heard soon
MOST_BEGINNINGS = 3  # of a song whose model is unloaded while it is composed

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class Length:
    """Where a song ends.

    Attributes:
        notes: After so many notes at the latest.
        ticks: All onsets lie before it.
    """

    notes: int
    ticks: float

    @classmethod
    def of(cls, request: SongRequest, tempo_bpm: float) -> "Length":
        """Read off a request where its song ends."""
        if request.seconds is None:
            return cls(request.notes or MOST_NOTES, math.inf)
        return cls(MOST_NOTES, request.seconds * tempo_bpm / 60 * TICKS_PER_BEAT)

    @property
    def tokens(self) -> int:
        """Bound the tokens that are drawn for it, should they not become notes."""
        return self.notes * TOKENS_PER_NOTE + SPARE_TOKENS

    def cut(self, notes: Notes, written: int) -> Notes:
        """Leave out the notes behind the end, where `written` notes come before these."""
        within = int(np.searchsorted(notes.onset_ticks, self.ticks))
        return notes[: min(within, self.notes - written)]

    def is_reached(self, written: int, next_onset_ticks: int) -> bool:
        """Say whether no further note can come."""
        return written >= self.notes or next_onset_ticks >= self.ticks


@dataclass(frozen=True)
class Start:
    """What a song goes on from.

    Attributes:
        tokens: All that the model reads first.
        cursor: Where the decoding of the song itself begins.
        tempo_bpm: Of the music that it goes on from, in the range that is written.
    """

    tokens: tuple[int, ...]
    cursor: Cursor
    tempo_bpm: float

    @classmethod
    def of(cls, request: SongRequest, bundle: Bundle) -> "Start":
        """Choose what a song goes on from.

        Raises:
            BadParameterError: The collection has no openings to go on from.
            BrokenContractError: An opening is not of the vocabulary.
        """
        if request.primer is Primer.NONE:
            return cls((BOS,), Cursor(), _playable(bundle.description.tempo_bpm))
        opening = _opening(bundle, request.seed)
        try:
            _, cursor = bundle.codec.decode(opening.tokens)
        except TokenError as error:
            raise _broken(f"an opening in which {error}") from error
        return cls((BOS, *opening.tokens), cursor, _playable(opening.tempo_bpm))


@dataclass(frozen=True)
class Passage:
    """Some of a song's notes, one or more.

    Attributes:
        notes: In the song's time.
        heard: What the song so far shares with the pieces.
    """

    notes: Notes
    heard: Heard


@dataclass(frozen=True)
class Drawing:
    """A song that is being drawn.

    Attributes:
        request: What was asked for.
        bundle: What it is drawn with.
        tempo_bpm: The song's.
        passages: Its notes; each is drawn when it is asked for, and raises as
            `Composer.passages` says.
    """

    request: SongRequest
    bundle: Bundle
    tempo_bpm: float
    passages: Iterator[Passage]

    def finished(self) -> Song:
        """Draw all of it."""
        passages = list(self.passages)
        return Song(
            notes=cleaned(join([passage.notes for passage in passages])),
            tempo_bpm=self.tempo_bpm,
            title=self.bundle.description.title,
            version=self.bundle.model.version,
            longest_quote=passages[-1].heard.longest,
            request=self.request,
            quotes=passages[-1].heard.runs,
        )


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


@dataclass(frozen=True)
class _Place:
    """Where a song stands between two chunks; an older one is what it goes back to.

    Attributes:
        state: The model's.
        cursor: The codec's.
        first_tick: Where the first note was, which becomes tick 0; None before it.
        written: Notes so far.
        heard: What they share with the collection.
    """

    state: SongState
    cursor: Cursor
    first_tick: int | None = None
    written: int = 0
    heard: Heard = NOTHING_HEARD

    def is_end_of(self, length: Length) -> bool:
        if self.first_tick is None:
            return False
        return length.is_reached(self.written, self.cursor.onset_ticks - self.first_tick)


class Composer:
    """Composes with a model server; safe among threads."""

    def __init__(self, model_server: ModelServer, chunk_steps: int = CHUNK_STEPS) -> None:
        """Draw `chunk_steps` tokens by one call, and fewer by the first."""
        self._model_server = model_server
        self._prefilled = Prefilled(model_server)
        self._chunk_steps = chunk_steps

    def newest_song(self, request: SongRequest, games: Games, deadline: Deadline) -> Song:
        """Compose a whole song with the newest version of the game's model.

        A model server unloads a version that a newer one replaces as soon as no call uses it, and
        between two calls of a song none does. The song then begins anew with the newer version.

        Raises:
            BadParameterError: The collection has no openings, and the song is to go on from one.
            UnknownGameError: There is no such game.
            GameNotReadyError: It has no version that is ready.
            ModelServerError: The model server does not answer, or with no music.
        """
        for _ in range(MOST_BEGINNINGS - 1):
            try:
                return self.song(
                    request, games.bundle(request.game, deadline, request.label), deadline
                )
            except NoSuchModelError as error:
                _LOG.warning("a version was unloaded, the song begins anew: %r", error.reason)
        return self.song(request, games.bundle(request.game, deadline, request.label), deadline)

    def song(self, request: SongRequest, bundle: Bundle, deadline: Deadline) -> Song:
        """Compose a whole song with one version of a model.

        Raises:
            BadParameterError: The collection has no openings, and the song is to go on from one.
            NoSuchModelError: The model server has unloaded that version.
            ModelServerError: The model server does not answer, or with no music.
        """
        return self._drawing(request, bundle, deadline).finished()

    def newest_drawing(self, request: SongRequest, games: Games, deadline: Deadline) -> Drawing:
        """Begin a song with the newest version of the game's model, to be heard as it is drawn.

        Its first notes are drawn when this returns; should the model server unload the version
        before, it begins anew as `newest_song` does, and afterwards it breaks off.

        Raises:
            ApiError: As `newest_song`.
        """
        for beginnings_left in reversed(range(MOST_BEGINNINGS)):
            try:
                drawing = self._drawing(
                    request, games.bundle(request.game, deadline, request.label), deadline
                )
                first = next(drawing.passages)
            except NoSuchModelError as error:
                if not beginnings_left:
                    raise
                _LOG.warning("a version was unloaded, the song begins anew: %r", error.reason)
            else:
                return replace(drawing, passages=chain([first], drawing.passages))
        raise AssertionError  # the last beginning returns or raises

    def _drawing(self, request: SongRequest, bundle: Bundle, deadline: Deadline) -> Drawing:
        start = Start.of(request, bundle)
        tempo_bpm = start.tempo_bpm if request.tempo_bpm is None else request.tempo_bpm
        length = Length.of(request, tempo_bpm)
        passages = self.passages(request, bundle, start, length, deadline)
        return Drawing(request, bundle, tempo_bpm, passages)

    def passages(
        self,
        request: SongRequest,
        bundle: Bundle,
        start: Start,
        length: Length,
        deadline: Deadline,
    ) -> Iterator[Passage]:
        """Compose a song chunk by chunk; its first note is at tick 0.

        Yields:
            The next notes, one or more.

        Raises:
            ModelServerError: The model server does not answer, with no music or with too little.
        """
        work = _Work(request, bundle, length, deadline)
        state = self._prefilled.state(bundle.model, start.tokens, deadline)
        place = _Place(state, start.cursor)
        position = 0
        while position < length.tokens:
            chunk_steps = self._chunk_steps if position else min(FIRST_STEPS, self._chunk_steps)
            steps = min(chunk_steps, length.notes - place.written)
            notes, place = self._chunk(work, place, position, steps)
            if len(notes):
                yield Passage(notes, place.heard)
            if place.is_end_of(length):
                return
            position += steps
        raise _unfinished(length, place.written)

    def _chunk(
        self, work: _Work, before: _Place, position: int, steps: int
    ) -> tuple[Notes, _Place]:
        """Draw the next tokens; again, and in other ways, where they would quote too long a run."""
        drawn = []
        for attempt in ATTEMPTS:
            drawn.append(self._attempted(work, before, position, steps, attempt))
            if work.bound.is_kept(drawn[-1][1].heard, before.heard):
                return drawn[-1]
        return min(drawn, key=lambda each: each[1].heard.longest.length_notes)

    def _attempted(
        self, work: _Work, before: _Place, position: int, steps: int, attempt: Attempt
    ) -> tuple[Notes, _Place]:
        asked = work.request
        how = attempt.sampling(asked.temperature, asked.top_k, asked.top_p)
        draw = self._model_server.decode(
            work.bundle.model,
            before.state,
            position=position + attempt.position_added,
            steps=steps,
            sampling=Sampling(*how, asked.seed),
            deadline=work.deadline,
        )
        notes, cursor = _decoded(work.bundle, draw.tokens, before.cursor)
        first_tick = before.first_tick
        if first_tick is None and len(notes):
            first_tick = int(notes.onset_ticks[0])
        kept = work.length.cut(notes.shifted(-(first_tick or 0)), before.written)
        heard = work.bundle.finder.listen(kept, before.heard)
        return kept, _Place(draw.state, cursor, first_tick, before.written + len(kept), heard)


def _opening(bundle: Bundle, seed: int) -> Opening:
    openings = bundle.description.openings
    if not openings:
        raise BadParameterError("This game has no openings; primer must be none.", "primer")
    return openings[seed % len(openings)]


def _playable(tempo_bpm: float) -> float:
    lowest, highest = TEMPO_RANGE_BPM
    return min(max(tempo_bpm, lowest), highest)


def _decoded(bundle: Bundle, tokens: NDArray[np.int32], cursor: Cursor) -> tuple[Notes, Cursor]:
    try:
        return bundle.codec.decode(tokens, cursor)
    except TokenError as error:
        raise _broken(f"a draw in which {error}") from error


def _unfinished(length: Length, written: int) -> BrokenContractError:
    return BrokenContractError(
        "The game's model did not bring the song to its end; "
        f"it gave {written} {'note' if written == 1 else 'notes'}.",
        f"{length.tokens} tokens were drawn",
    )


def _broken(what: str) -> BrokenContractError:
    return BrokenContractError("The game's model did not answer with music.", f"it gave {what}")
