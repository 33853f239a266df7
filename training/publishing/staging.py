"""Staging folders for bundles before they are published, and the lock of the models folder.

A staging folder is locked while its process lives. The operating system releases the lock of a
process that is killed, so the next training can recognise unused folders.
"""

import fcntl
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from training.errors import WritingError

_LOCK = ".lock"
_STAGING = re.compile(r"\.[a-z0-9_]{1,64}-[a-z0-9_]{8}")  # the names from `mkdtemp` below


@contextmanager
def locked(models_dir: Path) -> Iterator[None]:
    """Let one process at a time change the published versions; creates the folder if needed.

    Raises:
        WritingError: It cannot be written.
    """
    try:
        models_dir.mkdir(parents=True, exist_ok=True)
        lock = (models_dir / _LOCK).open("w")
    except OSError as error:
        raise WritingError(f"cannot write in {models_dir}: {error.strerror}") from error
    with lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@contextmanager
def staging_folder(models_dir: Path, game: str) -> Iterator[Path]:
    """Create a folder on the same file system, and remove it with its contents at the end."""
    with locked(models_dir):  # no process removes the folder before it is locked
        _remove_abandoned(models_dir)
        folder = Path(tempfile.mkdtemp(prefix=f".{game}-", dir=models_dir))
        lock = (folder / _LOCK).open("w")
        fcntl.flock(lock, fcntl.LOCK_EX)
    with lock:
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def _remove_abandoned(models_dir: Path) -> None:
    """Remove the folders and incomplete lists of killed processes.

    The caller holds the lock of the models folder, so no other process is writing a list.
    """
    for half in models_dir.glob(".*.part"):
        half.unlink()
    for folder in models_dir.glob(".*-*"):
        if _STAGING.fullmatch(folder.name):
            with suppress(OSError), (folder / _LOCK).open("w") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)  # fails if its process lives
                shutil.rmtree(folder, ignore_errors=True)
