"""The history of a training, epoch by epoch."""

import json
import math
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from training.errors import CheckpointError


@dataclass(frozen=True)
class Epoch:
    """One epoch's losses.

    Attributes:
        train_loss: Training loss in nats per token, with dropout.
        held_out_loss: Nats per token on the held-out pieces; None if there are none.
        duration_s: Duration in seconds, including validation.
    """

    train_loss: float
    held_out_loss: float | None
    duration_s: float

    @property
    def loss(self) -> float:
        """The loss that selects the best epoch."""
        return self.train_loss if self.held_out_loss is None else self.held_out_loss


@dataclass(frozen=True)
class History:
    """The epochs of one training.

    Attributes:
        fingerprint: A hash of the recipe, the base's weights, the pieces and the vocabulary. Only
            a training with the same hash is resumed.
        epochs: The finished epochs.
    """

    fingerprint: str
    epochs: tuple[Epoch, ...] = field(default=())

    def and_then(self, epoch: Epoch) -> "History":
        """Add an epoch."""
        return replace(self, epochs=(*self.epochs, epoch))

    @property
    def best(self) -> int:
        """The index of the best epoch, from 0; -1 before the first."""
        losses = [epoch.loss if math.isfinite(epoch.loss) else math.inf for epoch in self.epochs]
        return losses.index(min(losses)) if losses else -1

    def is_over(self, epochs: int, patience_epochs: int) -> bool:
        """Whether all epochs are done, or the last `patience_epochs` brought no improvement."""
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
