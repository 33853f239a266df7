"""Labels: which version of a game is `stable` and which is `canary`, in a file for the API."""

from collections.abc import Mapping
from pathlib import Path

from training.publishing.models_config import labels_of_earlier_releases
from training.publishing.records import is_version, read_record, write_record

LABELS = "labels.json"  # game -> label -> version
STABLE = "stable"  # the version that was promoted last
CANARY = "canary"  # the newest version

Labels = Mapping[str, Mapping[str, int]]


def promoted_versions(models_dir: Path) -> dict[str, int]:
    """Read the promoted version of each game that has one.

    If `labels.json` does not exist yet, this reads the labels that an earlier release wrote into
    `models.config`.

    Raises:
        ExportError: `labels.json` cannot be read.
    """
    path = models_dir / LABELS
    labels: Labels = (
        read_record(path, _are_labels, "labels with their version numbers")
        if path.exists()
        else labels_of_earlier_releases(models_dir)
    )
    return {game: own[STABLE] for game, own in labels.items() if STABLE in own}


def write_labels(models_dir: Path, labels: Labels) -> None:
    """Write `labels.json`.

    Raises:
        WritingError: It cannot be written.
    """
    write_record(models_dir / LABELS, labels)


def _are_labels(value: object) -> bool:
    return isinstance(value, dict) and all(map(is_version, value.values()))
