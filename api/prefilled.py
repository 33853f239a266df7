"""States behind what songs go on from, kept: many songs go on from the same few openings."""

from collections import OrderedDict
from threading import Lock

import numpy as np

from api.deadline import Deadline
from api.model_server import Model, ModelServer, SongState

MOST_STATES = 512  # some kilobytes each


class Prefilled:
    """Reads what songs go on from, each beginning once; safe among threads."""

    def __init__(self, model_server: ModelServer) -> None:
        """Ask `model_server` for what is not known yet."""
        self._model_server = model_server
        self._lock = Lock()
        self._states: OrderedDict[tuple[Model, tuple[int, ...]], SongState] = OrderedDict()

    def state(self, model: Model, tokens: tuple[int, ...], deadline: Deadline) -> SongState:
        """Give the state of a song that goes on from `tokens`, one or more.

        Raises:
            ModelServerError: As `ModelServer.prefill`.
        """
        key = (model, tokens)
        with self._lock:
            if key in self._states:
                self._states.move_to_end(key)
                return self._states[key]
        state = self._model_server.prefill(model, np.array(tokens, np.int32), deadline)
        with self._lock:
            self._states[key] = state
            while len(self._states) > MOST_STATES:
                self._states.popitem(last=False)
        return state
