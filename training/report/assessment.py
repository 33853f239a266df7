"""Compares generated pieces with the collection by every measure.

Songs are compared with pieces that their network has not learned: a song of a fold with the pieces
that this fold held out.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from music.notes import Notes
from music.piece import Piece
from music.quotes.finder import Quote, QuoteFinder, self_quotes
from training.report.metrics.degeneration import degeneration
from training.report.metrics.endings import ending, ending_shares
from training.report.metrics.histogram_overlap import compare
from training.report.metrics.parts import band, band_summary
from training.report.metrics.repetition import mean_repetition, repetition, similarity_error
from training.report.metrics.texture import texture, texture_summary
from training.report.metrics.two_sample_test import distinguish, distinguish_halves, excerpt_table
from training.report.result import (
    AssessedPiece,
    Assessment,
    BothBands,
    BothDegenerations,
    BothEndings,
    BothPieces,
    BothRepetitions,
    BothTextures,
    RealOrGenerated,
    degeneration_summary,
    quote_lengths,
)


@dataclass(frozen=True)
class SongsOfFold:
    """The songs of a fold's network, and the pieces of the fold.

    Attributes:
        songs: One or more.
        learned: The pieces that the network learned, and may quote.
        held_out: The pieces that it did not learn.
    """

    songs: tuple[Piece, ...]
    learned: tuple[Piece, ...]
    held_out: tuple[Piece, ...]


def assess(
    folds: Sequence[SongsOfFold],
    other_games: Mapping[str, Sequence[Piece]],
    *,
    is_band: bool = False,
) -> Assessment:
    """Compare generated pieces with the collection.

    A longer piece repeats more. So for repetition, texture, degeneration and the parts of a band,
    the collection's pieces are cut to the length of the longest song: in notes or, for a band,
    whose songs and pieces have different numbers of parts, in time.

    Args:
        folds: Every piece is held out in one of them.
        other_games: Pieces of other games, by the game's name.
        is_band: Whether the collection is music for bands, not for one piano.
    """
    songs = [song for fold in folds for song in fold.songs]
    pieces = [piece for fold in folds for piece in fold.held_out]
    as_long = _cutting_to(songs, is_band=is_band)
    cut = [replace(piece, notes=as_long(piece.notes)) for piece in pieces]
    of_songs, of_pieces = (
        mean_repetition([repetition(piece) for piece in each]) for each in (songs, cut)
    )
    collection_quotes = self_quotes(pieces)
    finders = [QuoteFinder(fold.learned) for fold in folds]
    assessed_songs = [
        _assessed(song, finder.longest_quote(song.notes), as_long)
        for fold, finder in zip(folds, finders, strict=True)
        for song in fold.songs
    ]
    assessed_pieces = [
        _assessed(piece, quote, as_long)
        for piece, quote in zip(pieces, collection_quotes, strict=True)
    ]
    return Assessment(
        real_or_generated=_real_or_generated(folds, other_games),
        repetition=BothRepetitions(of_songs, of_pieces, similarity_error(of_songs, of_pieces)),
        texture=BothTextures(
            *(texture_summary([texture(p, has_hands=not is_band) for p in e]) for e in (songs, cut))
        ),
        endings=BothEndings(*(ending_shares([ending(p) for p in e]) for e in (songs, pieces))),
        measures=compare(
            [song.notes.as_piano() for song in songs],
            [piece.notes.as_piano() for piece in pieces],
            _comparable(folds),
        ),
        degeneration=BothDegenerations(
            degeneration_summary([song.degeneration for song in assessed_songs]),
            degeneration_summary([piece.degeneration for piece in assessed_pieces]),
        ),
        longest_quote_notes=quote_lengths(
            [song.quote for song in assessed_songs], collection_quotes
        ),
        pieces=BothPieces(tuple(assessed_songs), tuple(assessed_pieces)),
        band=_bands(songs, cut) if is_band else None,
    )


def _cutting_to(songs: Sequence[Piece], *, is_band: bool) -> Callable[[Notes], Notes]:
    if is_band:
        last_onset_ticks = max(int(song.notes.onset_ticks[-1]) for song in songs)
        return lambda notes: notes[notes.onset_ticks <= last_onset_ticks]
    most_notes = max(len(song.notes) for song in songs)
    return lambda notes: notes[:most_notes]


def _bands(songs: Sequence[Piece], pieces: Sequence[Piece]) -> BothBands:
    both = [[band(piece) for piece in each] for each in (songs, pieces)]
    roles = sorted({role for each in both for one in each for role in one.of_role})
    return BothBands(*(band_summary(each, roles) for each in both))


def _real_or_generated(
    folds: Sequence[SongsOfFold], other_games: Mapping[str, Sequence[Piece]]
) -> RealOrGenerated:
    songs, pieces = (
        [excerpt_table(piece, n) for n, each in enumerate(side) for piece in each]
        for side in ([f.songs for f in folds], [f.held_out for f in folds])
    )
    alone = [replace(table, fold=0) for table in pieces]
    others = {
        game: distinguish(alone, [excerpt_table(piece) for piece in theirs])
        for game, theirs in other_games.items()
    }
    return RealOrGenerated(
        generated=distinguish(pieces, songs),
        collection_halves=distinguish_halves(alone),
        other_games={game: found for game, found in others.items() if found},
    )


def _comparable(folds: Sequence[SongsOfFold]) -> NDArray[np.bool_]:
    """Return for each song which pieces its network has not learned: bool[songs, pieces]."""
    of_song, of_piece = (
        np.repeat(np.arange(len(folds)), [len(each) for each in side])
        for side in ([f.songs for f in folds], [f.held_out for f in folds])
    )
    comparable: NDArray[np.bool_] = of_song[:, None] == of_piece[None]
    return comparable


def _assessed(piece: Piece, quote: Quote, as_long: Callable[[Notes], Notes]) -> AssessedPiece:
    return AssessedPiece(piece.name, len(piece.notes), quote, degeneration(as_long(piece.notes)))
