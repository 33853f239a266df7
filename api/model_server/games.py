"""What is known of the games: which there are, which are ready, what their models say they are."""

import logging
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextvars import copy_context
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from threading import Lock

from api.deadline import Deadline
from api.errors import (
    ApiError,
    BadParameterError,
    BrokenContractError,
    GameNotReadyError,
    ModelServerError,
    NoSuchModelError,
    UnknownGameError,
    VersionGoneError,
)
from api.model_server.fetch_cache import FetchCache
from api.model_server.models_config import ModelsConfig
from api.model_server.port import SLUG, Label, Model, ModelServer, State, VersionStatus
from api.model_server.prefill_cache import PrefillCache
from music.band.parts import instruments_of
from music.character.excerpts import meters_of, modes_of
from music.codec import open_codec
from music.composing.game_music import GameMusic, notes_per_beat
from music.description import Description
from music.errors import MusicError
from music.quotes.finder import QuoteFinder
from music.typicality import Usual

STATUS_SECONDS = 10.0  # for all calls about the status of one game
MOST_THREADS = 64  # that ask for statuses; each game takes one at most
UNREACHABLE = "UNREACHABLE"  # the model server did not say
BROKEN = "BROKEN"  # loaded, and not one that this API can use

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class Bundle:
    """A model and what it takes to compose with it.

    Attributes:
        model: The version that is asked.
        description: What it says of itself.
        music: What composing needs to know of the music that it has learned.
        prefills: The states after what its songs continue.
    """

    model: Model
    description: Description
    music: GameMusic
    prefills: PrefillCache

    @cached_property
    def usual(self) -> Usual | None:
        """The measures of the pieces that the model has learned; None if they are too few."""
        return Usual.of(piece.notes for piece in self.description.learned)


@dataclass(frozen=True)
class GameState:
    """How a game stands on the model server.

    Attributes:
        game: Its name.
        version: The version that composes by default or, if none is ready, the promoted or the
            newest; None if there is none.
        state: TensorFlow Serving's word for the version's state, UNREACHABLE or BROKEN; AVAILABLE
            only where songs can be composed with it.
    """

    game: str
    version: int | None
    state: str


@dataclass(frozen=True)
class GameEntry:
    """A game in the list of games; all but the first three are None until it is AVAILABLE."""

    game: str
    version: int | None
    state: str
    title: str | None = None
    pieces: int | None = None
    notes: int | None = None
    max_quote: int | None = None
    meters: tuple[str, ...] | None = None
    modes: tuple[str, ...] | None = None
    band: bool | None = None
    instruments: tuple[str, ...] | None = None
    held_out_bits_per_note: float | None = None


_Standing = tuple[GameState, Bundle | None]  # the bundle where songs can be composed with it


