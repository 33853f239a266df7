"""What a training has done so far, epoch by epoch."""

import json
import math
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from training.errors import CheckpointError


@dataclass(frozen=True)
class Epoch:
    """One epoch's losses.

    Attributes:
        train_loss: Nats a token while learning, dropout included.
        held_out_loss: Nats a token on the held-out pieces; None where none is held out.
        duration_s: Seconds it took, validation included.
    """

    train_loss: float
    held_out_loss: float | None
    duration_s: float

    @property
    def loss(self) -> float:
        """The loss that decides which epoch is best."""
        return self.train_loss if self.held_out_loss is None else self.held_out_loss


@dataclass(frozen=True)
class History:
    """The epochs of one training.

    Attributes:
        fingerprint: Of the recipe, the base's weights, the pieces and the vocabulary: only the same
            training is resumed.
        epochs: Those that are done.
    """

    fingerprint: str
    epochs: tuple[Epoch, ...] = field(default=())

    def and_then(self, epoch: Epoch) -> "History":
        """Add an epoch."""
        return replace(self, epochs=(*self.epochs, epoch))

    @property
    def best(self) -> int:
        """The place of the best epoch, from 0; -1 before the first."""
        losses = [epoch.loss if math.isfinite(epoch.loss) else math.inf for epoch in self.epochs]
        return losses.index(min(losses)) if losses else -1

    def is_over(self, epochs: int, patience_epochs: int) -> bool:
        """Whether all epochs are done, or so many in a row brought nothing better."""
        waited = len(self.epochs) - 1 - self.best
        return len(self.epochs) >= epochs or waited >= patience_epochs

    def to_json(self) -> str:
        """Write the text that `load` reads."""
        return json.dumps(asdict(self), indent=1)

    @classmethod
    def load(cls, path: Path) -> "History":
        """Read a history.

        Raises:
            CheckpointError: It is broken.
        """
        try:
            fields = json.loads(path.read_text(encoding="utf-8"))
            return cls(fields["fingerprint"], tuple(Epoch(**epoch) for epoch in fields["epochs"]))
        except (OSError, KeyError, TypeError, ValueError) as error:
            raise CheckpointError(
                f"{path} cannot be read ({error}); remove its folder to start over"
            ) from error
