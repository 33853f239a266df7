"""Folders in which bundles are written before they are published; the models folder's lock.

A staging folder is locked for as long as its process lives. The operating system releases the lock
of a process that is killed, so the next training knows which folders are unused.
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
_STAGING = re.compile(r"\.[a-z0-9_]{1,64}-[a-z0-9_]{8}")  # as `mkdtemp` names them below


@contextmanager
def locked(models_dir: Path) -> Iterator[None]:
    """Let one process at a time change what is published; makes the folder if there is none.

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
    """Make a folder on the same file system, and remove it in the end with what is left in it."""
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
    """Remove what killed processes have left: folders, and lists that were half written.

    The lists are written by whoever holds the lock of the models folder, as the caller does.
    """
    for half in models_dir.glob(".*.part"):
        half.unlink()
    for folder in models_dir.glob(".*-*"):
        if _STAGING.fullmatch(folder.name):
            with suppress(OSError), (folder / _LOCK).open("w") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)  # fails where its process lives
                shutil.rmtree(folder, ignore_errors=True)
