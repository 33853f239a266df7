"""Recipes: the settings of a training, as small TOML files in `training/recipes/`."""

import tomllib
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any, TypeVar, get_type_hints

from music.codec import CODECS
from music.codec.events import Events
from music.codec.notetuple import BandTuple, NoteTuple
from training.errors import RecipeError

RECIPES = Path(__file__).with_name("recipes")
DEFAULT = "default"
BASE, PIANO_BASE, SCRATCH = STARTS = ("base", "piano base", "scratch")
ADAM, MUON = OPTIMIZERS = ("adam", "muon")


@dataclass(frozen=True)
class NetworkRecipe:
    """The shape of the network.

    Attributes:
        embedding_units: Width of a token's vector.
        lstm_units: Width of each LSTM layer, bottom first.
        dense_units: Width of each hidden layer between the LSTM and the logits, with ReLU.
        dropout: Share of activations dropped before every layer after the embedding, 0 to 0.9.
        memory: Whether it reads candidates for the next note, the position in the bar and the key.
    """

    embedding_units: int
    lstm_units: tuple[int, ...]
    dense_units: tuple[int, ...]
    dropout: float
    memory: bool

    def __post_init__(self) -> None:
        """Check the values, so that the network fits into memory."""
        _check("network.embedding_units", self.embedding_units, 1, 4096)
        for units in self.lstm_units:
            _check("network.lstm_units", units, 1, 4096)
        for units in self.dense_units:
            _check("network.dense_units", units, 1, 4096)
        _check("network.lstm_units (how many)", len(self.lstm_units), 1, 8)
        _check("network.dropout", self.dropout, 0, 0.9)


@dataclass(frozen=True)
class FittingRecipe:
    """How the network learns.

    Attributes:
        epochs: The largest number of epochs.
        patience_epochs: Epochs without a better held-out loss before early stopping.
        tokens_per_epoch: A smaller collection is read in several keys within an epoch, a larger
            one in parts.
        window_tokens: Length of the training sequences; every step is a target.
        batch_windows: Windows in a batch.
        optimizer: `adam` or `muon`.
        learning_rate: The highest rate. It rises to this value over the first updates, and falls
            to a hundredth of it at the end, along a half cosine.
        falling_share: Share of the updates after the rise in which the rate falls, above 0; with 1
            it falls from the start.
        clip_norm: Bound on the gradient's norm.
        transpose: Whether windows are read in random keys.
        hidden_share: Share of the windows in which candidates are sometimes hidden, so that the
            network does not depend on them.
        held_out_share: Share of the pieces that is held out whole for validation.
    """

    epochs: int
    patience_epochs: int
    tokens_per_epoch: int
    window_tokens: int
    batch_windows: int
    optimizer: str
    learning_rate: float
    falling_share: float
    clip_norm: float
    transpose: bool
    hidden_share: float
    held_out_share: float

    def __post_init__(self) -> None:
        """Check the values' ranges."""
        _check("fitting.epochs", self.epochs, 1, 100_000)
        _check("fitting.patience_epochs", self.patience_epochs, 1, 100_000)
        _check("fitting.tokens_per_epoch", self.tokens_per_epoch, 1, 10**9)
        _check("fitting.window_tokens", self.window_tokens, 2, 8192)
        _check("fitting.batch_windows", self.batch_windows, 1, 4096)
        _check_name("fitting.optimizer", self.optimizer, OPTIMIZERS)
        _check("fitting.learning_rate", self.learning_rate, 1e-6, 1.0)
        _check("fitting.falling_share", self.falling_share, 0.01, 1)
        _check("fitting.clip_norm", self.clip_norm, 1e-3, 1e3)
        _check("fitting.hidden_share", self.hidden_share, 0, 1)
        _check("fitting.held_out_share", self.held_out_share, 0, 0.5)

    @property
    def needs_other_notes(self) -> bool:
        """Whether the codec has to encode notes that are not in the learned pieces."""
        return bool(self.transpose or self.held_out_share)


