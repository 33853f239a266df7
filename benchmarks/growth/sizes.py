"""The sizes of the curves: in full, and small for the tests."""

from dataclasses import dataclass


@dataclass(frozen=True)
class GrowthSizes:
    """The points of each curve, and how much is measured at each.

    Attributes:
        callers: Concurrent callers of the API.
        caller_notes: Notes of each of their songs.
        caller_songs: Songs per point; at least one for each caller.
        processes: The API's processes; then, of model servers.
        process_callers: Concurrent callers meanwhile.
        games: Games that are served.
        game_pieces: Pieces of each of them.
        pieces: Pieces of a single game.
        piece_notes: Notes of a piece.
        notes: Notes of a song of exactly so many.
        bars: Bars of a song with a plan.
        history: Notes of a primer that a song continues.
        history_song_notes: New notes of that song.
        songs: Songs per point of these three curves; the median counts.
        learned_pieces: Pieces that are learned.
        epochs: Epochs of each training.
    """

    callers: tuple[int, ...]
    caller_notes: int
    caller_songs: int
    processes: tuple[int, ...]
    process_callers: int
    games: tuple[int, ...]
    game_pieces: int
    pieces: tuple[int, ...]
    piece_notes: int
    notes: tuple[int, ...]
    bars: tuple[int, ...]
    history: tuple[int, ...]
    history_song_notes: int
    songs: int
    learned_pieces: tuple[int, ...]
    epochs: int

    @property
    def points(self) -> int:
        """How many settings are measured, one after the other."""
        return (
            sum(map(len, (self.callers, self.games, self.pieces, self.notes, self.bars)))
            + len(self.history)
            + len(self.learned_pieces)
            + 2 * len(self.processes)
        )


GROWTH_FULL = GrowthSizes(
    callers=(1, 8, 64, 512),
    caller_notes=100,
    caller_songs=96,
    processes=(1, 2, 3),
    process_callers=24,
    games=(1, 10, 100),
    game_pieces=9,
    pieces=(9, 100, 1000),
    piece_notes=300,
    notes=(100, 500, 1500, 4000),
    bars=(8, 32, 96, 256),
    history=(16, 128, 512, 4096),
    history_song_notes=100,
    songs=3,
    learned_pieces=(9, 100, 1000),
    epochs=2,
)

GROWTH_TINY = GrowthSizes(
    callers=(1, 4),
    caller_notes=16,
    caller_songs=4,
    processes=(1, 2),
    process_callers=2,
    games=(1, 2),
    game_pieces=2,
    pieces=(2, 4),
    piece_notes=32,
    notes=(16, 64),
    bars=(2, 4),
    history=(16, 32),
    history_song_notes=16,
    songs=1,
    learned_pieces=(1, 2),
    epochs=1,
)
