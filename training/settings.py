"""What the environment says about a training; the names are the same everywhere."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from training.collections import NAME
from training.errors import SettingsError
from training.recipe import DEFAULT, Recipe


@dataclass(frozen=True)
class Settings:
    """The variables of `make train`.

    Attributes:
        game: GAME, or "" for every collection that has pieces.
        data_dir: DATA_DIR, one folder per game.
        models_dir: MODELS_DIR, where bundles are published.
        recipe: RECIPE, a name from `training/recipes/`.
        epochs: EPOCHS, instead of the recipe's, or None.
        weights: WEIGHTS that a bundle is served with, or "" for what suits this machine best.
        fetch: FETCH, whether pieces that are missing are downloaded where a source is named.
    """

    game: str
    data_dir: Path
    models_dir: Path
    recipe: str
    epochs: int | None
    weights: str
    fetch: bool

    @property
    def one_game(self) -> str:
        """The game, where the work is about one.

        Raises:
            SettingsError: None is named.
        """
        if not self.game:
            raise SettingsError("GAME is not set; it must name a collection")
        return self.game

    def shortened(self, recipe: Recipe) -> Recipe:
        """Give a recipe the length that EPOCHS asks for, where it asks for one."""
        return recipe.with_epochs(self.epochs) if self.epochs else recipe

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> "Settings":
        """Read and check the variables; an empty one counts as absent.

        Raises:
            SettingsError: One does not fit; the message says which and what would.
        """
        value = {name: text.strip() for name, text in environment.items()}
        game, epochs = value.get("GAME", ""), value.get("EPOCHS", "")
        if game and not NAME.fullmatch(game):
            raise SettingsError(f"GAME is {game!r}; it must be 1 to 64 of a-z, 0-9 and _")
        if epochs and not (epochs.isdecimal() and 1 <= int(epochs) <= 100_000):
            raise SettingsError(f"EPOCHS is {epochs!r}; it must be a whole number, 1 to 100000")
        if (fetch := value.get("FETCH", "")) not in ("", "0", "1"):
            raise SettingsError(f"FETCH is {fetch!r}; it must be 0 or 1")
        if (weights := value.get("WEIGHTS", "")) not in ("", "int8", "float32"):
            raise SettingsError(f"WEIGHTS is {weights!r}; it must be int8 or float32")
        return cls(
            game,
            Path(value.get("DATA_DIR") or "data/midi"),
            Path(value.get("MODELS_DIR") or "models"),
            value.get("RECIPE") or DEFAULT,
            int(epochs) if epochs else None,
            weights,
            fetch != "0",
        )