class Games:
    """The games of one model server; safe among threads.

    A bundle is fetched once, and kept for as long as the model server serves its version.
    """

    def __init__(self, models_config: Path, model_server: ModelServer) -> None:
        """Prepare to answer; nothing is asked or read yet."""
        self._config = ModelsConfig(models_config)
        self._model_server = model_server
        self._bundles: FetchCache[Model, Bundle] = FetchCache()
        self._lock = Lock()
        self._asked: dict[str, Future[_Standing]] = {}
        self._executor = ThreadPoolExecutor(MOST_THREADS, "game-status")

    def names(self) -> tuple[str, ...]:
        """List the games."""
        return self._config.games()

    def bundle(self, game: str, deadline: Deadline, version: int | Label | None = None) -> Bundle:
        """Find the version of a game's model that composes.

        Args:
            game: May be unknown.
            deadline: Of all calls.
            version: A number, or the label of a version. By default it is the promoted version or,
                if none is promoted or that one is not ready, the newest that is ready.

        Raises:
            UnknownGameError: There is no such game.
            BadParameterError: Its model has never had that version, or none has that label.
            VersionGoneError: Its model has had that version, and no model server loads it.
            GameNotReadyError: That version, or any, is not ready.
            ModelServerError: The model server does not answer, or not as it should.
        """
        games = self.names()
        if game not in games:
            raise _unknown(game, games)
        if isinstance(version, Label):
            version = self._labelled(game, version)
        if version is not None:
            return self._requested(Model(game, version), deadline)
        found = self._default_version(game, deadline)
        if found is None or found.state is not State.AVAILABLE:
            raise _not_ready(game, found)
        return self.bundle_of(Model(game, found.version), deadline)

    def ready_model(self, game: str, deadline: Deadline) -> Model | None:
        """Find the version that composes by default; None if none is ready.

        Raises:
            ModelServerError: The model server does not answer.
        """
        found = self._default_version(game, deadline)
        if found is None or found.state is not State.AVAILABLE:
            return None
        return Model(game, found.version)

    def bundle_of(self, model: Model, deadline: Deadline) -> Bundle:
        """Return what it takes to compose with a version, fetched from it where it is not kept.

        Raises:
            ModelServerError: The model server does not answer, or not as it should.
        """
        return self._bundles.get(model, lambda: self._fetched(model, deadline), deadline)

    def states(self, deadline: Deadline) -> tuple[GameState, ...]:
        """Return how every game stands; a model server that does not answer is an answer too."""
        return tuple(state for state, _ in self._standings(deadline))

    def entries(self, deadline: Deadline) -> tuple[GameEntry, ...]:
        """List every game with what its model says of it."""
        return tuple(_entry(state, bundle) for state, bundle in self._standings(deadline))

    def _standings(self, deadline: Deadline) -> Iterator[_Standing]:
        """Return how every game stands; one that takes until the deadline is UNREACHABLE.

        All games are asked at the same time, so that none makes another late.
        """
        games = self.names()
        self._bundles.drop(lambda model: model.game not in games)
        asked = {game: self._ask(game) for game in games}
        wait(asked.values(), deadline.left_s())
        for game, standing in asked.items():
            if standing.done():
                yield standing.result()
            else:
                yield GameState(game, None, UNREACHABLE), None

    def _ask(self, game: str) -> Future[_Standing]:
        """Ask in a thread how a game stands; callers that come meanwhile share the response."""
        with self._lock:
            if game not in self._asked:
                context = copy_context()  # the request's id, which goes with every call
                self._asked[game] = self._executor.submit(context.run, self._answer, game)
            return self._asked[game]

    def _answer(self, game: str) -> _Standing:
        try:
            return self._standing(game, Deadline.after(STATUS_SECONDS))
        finally:
            with self._lock:
                del self._asked[game]

    def _standing(self, game: str, deadline: Deadline) -> _Standing:
        state = self._state(game, deadline)
        if state.version is None or state.state != State.AVAILABLE:
            return state, None
        try:
            return state, self.bundle_of(Model(game, state.version), deadline)
        except ModelServerError as error:
            _LOG.warning("%s: %s %r", game, error, error.reason)
            is_broken = isinstance(error, BrokenContractError)
            return replace(state, state=BROKEN if is_broken else UNREACHABLE), None

    def _state(self, game: str, deadline: Deadline) -> GameState:
        try:
            found = self._default_version(game, deadline)
        except ModelServerError as error:
            _LOG.warning("%s: %s %r", game, error, error.reason)
            return GameState(game, None, UNREACHABLE)
        if found is None:
            return GameState(game, None, State.UNKNOWN)
        return GameState(game, found.version, found.state)

    def _labelled(self, game: str, label: Label) -> int:
        labels = self._config.labels(game)
        if label not in labels:
            there = ", ".join(sorted(labels)) or "no label"
            raise BadParameterError(
                f"No version of {game!r} has the label {label}; its versions have {there}.",
                "version",
            )
        return labels[label]

    def _requested(self, model: Model, deadline: Deadline) -> Bundle:
        """Return the bundle of a version that the caller names; raises as `bundle`."""
        versions = self._versions(model.game, deadline)
        status = next((each for each in versions if each.version == model.version), None)
        newest = max((each.version for each in versions), default=0)
        labels, highest = self._config.labels(model.game), self._config.highest(model.game)
        # A version that has just been promoted or trained has its label before it is loaded.
        is_wanted = model.version in labels.values() or (status and status.state is not State.END)
        # One replica may have loaded a version that another does not know of yet.
        if is_wanted or newest < model.version <= (highest or model.version):
            try:
                return self.bundle_of(model, deadline)
            except NoSuchModelError:
                pass  # the errors below say why
        if is_wanted or (status and status.failure):
            raise _not_ready(model.game, status or VersionStatus(model.version, State.UNKNOWN))
        served = sorted(each.version for each in versions if each.state is State.AVAILABLE)
        raise self._unserved(model, served, max(newest, highest))

    def _unserved(self, model: Model, served: Sequence[int], highest: int) -> ApiError:
        """Return the error for a version that no model server is to load."""
        game, version = model.game, model.version
        there = f"Its versions that compose: {', '.join(map(str, served)) or 'none'}."
        if self._config.is_kept(game, version):
            return VersionGoneError(
                f"Version {version} of {game!r} is kept, but not served. "
                f"make promote GAME={game} VERSION={version} serves it, as the default. {there}"
            )
        if version <= highest:
            return VersionGoneError(
                f"Version {version} of {game!r} is not in the models folder any more. {there}"
            )
        return BadParameterError(f"There is no version {version} of {game!r}. {there}", "version")

    def _versions(self, game: str, deadline: Deadline) -> tuple[VersionStatus, ...]:
        """Return the versions on the model server; drops the bundles of those it has unloaded."""
        try:
            versions = self._model_server.versions(game, deadline)
        except NoSuchModelError:
            return ()
        self._drop_unserved(game, versions)
        return versions

    def _default_version(self, game: str, deadline: Deadline) -> VersionStatus | None:
        """Pick, of the versions that are ready, the promoted one or else the newest.

        A song by another version is better than none while the promoted one loads or cannot be
        loaded; a caller who wants only that one asks for version=stable. Where no version is ready,
        it picks from all.
        """
        promoted = self._config.labels(game).get(Label.STABLE)
        return max(
            self._versions(game, deadline),
            key=lambda v: (v.state is State.AVAILABLE, v.version == promoted, v.version),
            default=None,
        )

    def _drop_unserved(self, game: str, versions: Sequence[VersionStatus]) -> None:
        """Drop the bundles of versions that the model server has unloaded.

        One newer than all that it knows is kept: another replica has loaded that one already.
        """
        served = {status.version for status in versions if status.state is not State.END}
        newest = max(served, default=0)
        self._bundles.drop(
            lambda model: (
                model.game == game and model.version < newest and model.version not in served
            )
        )

    def _fetched(self, model: Model, deadline: Deadline) -> Bundle:
        """Let a version describe itself, and make sure that songs can be composed with it."""
        description = self._model_server.describe(model, deadline)
        try:
            codec = open_codec(description.codec, description.vocabulary)
            for opening in description.openings:
                codec.decode(opening.tokens)
        except MusicError as error:
            raise BrokenContractError(
                "The game's model is not one that this server can use.", str(error)
            ) from error
        music = GameMusic(
            codec=codec,
            finder=QuoteFinder(description.learned),
            quote_notes=description.quote_notes,
            tempo_bpm=description.tempo_bpm,
            openings=description.openings,
            forms=description.forms,
            notes_per_beat=notes_per_beat(description.learned),
            articulation=description.articulation,
            pieces=description.learned,
        )
        return Bundle(model, description, music, PrefillCache(model, self._model_server))


