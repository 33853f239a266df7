"""The sizes of the measurements on a GPU: in full, and small for the tests."""

from dataclasses import dataclass, replace

from benchmarks.sizes import ORIGINAL
from training.recipe import BASE, DEFAULT, SCRATCH, Recipe, load_recipe

FLOAT32, MIXED = "float32", "mixed_bfloat16"  # Keras's names of policies


@dataclass(frozen=True)
class Training:
    """A training to measure.

    Attributes:
        name: The recipe's name.
        recipe: The recipe.
        precision: FLOAT32, or MIXED: products and activations in bfloat16.
    """

    name: str
    recipe: Recipe
    precision: str


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
        trainings: What is trained.
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
    trainings: tuple[Training, ...]
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
    trainings=tuple(
        Training(name, load_recipe(name), precision)
        for name, precisions in (
            (DEFAULT, (FLOAT32, MIXED)),
            (BASE, (FLOAT32, MIXED)),
            (ORIGINAL, (FLOAT32,)),
        )
        for precision in precisions
    ),
    epochs=4,
    pieces=9,
)

GPU_TINY = GpuSizes(
    batches=(1, 3),
    steps=2,
    rounds=1,
    compared_songs=2,
    compared_windows=1,
    songs=1,
    notes=4,
    trainings=(Training(ORIGINAL, _small(ORIGINAL), MIXED),),
    epochs=2,
    pieces=1,
)
