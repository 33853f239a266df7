"""The rank of songs that were composed for one request."""

from collections.abc import Sequence
from dataclasses import dataclass

from api.composing.song import Song
from api.model_server.games import Bundle
from music.typicality import Typicality


@dataclass(frozen=True)
class RankedSong:
    """A song among those of its request.

    Attributes:
        rank: 1 is the best.
        song: The song.
        typicality: How typical it is of the game's pieces; None if these are too few to compare.
        keeps_max_quote: Whether it keeps the bound on quotes.
    """

    rank: int
    song: Song
    typicality: Typicality | None
    keeps_max_quote: bool

    @property
    def score(self) -> float | None:
        """The score by which it is ranked, 0 to 1."""
        return None if self.typicality is None else self.typicality.score


def ranked(songs: Sequence[Song], bundle: Bundle) -> tuple[RankedSong, ...]:
    """Rank songs, best first: those that keep the bound on quotes, then by their score.

    Songs that are equally good keep their order.
    """
    usual = bundle.usual
    unranked = [
        RankedSong(
            rank=0,
            song=song,
            typicality=None if usual is None else usual.typicality(song.notes),
            keeps_max_quote=song.longest_quote.length_notes <= _max_quote(song, bundle),
        )
        for song in songs
    ]
    best_first = sorted(unranked, key=lambda one: (not one.keeps_max_quote, -(one.score or 0)))
    return tuple(
        RankedSong(rank, one.song, one.typicality, one.keeps_max_quote)
        for rank, one in enumerate(best_first, 1)
    )


def _max_quote(song: Song, bundle: Bundle) -> int:
    requested = song.request.brief.max_quote
    return bundle.music.quote_notes if requested is None else requested