@dataclass(frozen=True)
class Recipe:
    """A named recipe.

    Attributes:
        name: The file's name, without its suffix.
        codec: The codec's name in `music.codec.CODECS`.
        start: `base`, to start from the weights of the base for the codec; `piano base`, to start
            from the base for piano music whatever the codec; or `scratch`.
        base_share: The share of the base's weights in the interpolated result, 0 to 1.
        network: The shape of the network.
        fitting: How it learns.
        band_epochs: The largest number of epochs for music with roles, if it differs.
    """

    name: str
    codec: str
    start: str
    base_share: float
    network: NetworkRecipe
    fitting: FittingRecipe
    band_epochs: int | None = None

    def __post_init__(self) -> None:
        """Check the names, and that the codec can encode the music."""
        _check_name("codec", self.codec, tuple(CODECS))
        _check_name("start", self.start, STARTS)
        _check("base_share", self.base_share, 0, 1)
        if self.band_epochs is not None:
            _check("band_epochs", self.band_epochs, 1, 100_000)
        if self.base_share and self.start != BASE:
            raise RecipeError(f"base_share is {self.base_share}; without start = {BASE!r} it is 0")
        if self.codec == Events.name and self.fitting.needs_other_notes:
            raise RecipeError(
                f"codec {self.codec!r} can only encode the learned pieces in their own keys; "
                "fitting.transpose must be false, fitting.held_out_share 0"
            )

    def for_band(self) -> "Recipe":
        """Return the recipe for music with roles; one that does not read notes stays as is."""
        if self.codec != NoteTuple.name:
            return self
        recipe = replace(self, codec=BandTuple.name)
        return recipe.with_epochs(self.band_epochs) if self.band_epochs else recipe

    def with_epochs(self, epochs: int) -> "Recipe":
        """Return the same recipe with another number of epochs, whatever the music."""
        return replace(self, fitting=replace(self.fitting, epochs=epochs), band_epochs=None)

    def as_fields(self) -> dict[str, Any]:
        """Return all values, for the run record."""
        return asdict(self)


def load_recipe(name: str) -> Recipe:
    """Load a recipe by name.

    Raises:
        RecipeError: There is no such recipe, or it is invalid; the message says why.
    """
    known = sorted(path.stem for path in RECIPES.glob("*.toml"))
    if name not in known:
        raise RecipeError(f"no recipe {name!r}; available: {', '.join(known)}")
    text = (RECIPES / f"{name}.toml").read_text(encoding="utf-8")
    return parse_recipe(name, text)


def parse_recipe(name: str, text: str) -> Recipe:
    """Read a recipe's TOML.

    Raises:
        RecipeError: It is not TOML, or a field is missing, unknown or invalid.
    """
    try:
        tables = tomllib.loads(text)
        band_epochs = tables.pop("band_epochs", None)
        _check_names("", tables, {"codec", "start", "base_share", "network", "fitting"})
        return Recipe(
            name,
            tables["codec"],
            tables["start"],
            _typed("base_share", tables["base_share"], float),
            _section(NetworkRecipe, "network", tables["network"]),
            _section(FittingRecipe, "fitting", tables["fitting"]),
            None if band_epochs is None else _typed("band_epochs", band_epochs, int),
        )
    except (tomllib.TOMLDecodeError, RecipeError) as error:
        raise RecipeError(f"recipe {name}: {error}") from error


_Section = TypeVar("_Section", NetworkRecipe, FittingRecipe)


def _section(kind: type[_Section], section: str, table: dict[str, Any]) -> _Section:
    _check_names(f"{section}.", table, {field.name for field in fields(kind)})
    hints = get_type_hints(kind)
    return kind(**{k: _typed(f"{section}.{k}", v, hints[k]) for k, v in table.items()})


def _check_names(prefix: str, given: dict[str, Any], wanted: set[str]) -> None:
    for name in sorted(wanted - given.keys()):
        raise RecipeError(f"{prefix}{name} is missing")
    for name in sorted(given.keys() - wanted):
        raise RecipeError(
            f"{prefix}{name} is unknown; it must be one of {', '.join(sorted(wanted))}"
        )


def _typed(name: str, value: Any, hint: Any) -> Any:
    if hint in (bool, str) and isinstance(value, hint):
        return value
    if hint is int and type(value) is int:
        return value
    if hint is float and type(value) in (int, float):
        return float(value)
    if hint == tuple[int, ...] and isinstance(value, list) and all(type(v) is int for v in value):
        return tuple(value)
    wanted = "a list of integers" if hint == tuple[int, ...] else hint.__name__
    raise RecipeError(f"{name} is {value!r}; it must be {wanted}")


def _check_name(field: str, value: str, known: tuple[str, ...]) -> None:
    if value not in known:
        raise RecipeError(f"{field} is {value!r}; it must be one of {', '.join(known)}")


def _check(name: str, value: float, low: float, high: float) -> None:
    if not low <= value <= high:
        raise RecipeError(f"{name} is {value}; it must be from {low} to {high}")
