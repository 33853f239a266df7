"""The settings of training, from environment variables."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from training.corpus.collections import NAME
from training.errors import SettingsError
from training.recipe import DEFAULT, Recipe

KEEP_VERSIONS = 5
VGMUSIC_PIANO = "https://www.vgmusic.com/music/other/miscellaneous/piano/"


@dataclass(frozen=True)
class Settings:
    """The variables of `make train`.

    Attributes:
        game: GAME, or "" for every collection that has pieces.
        data_dir: DATA_DIR, one folder per game.
        models_dir: MODELS_DIR, where bundles are published.
        recipe: RECIPE, a name from `training/recipes/`.
        epochs: EPOCHS, instead of the recipe's, or None.
        weights: WEIGHTS of the bundle, or "" to choose the best for this machine.
        keep_versions: KEEP_VERSIONS, how many of a game's newest versions stay on disk.
        version: VERSION as text; `chosen_version` parses it.
        fetch: FETCH, whether missing pieces are downloaded if a source is known.
        vgmusic_url: VGMUSIC_URL, the page that lists the pieces, or a mirror of it; the pages for
            consoles are found from it.
        api_port: API_PORT, the port of `make serve`.
        base_dir: BASE_DIR, the folder with the music of the base, or None to fetch it.
    """

    game: str
    data_dir: Path
    models_dir: Path
    recipe: str
    epochs: int | None
    weights: str
    keep_versions: int
    version: str
    fetch: bool
    vgmusic_url: str
    api_port: str
    base_dir: Path | None

    @property
    def one_game(self) -> str:
        """The game, if the program needs exactly one.

        Raises:
            SettingsError: GAME is not set.
        """
        if not self.game:
            raise SettingsError("GAME is not set; it must name a collection")
        return self.game

    @property
    def chosen_version(self) -> int | None:
        """The version to promote; None for the newest.

        Only promoting reads it: other programs may use VERSION for something else.

        Raises:
            SettingsError: It is not a version number.
        """
        if self.version and not _is_number(self.version, 10**18 - 1):
            raise SettingsError(
                f"VERSION is {self.version!r}; it must be a version number, such as 3"
            )
        return int(self.version) if self.version else None

    def shortened(self, recipe: Recipe) -> Recipe:
        """Return a recipe with the number of epochs in EPOCHS, if that is set."""
        return recipe.with_epochs(self.epochs) if self.epochs else recipe

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> "Settings":
        """Read and check the variables; an empty one counts as absent.

        Raises:
            SettingsError: One is invalid; the message says which, and what would be valid.
        """
        value = {name: text.strip() for name, text in environment.items()}
        game, epochs = value.get("GAME", ""), value.get("EPOCHS", "")
        if game and not NAME.fullmatch(game):
            raise SettingsError(f"GAME is {game!r}; it must be 1 to 64 of a-z, 0-9 and _")
        if epochs and not _is_number(epochs, 100_000):
            raise SettingsError(f"EPOCHS is {epochs!r}; it must be an integer, 1 to 100000")
        if (fetch := value.get("FETCH", "")) not in ("", "0", "1"):
            raise SettingsError(f"FETCH is {fetch!r}; it must be 0 or 1")
        if (weights := value.get("WEIGHTS", "")) not in ("", "int8", "float32"):
            raise SettingsError(f"WEIGHTS is {weights!r}; it must be int8 or float32")
        keep_versions = value.get("KEEP_VERSIONS") or str(KEEP_VERSIONS)
        if not _is_number(keep_versions, 1000):
            raise SettingsError(
                f"KEEP_VERSIONS is {keep_versions!r}; it must be an integer, 1 to 1000"
            )
        return cls(
            game,
            Path(value.get("DATA_DIR") or "data/midi"),
            Path(value.get("MODELS_DIR") or "models"),
            value.get("RECIPE") or DEFAULT,
            int(epochs) if epochs else None,
            weights,
            int(keep_versions),
            value.get("VERSION", ""),
            fetch != "0",
            value.get("VGMUSIC_URL") or VGMUSIC_PIANO,
            value.get("API_PORT") or "8080",
            Path(value["BASE_DIR"]) if value.get("BASE_DIR") else None,
        )


def _is_number(text: str, highest: int) -> bool:
    return text.isascii() and text.isdecimal() and 1 <= int(text[:20]) <= highest
