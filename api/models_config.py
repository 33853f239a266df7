"""Which games there are, and which of their versions have labels: the model server's own file.

TensorFlow Serving has no call that lists its models, and none that says which version has a label,
so the API reads the file that training writes for both.
"""

import logging
from collections.abc import Mapping
from pathlib import Path
from threading import Lock

from google.protobuf import text_format

from api.parameters import SLUG
from proto.model_server_pb2 import ModelServerConfig

_LOG = logging.getLogger(__name__)
_Stamp = tuple[int, int, int] | None
Labels = Mapping[str, Mapping[str, int]]  # game -> label -> version


class ModelsConfig:
    """What a models.config says, read again when the file has changed; safe among threads.

    A file that is not there names no games. One that cannot be read changes nothing.
    """

    def __init__(self, path: Path) -> None:
        """Name the file, which need not exist yet."""
        self._path = path
        self._lock = Lock()
        self._stamp: _Stamp = None
        self._labels: Labels = {}

    def games(self) -> tuple[str, ...]:
        """List the games in alphabetical order."""
        return tuple(sorted(self._newest()))

    def labels(self, game: str) -> Mapping[str, int]:
        """Say which versions of a game have labels; none where there is no such game."""
        return self._newest().get(game, {})

    def _newest(self) -> Labels:
        with self._lock:
            stamp = _stamp(self._path)
            if stamp != self._stamp:
                self._labels = self._read(stamp)
                self._stamp = stamp
            return self._labels

    def _read(self, stamp: _Stamp) -> Labels:
        if stamp is None:
            return {}
        try:
            return _labels(self._path.read_text(encoding="utf-8"))
        except (OSError, ValueError, text_format.ParseError) as error:
            _LOG.error("%s cannot be read: %s", self._path, error)
            return self._labels


def _stamp(path: Path) -> _Stamp:
    """Tell one state of a file from another; None where there is no file."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino


def _labels(text: str) -> Labels:
    config = text_format.Parse(text, ModelServerConfig(), allow_unknown_field=True)
    models = config.model_config_list.config
    return {
        model.name: dict(model.version_labels) for model in models if SLUG.fullmatch(model.name)
    }
