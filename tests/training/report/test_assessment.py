"""Generated pieces are compared with pieces that their network has not learned."""

from dataclasses import replace

import numpy as np
import pytest

from music.notes import Notes, cleaned
from music.piece import Piece
from tests.training.conftest import scale
from tests.training.report.conftest import FLUTE, STRINGS, of_band
from training.report.assessment import SongsOfFold, assess
from training.report.metrics import two_sample_test


@pytest.fixture(autouse=True)
def _small_forest(monkeypatch):
    monkeypatch.setattr(two_sample_test, "_TREES", 20)


def folds(songs, pieces) -> list[SongsOfFold]:
    """Two folds, all songs of the first one's network."""
    return [
        SongsOfFold(tuple(songs), tuple(pieces[2:]), tuple(pieces[:2])),
        SongsOfFold((), tuple(pieces[:2]), tuple(pieces[2:])),
    ]


def random_piece(name: str, seed: int, beats: int = 64) -> Piece:
    random = np.random.default_rng(seed)
    onset = np.sort(random.integers(0, beats * 12, 3 * beats))
    duration, pitch = random.integers(3, 30, 3 * beats), random.integers(40, 80, 3 * beats)
    return Piece(name, cleaned(Notes.of(onset, duration, pitch)))


def test_a_song_that_copies_a_learned_piece_is_reported_as_a_quote(pieces):
    copied = Piece("copy", pieces[2].notes[5:25].transposed(7))
    own = Piece("own", Notes.of([0, 5, 7], [1, 2, 3], [60, 80, 61]))
    songs = assess(folds([copied, own], pieces), {}).pieces.generated
    assert [song.quote.length_notes for song in songs] == [20, 1]


def test_a_run_shared_with_a_piece_that_the_network_has_not_learned_is_no_quote(pieces):
    other = random_piece("other", 1)
    song = replace(other, name="song")
    found = assess(folds([song], [other, *pieces]), {}).pieces.generated
    assert found[0].quote.length_notes < 5


def test_the_collections_pieces_are_cut_to_the_length_of_the_songs(pieces):
    song = scale("song", 60, notes=14)
    found = assess(folds([song], pieces), {})
    both = found.degeneration
    assert both.collection.distinct_four_grams_median == both.generated.distinct_four_grams_median
    assert found.repetition.collection == found.repetition.generated
    assert found.repetition.bar_similarity_error == 0
    assert found.texture.collection.notes_per_beat_mean == 2


def test_the_collection_quotes_itself(pieces):
    short = scale("short", 70, notes=9)
    found = assess(folds(pieces[:1], [*pieces[:2], short]), {})
    assert found.longest_quote_notes.collection == (40, 40, 9)


def test_songs_are_only_compared_with_pieces_that_their_network_has_not_learned():
    """The songs are copies of learned pieces, but cannot be told from the held-out ones."""
    random = [random_piece(f"{n}", n) for n in range(6)]
    scales = [scale(f"s{n}", 40 + n, notes=128) for n in range(6)]
    held_out_first = SongsOfFold(tuple(random), tuple(random), tuple(scales))
    held_out_second = SongsOfFold(tuple(scales), tuple(scales), tuple(random))
    found = assess([held_out_first, held_out_second], {}).real_or_generated.generated
    assert found.excerpts[0] == found.excerpts[1]
    assert found.area < 0.7


def test_pieces_of_another_game_are_compared_too(pieces):
    other = [random_piece(f"{n}", n) for n in range(4)]
    found = assess(folds(pieces[:3], pieces), {"other": other, "tiny": pieces[:1]})
    assert found.real_or_generated.other_games.keys() == {"other"}
    assert found.real_or_generated.other_games["other"].area > 0.9


def test_pieces_of_a_band_are_cut_to_the_duration_of_the_longest_song(pieces):
    """The song has one player, and the pieces two: they have twice as many notes."""
    song = of_band(scale("song", 60, notes=14), FLUTE)
    duets = [of_band(piece, STRINGS, FLUTE) for piece in pieces]
    found = assess(folds([song], duets), {}, is_band=True)
    assert found.repetition.bar_similarity_error is not None
    both = found.band
    assert both.collection.together.notes_per_beat == 2 * both.generated.together.notes_per_beat
    pipes = [side.roles["pipe"].mean for side in (both.generated, both.collection)]
    assert [pipe.notes_per_beat for pipe in pipes] == [14 / 8, 14 / 8]
    assert list(both.generated.roles) == list(both.collection.roles) == ["strings", "pipe"]
    assert both.generated.roles["strings"].pieces_share == 0
    assert found.texture.generated.empty_hand_share_mean is None


def test_a_piano_has_no_parts(pieces):
    assert assess(folds([scale("song", 60)], pieces), {}).band is None
