"""The states after what songs continue, kept: many songs continue the same few openings."""

from api.deadline import Deadline
from api.model_server.fetch_cache import FetchCache
from api.model_server.port import Model, ModelServer, Prompt, SongState

MOST_STATES = 128  # of a version, 25 kilobytes each: its openings, and primers of callers


class PrefillCache:
    """Lets one version of a model read what songs continue, each once; safe among threads."""

    def __init__(self, model: Model, model_server: ModelServer) -> None:
        """Ask `model_server` for the states that are not kept."""
        self._model = model
        self._model_server = model_server
        self._states: FetchCache[Prompt, SongState] = FetchCache(MOST_STATES)

    def state(self, prompt: Prompt, deadline: Deadline) -> SongState:
        """Give the state of a song that continues `prompt`, in its meter.

        Raises:
            ModelServerError: As `ModelServer.prefill`.
        """

        def prefill() -> SongState:
            return self._model_server.prefill(self._model, prompt, deadline)

        return self._states.get(prompt, prefill, deadline)
