"""How much is measured: in full, and in miniature for the tests."""

from dataclasses import dataclass

from training.recipe import NetworkRecipe, load_recipe

ORIGINAL = "original"  # the recipe of the experiment that this project goes back to
WINDOW_TOKENS = 100  # what that experiment's network read before every note
BATCH = 64  # of that experiment's training, and where `decode` is held against a matrix product


@dataclass(frozen=True)
class Sizes:
    """How much each benchmark does.

    Attributes:
        original_network: The network of the four loops, of both trainings, of the larger peer.
        rounds: Turns of each variant that is compared.
        window_tokens: Tokens of a turn, where each one costs a whole window.
        song_tokens: Tokens of a turn, where the state is kept; no more than one call may draw.
        songs: Asked for over HTTP.
        notes: Of each of them.
        square: Rows and columns of the large square product.
        import_rounds: Fresh processes that import a client.
        callers: How many callers at once, one number after the other; 1 and 32 are among them.
        calls: Of all callers together in a turn, at least.
        calls_per_caller: In a turn, at least.
        throughput_rounds: Turns of each number of callers.
        train_batches: Of an epoch of our training.
        train_epochs: Of our training; the first compiles and does not count.
        window_train_batches: Of the old way's training, before ours and once more behind it.
        peer_batches: Songs at a time, where peers are measured.
        peer_tokens: Tokens of a turn of a peer.
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
    peer_batches=(1, 32),
    peer_tokens=64,
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
)
