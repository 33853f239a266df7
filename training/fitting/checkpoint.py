"""A training on disk, so that it can be interrupted and resumed."""

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
    """Lock a checkpoint against other trainings, for as long as the caller needs its folder.

    The lock file lies beside the folder and stays when the folder is removed: two trainings that
    locked different files of the same name would both go on.

    Raises:
        CheckpointError: Another training has locked it.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    with folder.with_name(f"{folder.name}.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise CheckpointError(f"another training is under way in {folder}") from error
        folder.mkdir(exist_ok=True)
        yield Checkpoint(folder)


@dataclass(frozen=True)
class Checkpoint:
    """A folder with the journal and two models with their optimizers: the last epoch's, the best's.

    The journal is written last: what it does not know of has not happened. `locked_checkpoint`
    gives one to a single training at a time.
    """

    folder: Path

    def load(self, fingerprint: str) -> History:
        """Read the journal of this very training, or begin a new one.

        Raises:
            CheckpointError: There is a journal and it is broken.
        """
        path = self.folder / "journal.json"
        if path.is_file():
            history = History.load(path)
            if history.fingerprint == fingerprint:
                return history
        return History(fingerprint)

    def load_last(self, history: History) -> keras.Model:
        """Load the model, compiled, as it stood after the journal's last epoch.

        Raises:
            CheckpointError: It is not there, or broken.
        """
        return self._load(len(history.epochs))

    def load_best(self, history: History) -> keras.Model:
        """Load the model as it stood after the journal's best epoch.

        Raises:
            CheckpointError: It is not there, or broken.
        """
        return self._load(history.best + 1)

    def save(self, model: keras.Model, history: History) -> None:
        """Keep the state after an epoch; an interruption at any point leaves the one before.

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
        """Forget a training that is over."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def _load(self, epoch: int) -> keras.Model:
        try:
            model: keras.Model = keras.saving.load_model(self._model(epoch))
        except (OSError, ValueError, KeyError) as error:
            raise CheckpointError(
                f"the interrupted training in {self.folder} cannot go on, since epoch {epoch} "
                f"cannot be read ({error}); remove the folder to start over"
            ) from error
        return model

    def _model(self, epoch: int) -> Path:
        return self.folder / f"epoch-{epoch}.keras"
