"""The sizes of the measurements: in full, and small for the tests."""

from dataclasses import dataclass, replace

from training.recipe import BASE, DEFAULT, SCRATCH, NetworkRecipe, Recipe, load_recipe

ORIGINAL = "original"  # the recipe of the old experiment
WINDOW_TOKENS = 100  # the window that the old experiment's network read before every note
BATCH = 64  # in that experiment's training, and to compare `decode` with a matrix product


@dataclass(frozen=True)
class Sizes:
    """How much each benchmark does.

    Attributes:
        original_network: The network of the four loops, of both trainings, of the larger peer.
        rounds: Rounds of each compared variant.
        window_tokens: Tokens per round if each one costs a whole window.
        song_tokens: Tokens per round if the state is kept; no more than a call may sample.
        songs: Songs requested over HTTP.
        notes: Notes of each of them.
        square: Rows and columns of the large square product.
        import_rounds: Fresh processes that import a client.
        callers: The numbers of concurrent callers, including 1 and 32.
        calls: The least calls of all callers together per round.
        calls_per_caller: The least calls of each caller per round.
        throughput_rounds: Rounds of each number of callers.
        train_batches: Batches per epoch of our training.
        train_epochs: Epochs of our training; the first compiles and does not count.
        window_train_batches: Batches of the old training, before and after ours.
        peer_batches: How many songs are sampled together, by each peer and by ours.
        peer_tokens: Tokens per round and song of a peer; no more than a call may sample.
        peer_rounds: Rounds of each of them.
        peer_recipes: The recipes that we and a peer learn by, by name.
        peer_learning_rounds: Updates of each of them.
    """

    original_network: NetworkRecipe
    rounds: int
    window_tokens: int
    song_tokens: int
    songs: int
    notes: int
    square: int
    import_rounds: int
    callers: tuple[int, ...]
    calls: int
    calls_per_caller: int
    throughput_rounds: int
    train_batches: int
    train_epochs: int
    window_train_batches: int
    peer_batches: tuple[int, ...]
    peer_tokens: int
    peer_rounds: int
    peer_recipes: dict[str, Recipe]
    peer_learning_rounds: int


def _small(name: str) -> Recipe:
    """Load a recipe with a small network and small batches."""
    recipe = load_recipe(name)
    network = replace(recipe.network, lstm_units=(8, 8), embedding_units=8)
    fitting = replace(recipe.fitting, batch_windows=2, window_tokens=16)
    return replace(recipe, network=network, fitting=fitting, start=SCRATCH, base_share=0)


FULL = Sizes(
    original_network=load_recipe(ORIGINAL).network,
    rounds=7,
    window_tokens=12,
    song_tokens=256,
    songs=20,
    notes=500,
    square=2048,
    import_rounds=3,
    callers=(1, 8, 32, 128),
    calls=256,
    calls_per_caller=4,
    throughput_rounds=3,
    train_batches=3,
    train_epochs=4,
    window_train_batches=2,
    peer_batches=(1, 8, 32, 64),
    peer_tokens=64,
    peer_rounds=5,
    peer_recipes={name: load_recipe(name) for name in (DEFAULT, BASE)},
    peer_learning_rounds=3,
)

TINY = Sizes(
    original_network=NetworkRecipe(
        embedding_units=8, lstm_units=(16, 16, 16), dense_units=(8,), dropout=0.5, memory=False
    ),
    rounds=1,
    window_tokens=3,
    song_tokens=64,
    songs=2,
    notes=20,
    square=64,
    import_rounds=1,
    callers=(1, 32),
    calls=8,
    calls_per_caller=2,
    throughput_rounds=1,
    train_batches=1,
    train_epochs=2,
    window_train_batches=1,
    peer_batches=(1, 2),
    peer_tokens=16,
    peer_rounds=1,
    peer_recipes={DEFAULT: _small(DEFAULT)},
    peer_learning_rounds=1,
)
