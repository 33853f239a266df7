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
_Stamp = tuple[int, int, int]
Labels = Mapping[str, Mapping[str, int]]  # game -> label -> version


class ModelsConfig:
    """What a models.config says, read again when the file has changed; safe among threads.

    A file that is not there names no games. One that cannot be read changes nothing, and is read
    again the next time.
    """

    def __init__(self, path: Path) -> None:
        """Name the file, which need not exist yet."""
        self._path = path
        self._lock = Lock()
        self._stamp: _Stamp | None = None  # of what was read last; None where nothing was
        self._logged = ""
        self._labels: Labels = {}

    def games(self) -> tuple[str, ...]:
        """List the games in alphabetical order."""
        return tuple(sorted(self._newest()))

    def labels(self, game: str) -> Mapping[str, int]:
        """Say which versions of a game have labels; none where there is no such game."""
        return self._newest().get(game, {})

    def _newest(self) -> Labels:
        with self._lock:
            try:
                self._read()
            except FileNotFoundError:
                self._stamp, self._labels = None, {}
            except (OSError, ValueError, text_format.ParseError) as error:
                self._log(str(error))
            else:
                self._logged = ""
            return self._labels

    def _read(self) -> None:
        """Read the file where it is not the one that was read last."""
        stamp = _stamp(self._path)
        if stamp != self._stamp:
            self._labels = _labels(self._path.read_text(encoding="utf-8"))
            self._stamp = stamp

    def _log(self, failure: str) -> None:
        """Log a failure, once for as long as it lasts."""
        if failure != self._logged:
            self._logged = failure
            _LOG.error("%s cannot be read: %s", self._path, failure)


def _stamp(path: Path) -> _Stamp:
    """Tell one state of a file from another."""
    found = path.stat()
    return found.st_mtime_ns, found.st_size, found.st_ino


def _labels(text: str) -> Labels:
    config = text_format.Parse(text, ModelServerConfig(), allow_unknown_field=True)
    models = config.model_config_list.config
    return {
        model.name: dict(model.version_labels) for model in models if SLUG.fullmatch(model.name)
    }