def _entry(state: GameState, bundle: Bundle | None) -> GameEntry:
    plain = GameEntry(state.game, state.version, state.state)
    if bundle is None:
        return plain
    card = bundle.description.card
    return replace(
        plain,
        title=bundle.description.title,
        pieces=card.pieces,
        notes=card.notes,
        max_quote=bundle.description.quote_notes,
        meters=meters_of(bundle.music.excerpts),
        modes=modes_of(bundle.music.excerpts),
        band=bundle.music.codec.has_roles,
        instruments=instruments_of(opening.line_up for opening in bundle.music.openings),
        held_out_bits_per_note=card.held_out_bits_per_note,
    )


def _unknown(game: str, games: tuple[str, ...]) -> UnknownGameError:
    """Return the error for an unknown game; it repeats the name only if that is harmless."""
    could_be = SLUG.fullmatch(game)
    called, folder = (f" {game!r}", game) if could_be else (" of that name", "<game>")
    known = f"Available games: {', '.join(games)}." if games else "No game has a model yet."
    return UnknownGameError(
        f"There is no game{called}. {known} To add it, put its pieces into "
        f"data/midi/{folder}/ (or below DATA_DIR) and run make train GAME={folder}.",
        games,
    )


def _not_ready(game: str, found: VersionStatus | None) -> GameNotReadyError:
    if found is None:
        return GameNotReadyError(
            f"The model server does not know {game!r} yet; try again in a moment."
        )
    if found.failure:
        _LOG.warning("%s version %d: %r", game, found.version, found.failure)
        return GameNotReadyError(
            f"The model server could not load version {found.version} of {game!r}."
        )
    return GameNotReadyError(
        f"Version {found.version} of {game!r} is not ready ({found.state}); try again in a moment."
    )
