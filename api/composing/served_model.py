"""The adapters between composing and the API: a served model, metrics, and errors."""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass

from api.deadline import Deadline
from api.errors import BadParameterError, BrokenContractError
from api.model_server.games import Bundle
from api.model_server.port import ModelServer
from api.telemetry.metrics import Metrics, Stage
from music.composing.model import DecodeRow, Draw, Prompt, SongState
from music.composing.observer import Work
from music.errors import (
    CharacterError,
    FormError,
    KeepError,
    NoOpeningsError,
    NotMusicError,
    ThemeError,
    UnencodablePrimerError,
    UnfinishedSongError,
)


@dataclass(frozen=True)
class ServedModel:
    """A `Model` on a model server; every call ends by the deadline of its request.

    Attributes:
        model_server: Computes.
        bundle: The version, and the states after its prompts.
        deadline: Of all calls.
    """

    model_server: ModelServer
    bundle: Bundle
    deadline: Deadline

    def prefill(self, prompt: Prompt) -> SongState:
        """Read what a song continues, once for all songs that continue the same."""
        return self.bundle.prefills.state(prompt, self.deadline)

    def decode(self, rows: Sequence[DecodeRow]) -> tuple[Draw, ...]:
        """Sample the next tokens of songs."""
        return self.model_server.decode(self.bundle.model, rows, self.deadline)

    def read(
        self, states: Sequence[SongState], tokens: Sequence[Sequence[int]]
    ) -> tuple[Draw, ...]:
        """Read the next tokens of songs."""
        return self.model_server.read(self.bundle.model, states, tokens, self.deadline)


@dataclass(frozen=True)
class SongMetrics:
    """An `Observer` that records metrics.

    Attributes:
        metrics: Of the process.
        game: Of the song.
    """

    metrics: Metrics
    game: str

    def timed(self, work: Work) -> AbstractContextManager[object]:
        """Time the work within."""
        return self.metrics.timed(Stage(work))

    def resampled(self) -> None:
        """Count a chunk that is resampled."""
        self.metrics.resampled(self.game)


@contextmanager
def translated_errors() -> Iterator[None]:
    """Raise composing's errors as ours."""
    try:
        yield
    except NoOpeningsError as error:
        raise BadParameterError(
            "This game has no openings; primer must be none.", "primer"
        ) from error
    except CharacterError as error:
        raise BadParameterError(f"{error}.", error.parameter) from error
    except UnencodablePrimerError as error:
        raise BadParameterError(
            "This game's model cannot read the primer: in no key does it know all of its notes.",
            "primer",
        ) from error
    except KeepError as error:
        raise BadParameterError(f"keep must be {error}.", "keep") from error
    except ThemeError as error:
        raise BadParameterError(f"The primer must be {error}.", "primer") from error
    except FormError as error:
        raise BadParameterError(f"bars must be {error}.", "bars") from error
    except NotMusicError as error:
        raise BrokenContractError.not_music(str(error)) from error
    except UnfinishedSongError as error:
        raise BrokenContractError(
            "The game's model did not bring the song to its end; "
            f"it gave {error.notes} {'note' if error.notes == 1 else 'notes'}.",
            f"{error.tokens} tokens were drawn",
        ) from error
