"""The prefill cache: states after prompts, since many songs continue the same few."""

from api.deadline import Deadline
from api.model_server.fetch_cache import FetchCache
from api.model_server.port import Model, ModelServer
from music.composing.model import Prompt, SongState

MOST_STATES = 128  # of a version, 25 kilobytes each: its openings, and primers of callers


class PrefillCache:
    """Calls `prefill` once per prompt of a model version; thread-safe."""

    def __init__(self, model: Model, model_server: ModelServer) -> None:
        """Fetch missing states from `model_server`."""
        self._model = model
        self._model_server = model_server
        self._states: FetchCache[Prompt, SongState] = FetchCache(MOST_STATES)

    def state(self, prompt: Prompt, deadline: Deadline) -> SongState:
        """Return the state after `prompt`, in its meter.

        Raises:
            ModelServerError: As `ModelServer.prefill`.
        """

        def prefill() -> SongState:
            return self._model_server.prefill(self._model, prompt, deadline)

        return self._states.get(prompt, prefill, deadline)
