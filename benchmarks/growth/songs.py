"""The time of a song over its notes, its bars, and the music that it continues."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial

from benchmarks.growth.curve import Curve, Point
from benchmarks.growth.pieces import made_up_piece
from benchmarks.growth.requests import song_seconds, warm_up
from benchmarks.growth.sizes import GrowthSizes
from benchmarks.processes.services import RunningApi
from music.midi import to_midi

_SECONDS = "seconds for a song"


def curves_of_songs(
    api: RunningApi, game: str, sizes: GrowthSizes, done: Callable[[], object]
) -> list[Curve]:
    """Request one song after the other.

    Args:
        api: The API.
        game: A game of the default recipe's network.
        sizes: The sizes of the curves.
        done: Called after each point.
    """
    warm_up(api, game)

    def point(
        x: int, values: Mapping[str, str], primer_of: Callable[[int], bytes] | None = None
    ) -> Point:
        seconds = song_seconds(api, {"game": game, **values}, sizes.songs, primer_of)
        done()
        return Point(x, seconds)

    new_notes = {"notes": str(sizes.history_song_notes)}
    return [
        Curve(
            "song_seconds_over_notes",
            "notes",
            _SECONDS,
            tuple(point(notes, {"notes": str(notes)}) for notes in sizes.notes),
        ),
        Curve(
            "song_seconds_over_bars",
            "bars",
            _SECONDS,
            tuple(point(bars, {"bars": str(bars)}) for bars in sizes.bars),
        ),
        Curve(
            "song_seconds_over_history",
            "notes of the music that it continues",
            f"{_SECONDS} of {sizes.history_song_notes} new notes",
            tuple(point(notes, new_notes, partial(_primer, notes)) for notes in sizes.history),
        ),
    ]


def _primer(notes: int, seed: int) -> bytes:
    piece = replace(made_up_piece(seed, notes), name="primer")
    return to_midi(piece.notes, tempos=piece.tempos, name=piece.name, text="")
