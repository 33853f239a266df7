"""Publishing: a bundle becomes a version that model servers pick up, whole or not at all."""

import fcntl
import heapq
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from google.protobuf import text_format
from tensorflow_serving.config import model_server_config_pb2

from training.errors import ExportError
from training.writing import write_whole

CONFIG = "models.config"
KEPT_VERSIONS = 2  # that are served of a game: the newest, and the one whose songs are not over yet
STABLE = "stable"
CANARY = "canary"


def publish(models_dir: Path, game: str, write: Callable[[Path], None]) -> int:
    """Publish a bundle, whole or not at all.

    It is written beside and renamed to `<models_dir>/<game>/<version>`, the version one more than
    the highest there is; then `models.config` is written anew.

    Args:
        models_dir: Where all games' bundles are.
        game: Whose bundle it is.
        write: Writes the bundle into a folder that does not exist yet. If it raises, nothing is
            published.

    Returns:
        The version.
    """
    models_dir.mkdir(parents=True, exist_ok=True)
    beside = Path(tempfile.mkdtemp(prefix=f".{game}-", dir=models_dir))
    try:
        write(beside / "bundle")
        with _locked(models_dir):
            version = latest_version(models_dir, game) + 1
            (models_dir / game).mkdir(exist_ok=True)
            (beside / "bundle").rename(models_dir / game / str(version))
            write_config(models_dir)
    finally:
        shutil.rmtree(beside, ignore_errors=True)
    return version


def promote(models_dir: Path, game: str) -> int:
    """Make the newest version of a game the stable one, and write `models.config` anew.

    Returns:
        The version.

    Raises:
        ExportError: The game has no version.
    """
    version = latest_version(models_dir, game)
    if not version:
        raise ExportError(f"{models_dir} has no version of {game}; train it first")
    with _locked(models_dir):
        write_config(models_dir, {game: version})
    return version


def latest_version(models_dir: Path, game: str) -> int:
    """Find the highest published version of a game; 0 where there is none."""
    return max(_versions(models_dir, game), default=0)


def published_games(models_dir: Path) -> tuple[str, ...]:
    """List the games that have a version."""
    names = (p.name for p in models_dir.iterdir() if p.is_dir() and not p.name.startswith("."))
    return tuple(sorted(name for name in names if latest_version(models_dir, name)))


def write_config(models_dir: Path, promoted: Mapping[str, int] | None = None) -> None:
    """Write TensorFlow Serving's list of models, every game that has a version, beside them.

    The newest version has the label `canary`. The label `stable` stays where it was; it is the
    newest version's where there was none. Both are served, and the version before the newest.

    Args:
        models_dir: Where all games' bundles are.
        promoted: Games whose stable version is to be another.
    """
    stable = {**_stable_versions(models_dir), **(promoted or {})}
    config = model_server_config_pb2.ModelServerConfig()
    for game in published_games(models_dir):
        versions = _versions(models_dir, game)
        newest = max(versions)
        labels = {CANARY: newest, STABLE: stable.get(game, newest)}
        if labels[STABLE] not in versions:
            labels[STABLE] = newest
        served = {labels[STABLE], *heapq.nlargest(KEPT_VERSIONS, versions)}
        added = config.model_config_list.config.add(
            name=game,
            base_path=str((models_dir / game).absolute()),  # a server takes no relative path
            model_platform="tensorflow",
            version_labels=labels,
        )
        added.model_version_policy.specific.versions.extend(sorted(served))
    write_whole(models_dir / CONFIG, text_format.MessageToString(config).encode())


def _versions(models_dir: Path, game: str) -> tuple[int, ...]:
    names = (path.name for path in (models_dir / game).glob("*"))
    return tuple(int(name) for name in names if name.isascii() and name.isdigit())


def _stable_versions(models_dir: Path) -> dict[str, int]:
    """Read off the list of models, as it is, which versions are stable."""
    try:
        text = (models_dir / CONFIG).read_text(encoding="utf-8")
        config = text_format.Parse(text, model_server_config_pb2.ModelServerConfig())
    except (OSError, ValueError, text_format.ParseError):
        return {}  # there is none, or it is to be written anew anyway
    models = config.model_config_list.config
    return {m.name: m.version_labels[STABLE] for m in models if STABLE in m.version_labels}


@contextmanager
def _locked(models_dir: Path) -> Iterator[None]:
    """Keep two trainings that end together from taking the same version."""
    with (models_dir / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
