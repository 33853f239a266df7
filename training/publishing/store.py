"""Publishes, promotes, prunes and lists versions."""

from collections.abc import Callable, Mapping
from pathlib import Path

from training.errors import ExportError, WritingError
from training.publishing.labels import CANARY, STABLE, promoted_versions, write_labels
from training.publishing.models_config import listed_versions, write_models_config
from training.publishing.staging import locked, staging_folder
from training.publishing.versions import (
    kept_versions,
    latest_version,
    published_games,
    take_number,
)

_NEWEST_SERVED = 2  # the newest version, and the one before it, so that its songs can finish


def publish(models_dir: Path, game: str, write: Callable[[Path], None]) -> int:
    """Publish a bundle completely or not at all.

    Args:
        models_dir: The folder of all bundles.
        game: The game of the bundle.
        write: Writes the bundle into a folder that does not exist yet. If it raises, nothing is
            published.

    Returns:
        The version number, which the game has never used before.

    Raises:
        ExportError: `versions.json` or `labels.json` cannot be read.
        WritingError: Something cannot be written.
    """
    try:
        with staging_folder(models_dir, game) as staging:
            write(staging / "bundle")
            with locked(models_dir):
                version = take_number(models_dir, game)
                (models_dir / game).mkdir(exist_ok=True)
                (staging / "bundle").rename(models_dir / game / str(version))
                _write_lists(models_dir)
    except OSError as error:
        raise WritingError(f"cannot publish {game} in {models_dir}: {error}") from error
    return version


def promote(models_dir: Path, game: str, version: int | None = None) -> int:
    """Promote a version of a game: it becomes `stable`, the default of requests without a label.

    The previously promoted version stays listed until the next change, so that its songs can
    finish.

    Args:
        models_dir: The folder of all bundles.
        game: The game.
        version: An existing version; None for the newest.

    Returns:
        The version.

    Raises:
        ExportError: The game does not have that version, or `labels.json` cannot be read.
        WritingError: Something cannot be written.
    """
    if not latest_version(models_dir, game):
        raise ExportError(f"{models_dir} has no version of {game}; train it first")
    with locked(models_dir):
        kept = kept_versions(models_dir, game)
        chosen = version or kept[-1]
        if chosen not in kept:
            known = ", ".join(map(str, kept))
            raise ExportError(f"{models_dir} has no version {chosen} of {game}; it has {known}")
        _write_lists(models_dir, {game: chosen})
    return chosen


def prune(models_dir: Path, game: str, keep: int) -> tuple[int, ...]:
    """Remove old versions of a game, except those that are served or promoted.

    Args:
        models_dir: The folder of all bundles.
        game: The game.
        keep: How many of the newest versions stay, 1 or more.

    Returns:
        The versions that were removed.

    Raises:
        ExportError: `labels.json` cannot be read.
        WritingError: A version cannot be removed.
    """
    try:
        # Renamed first, so that an incomplete removal leaves no broken version.
        with staging_folder(models_dir, game) as staging, locked(models_dir):
            kept = kept_versions(models_dir, game)
            promoted = promoted_versions(models_dir).get(game)
            stay = {*kept[-keep:], *listed_versions(models_dir, game), promoted}
            old = tuple(version for version in kept if version not in stay)
            for version in old:
                (models_dir / game / str(version)).rename(staging / str(version))
    except OSError as error:
        raise WritingError(f"cannot remove old versions of {game}: {error}") from error
    return old


def write_lists(models_dir: Path) -> None:
    """Rewrite `models.config` and `labels.json` for the versions in the folder.

    Needed after the folder was moved or copied, or after versions were deleted.

    Raises:
        ExportError: `labels.json` cannot be read.
        WritingError: Something cannot be written.
    """
    with locked(models_dir):
        _write_lists(models_dir)


def composing_version(models_dir: Path, game: str) -> int:
    """Find the default version of a game: the promoted one, or the newest.

    Raises:
        ExportError: `labels.json` cannot be read.
    """
    return promoted_versions(models_dir).get(game) or latest_version(models_dir, game)


def _write_lists(models_dir: Path, promoted: Mapping[str, int] | None = None) -> None:
    """Write both lists; the caller holds the lock.

    Model servers serve the newest versions, the promoted one, and the previously promoted one.
    """
    before = promoted_versions(models_dir)
    after = {**before, **(promoted or {})}
    served, labels = {}, {}
    for game in published_games(models_dir):
        kept = kept_versions(models_dir, game)
        stable, former = after.get(game), before.get(game)
        served[game] = [v for v in kept if v in {*kept[-_NEWEST_SERVED:], stable, former}]
        labels[game] = {CANARY: kept[-1]}
        if stable in kept:
            labels[game][STABLE] = stable
    write_labels(models_dir, labels)  # first: labels in an older models.config are removed next
    write_models_config(models_dir, served)
