"""The sizes of the measurements on a GPU: in full, and small for the tests."""

from dataclasses import dataclass, replace

from benchmarks.sizes import ORIGINAL
from training.recipe import BASE, DEFAULT, SCRATCH, Recipe, load_recipe


@dataclass(frozen=True)
class GpuSizes:
    """How much each measurement does.

    Attributes:
        batches: How many songs are sampled together.
        steps: Tokens per song and round; no more than a call may sample.
        rounds: Rounds of each compared variant.
        compared_songs: Songs that the GPU samples and the processor reads.
        compared_windows: Openings after which both predict.
        songs: Songs requested over HTTP.
        notes: Notes of each of them.
        recipes: The recipes of trainings, by name.
        epochs: Epochs of each training; the first compiles and does not count.
        pieces: Pieces that are learned.
    """

    batches: tuple[int, ...]
    steps: int
    rounds: int
    compared_songs: int
    compared_windows: int
    songs: int
    notes: int
    recipes: dict[str, Recipe]
    epochs: int
    pieces: int


def _small(name: str) -> Recipe:
    """Load a recipe with a small network."""
    recipe = load_recipe(name)
    layers = tuple(8 for _ in recipe.network.lstm_units)
    fitting = replace(recipe.fitting, batch_windows=2, window_tokens=16)
    return replace(
        recipe,
        network=replace(recipe.network, lstm_units=layers, embedding_units=8),
        fitting=fitting,
        start=SCRATCH,
        base_share=0,
    )


GPU_FULL = GpuSizes(
    batches=(1, 64, 512, 2048),
    steps=64,
    rounds=3,
    compared_songs=64,
    compared_windows=4,
    songs=10,
    notes=500,
    recipes={name: load_recipe(name) for name in (DEFAULT, BASE, ORIGINAL)},
    epochs=4,
    pieces=9,
)

GPU_TINY = GpuSizes(
    batches=(2,),
    steps=2,
    rounds=1,
    compared_songs=2,
    compared_windows=1,
    songs=1,
    notes=4,
    recipes={ORIGINAL: _small(ORIGINAL)},
    epochs=2,
    pieces=1,
)
