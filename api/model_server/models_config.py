"""The games and their versions, from three files that training writes into the models folder.

TensorFlow Serving has no call that lists its models, so the API reads `models.config`, the list of
what model servers load. Labels are not in it: TensorFlow Serving refuses a list in which a label
moves to a version that is not loaded yet. They are beside it in `labels.json`, for the API alone.
`versions.json` has the highest version number that each game has had.
"""

import json
import logging
from collections.abc import Callable, Mapping
from pathlib import Path
from threading import Lock
from typing import Any, Generic, TypeVar

from google.protobuf import text_format

from api.model_server.port import SLUG
from proto.model_server_pb2 import ModelServerConfig

LABELS = "labels.json"
HIGHEST = "versions.json"

_LOG = logging.getLogger(__name__)
_Content = TypeVar("_Content")
_Stamp = tuple[int, int, int]
_Labels = Mapping[str, Mapping[str, int]]  # game -> label -> version
_Highest = Mapping[str, int]  # game -> version


class ModelsConfig:
    """The games of a models.config, and what the files beside it say of their versions.

    The files are read again when they have changed. A file that does not exist names nothing. One
    that cannot be read changes nothing, and is read again the next time. Safe among threads.
    """

    def __init__(self, path: Path) -> None:
        """Name the models.config, which need not exist yet."""
        self._folder = path.parent
        self._games: _WatchedFile[tuple[str, ...]] = _WatchedFile(path, _read_games, ())
        self._labels: _WatchedFile[_Labels] = _WatchedFile(path.with_name(LABELS), _read_labels, {})
        self._highest: _WatchedFile[_Highest] = _WatchedFile(
            path.with_name(HIGHEST), _read_highest, {}
        )

    def games(self) -> tuple[str, ...]:
        """List the games in alphabetical order."""
        return self._games.content()

    def highest(self, game: str) -> int:
        """Return the highest version number that a game has had; 0 if it is not known."""
        return self._highest.content().get(game, 0)

    def is_kept(self, game: str, version: int) -> bool:
        """Whether the models folder has a version, whether it is served or not."""
        return (self._folder / game / str(version)).is_dir()

    def labels(self, game: str) -> Mapping[str, int]:
        """Return which versions of a game have labels; none where there is no such game."""
        return self._labels.content().get(game, {})


class _WatchedFile(Generic[_Content]):
    """The content of a file, read again when the file has changed or could not be read before."""

    def __init__(
        self, path: Path, read: Callable[[Path], _Content], where_absent: _Content
    ) -> None:
        self._path = path
        self._read = read
        self._where_absent = where_absent
        self._lock = Lock()
        self._stamp: _Stamp | None = None  # of what was read last; None where nothing was
        self._content = where_absent
        self._logged = ""

    def content(self) -> _Content:
        with self._lock:
            try:
                self._read_if_changed()
            except FileNotFoundError:
                self._stamp, self._content = None, self._where_absent
            except (OSError, ValueError, RecursionError, text_format.ParseError) as error:
                self._log(str(error))
            else:
                self._logged = ""
            return self._content

    def _read_if_changed(self) -> None:
        stamp = _stamp(self._path)
        if stamp != self._stamp:
            self._content = self._read(self._path)
            self._stamp = stamp

    def _log(self, failure: str) -> None:
        """Log a failure once while it lasts."""
        if failure != self._logged:
            self._logged = failure
            _LOG.error("%s cannot be read: %s", self._path, failure)


def _stamp(path: Path) -> _Stamp:
    """Tell one state of a file from another."""
    found = path.stat()
    return found.st_mtime_ns, found.st_size, found.st_ino


def _read_games(path: Path) -> tuple[str, ...]:
    text = path.read_text(encoding="utf-8")
    config = text_format.Parse(text, ModelServerConfig(), allow_unknown_field=True)
    names = {model.name for model in config.model_config_list.config}
    return tuple(sorted(name for name in names if SLUG.fullmatch(name)))


def _read_labels(path: Path) -> _Labels:
    """Read the labels of every game; those that are not valid are left out, and logged."""
    said = _read_object(path)
    valid = {game: labels for game, labels in said.items() if _are_labels(labels)}
    for game in said.keys() - valid.keys():
        _LOG.error("%s has no valid labels for %r: %.99r", path, game, said[game])
    return valid


def _read_highest(path: Path) -> _Highest:
    """Read the highest version of every game; what is not a version number is left out."""
    return {game: value for game, value in _read_object(path).items() if _is_version(value)}


def _read_object(path: Path) -> dict[str, Any]:
    read = json.loads(path.read_text(encoding="utf-8"))
    if not isinstance(read, dict):
        raise ValueError("it is not a JSON object")  # noqa: TRY004  of a file, not of an argument
    return read


def _are_labels(value: object) -> bool:
    """Whether this is an object of labels and version numbers."""
    return isinstance(value, dict) and all(map(_is_version, value.values()))


def _is_version(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 1 <= value < 1 << 63
