"""Checkpoints: the state of a training on disk, to resume it after an interruption."""

import fcntl
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import keras

from training.errors import CheckpointError
from training.fitting.history import History
from training.writing import write_whole, writing


@contextmanager
def locked_checkpoint(folder: Path) -> Iterator["Checkpoint"]:
    """Lock a checkpoint against other trainings while the caller uses its folder.

    The lock file lies beside the folder and stays when the folder is removed. Otherwise, two
    trainings could lock different files with the same name, and both would run.

    Raises:
        CheckpointError: Another training has locked it.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    with folder.with_name(f"{folder.name}.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise CheckpointError(f"another training is running in {folder}") from error
        folder.mkdir(exist_ok=True)
        yield Checkpoint(folder)


@dataclass(frozen=True)
class Checkpoint:
    """A folder with the history and two models with their optimizers: the last and the best epoch.

    The history is written last, so an epoch that it does not list is not complete.
    `locked_checkpoint` gives a checkpoint to one training at a time.
    """

    folder: Path

    def load(self, fingerprint: str) -> History:
        """Read the history of the same training, or return a new one.

        Raises:
            CheckpointError: The history cannot be read.
        """
        path = self.folder / "journal.json"
        if path.is_file():
            history = History.load(path)
            if history.fingerprint == fingerprint:
                return history
        return History(fingerprint)

    def load_last(self, history: History) -> keras.Model:
        """Load the compiled model after the last epoch.

        Raises:
            CheckpointError: It is missing or broken.
        """
        return self._load(len(history.epochs))

    def load_best(self, history: History) -> keras.Model:
        """Load the model after the best epoch.

        Raises:
            CheckpointError: It is missing or broken.
        """
        return self._load(history.best + 1)

    def save(self, model: keras.Model, history: History) -> None:
        """Save the state after an epoch; an interruption keeps the previous state.

        Raises:
            WritingError: It cannot be written.
        """
        last, best = self._model(len(history.epochs)), self._model(history.best + 1)
        with writing(last):
            model.save(last)
        write_whole(self.folder / "journal.json", history.to_json().encode())
        for path in self.folder.glob("epoch-*.keras"):
            if path not in (last, best):
                path.unlink()

    def remove(self) -> None:
        """Remove the checkpoint of a finished training."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def _load(self, epoch: int) -> keras.Model:
        try:
            model: keras.Model = keras.saving.load_model(self._model(epoch))
        except (OSError, ValueError, KeyError) as error:
            raise CheckpointError(
                f"the interrupted training in {self.folder} cannot be resumed, since epoch {epoch} "
                f"cannot be read ({error}); remove the folder to start over"
            ) from error
        return model

    def _model(self, epoch: int) -> Path:
        return self.folder / f"epoch-{epoch}.keras"
