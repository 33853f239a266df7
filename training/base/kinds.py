"""The two bases: for piano music, and for bands."""

from dataclasses import dataclass
from pathlib import Path

from training.fetching.repositories.sources import Source
from training.network.base_weights import BAND_WEIGHTS, WEIGHTS

_FOLDER = Path(__file__).parent


@dataclass(frozen=True)
class BaseKind:
    """A base, and how it reads its music.

    Attributes:
        name: What the command calls it.
        recipe: How it is trained.
        weights: Where they are written.
        card: Where the model card is written.
        reads_bands: Whether pieces are read with their roles and drums.
        reading: What the card says of how the music was read.
        lacks: What the card says that it does not know.
    """

    name: str
    recipe: str
    weights: Path
    card: Path
    reads_bands: bool
    reading: str
    lacks: str

    def weight_of(self, source: Source) -> float:
        """Say how often a window of a source's pieces is read, beside a window of the others."""
        return source.band_weight if self.reads_bands else source.weight


PIANO = BaseKind(
    "piano",
    "base",
    WEIGHTS,
    _FOLDER / "MODEL_CARD.md",
    reads_bands=False,
    reading="as notes on a grid, its parts merged, its drums left out",
    lacks="instruments or drums",
)
BAND = BaseKind(
    "band",
    "band_base",
    BAND_WEIGHTS,
    _FOLDER / "BAND_MODEL_CARD.md",
    reads_bands=True,
    reading="as notes on a grid, each with the role of its part",
    lacks="how an instrument sounds",
)
KINDS = {kind.name: kind for kind in (PIANO, BAND)}
