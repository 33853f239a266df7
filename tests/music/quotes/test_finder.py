"""Quotes: the longest shared run is found, in any key, for any division into chunks."""

import itertools
import tracemalloc
from unittest import mock

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from music.description import LearnedPiece
from music.notes import Notes, cleaned
from music.players.roles import DRUMS, role_of
from music.quotes.finder import Quote, QuoteFinder, QuoteState, quoting_groups, self_quotes
from tests.music.quotes.support import longest_by_trying, played, shape, songs
from tests.quoting import longest_shared

STRINGS, FLUTE = role_of(5, 0), role_of(9, 0)
collections = st.lists(songs, max_size=4)


def line(*pitches: int) -> Notes:
    return played(*((6 * n, pitch) for n, pitch in enumerate(pitches)))


def named(parts: list[Notes]) -> list[LearnedPiece]:
    return [LearnedPiece(f"piece {n}", notes) for n, notes in enumerate(parts)]


@given(songs, collections)
def test_the_longest_shared_run_is_found(song, parts):
    quote = QuoteFinder(named(parts)).longest_quote(song)
    assert quote.length_notes == longest_by_trying(song, parts)


@given(songs, collections, st.integers(-5, 5))
def test_the_run_is_at_its_reported_position_in_any_key(song, parts, semitones):
    quote = QuoteFinder(named(parts)).longest_quote(song.transposed(semitones))
    if quote.length_notes:
        piece = next(piece for piece in named(parts) if piece.name == quote.piece).notes
        in_song = song[quote.start_in_song : quote.start_in_song + quote.length_notes]
        in_piece = piece[quote.start_in_piece : quote.start_in_piece + quote.length_notes]
        assert len(in_song) == quote.length_notes
        assert shape(in_song) == shape(in_piece)


@given(songs, collections, st.lists(st.integers(0, 14), max_size=4), st.randoms())
def test_neither_chunks_nor_the_order_within_a_chord_matter(song, parts, cuts, random):
    finder = QuoteFinder(named(parts))
    shuffled = list(range(len(song)))
    random.shuffle(shuffled)
    shuffled.sort(key=lambda n: song.onset_ticks[n])
    quote_state = QuoteState()
    bounds = [0, *sorted(min(cut, len(song)) for cut in cuts), len(song)]
    for start, stop in itertools.pairwise(bounds):
        quote_state = finder.listen(song[shuffled[start:stop]], quote_state)
    assert quote_state.longest == finder.longest_quote(song)


def maximal_by_trying(song: Notes, pieces: list[Notes], fewest: int) -> list[tuple[int, int]]:
    """Start and length of every shared run that lies within no other."""
    runs = {
        shape(piece[start:stop])
        for piece in pieces
        for start, stop in itertools.combinations(range(len(piece) + 1), 2)
    }
    spans = [
        (start, stop)
        for start, stop in itertools.combinations(range(len(song) + 1), 2)
        if stop - start >= fewest and shape(song[start:stop]) in runs
    ]
    return [
        (start, stop - start)
        for start, stop in spans
        if not any(a <= start and stop <= b and (a, b) != (start, stop) for a, b in spans)
    ]


@given(songs, collections, st.integers(0, 14))
def test_every_long_run_is_found_once_for_any_chunks(song, parts, cut):
    finder = QuoteFinder(named(parts))
    with mock.patch("music.quotes.finder.FEWEST_TELLING", 3):
        quote_state = finder.listen(song[cut:], finder.listen(song[:cut]))
    found = [(run.start_in_song, run.length_notes) for run in quote_state.runs]
    assert found == maximal_by_trying(song, parts, 3)


@given(songs, collections, st.integers(0, 14), st.randoms())
def test_the_latest_run_ends_in_the_notes_added_last(song, parts, cut, random):
    finder = QuoteFinder(named(parts))
    shuffled = list(range(len(song)))
    random.shuffle(shuffled)
    shuffled.sort(key=lambda n: song.onset_ticks[n])
    before, last = shuffled[:cut], shuffled[cut:]
    quote_state = finder.listen(song[last], finder.listen(song[sorted(before)]))
    first_new = min(last, default=len(song))
    ending = [longest_ending_in(song[: n + 1], parts) for n in range(first_new, len(song))]
    assert quote_state.latest_notes == max(ending, default=0)


def longest_ending_in(song: Notes, pieces: list[Notes]) -> int:
    """Count the notes of the longest shared run that ends in the song's last note."""
    runs = (song[start:] for start in range(len(song)))
    return next((len(run) for run in runs if longest_by_trying(run, pieces) == len(run)), 0)


@given(collections)
def test_a_piece_quotes_the_others_but_not_itself(parts):
    quotes = self_quotes(named(parts))
    for n, quote in enumerate(quotes):
        others = [*parts[:n], *parts[n + 1 :]]
        assert quote.length_notes == longest_by_trying(parts[n], others)
        assert quote.piece != f"piece {n}"


def test_finders_without_a_piece_share_what_is_sorted():
    random = np.random.default_rng(0)
    parts = [line(*random.integers(21, 109, 100).tolist()) for _ in range(50)]
    finder = QuoteFinder(named(parts))
    finder.without(0)
    tracemalloc.start()
    others = [finder.without(n) for n in range(50)]
    bytes_each = tracemalloc.get_traced_memory()[0] / len(others)
    tracemalloc.stop()
    assert bytes_each < 1_000  # the collection has 5,000 steps, of four bytes each


def test_a_song_can_go_back_to_an_older_state():
    finder = QuoteFinder(named([line(60, 62, 64, 65, 67)]))
    before = finder.listen(line(50, 52))
    taken_back = finder.listen(line(0, 0, 54, 55, 57)[2:], before)
    assert taken_back.longest.length_notes == 5
    assert finder.listen(line(0, 0, 40)[2:], before).longest.length_notes == 2


def test_a_note_struck_twice_at_once_counts_once():
    piece = line(60, 64, 67, 65, 62)
    doubled = played((0, 60), (6, 64), (6, 64), (12, 67), (18, 65), (24, 62))
    finder = QuoteFinder(named([piece]))
    assert finder.longest_quote(doubled).length_notes == 5
    halves = finder.listen(doubled[2:], finder.listen(doubled[:2]))
    assert halves.longest.length_notes == 5


def test_a_quote_says_where():
    finder = QuoteFinder(named([line(60, 61), line(60, 71, 62, 64, 60, 60)]))
    quote = finder.longest_quote(line(50, 50, 52, 54, 50))
    assert quote == Quote(length_notes=3, piece="piece 1", start_in_song=2, start_in_piece=2)


@pytest.mark.parametrize(
    ("song", "length_notes"),
    [
        (line(60, 64, 67), 3),
        (line(65, 69, 72), 3),
        (played((0, 60), (6, 64), (13, 67)), 2),
        (played((0, 60), (0, 64), (0, 67)), 1),
        (line(), 0),
    ],
    ids=["the same", "in another key", "a tick late", "as a chord", "no notes"],
)
def test_pitch_and_rhythm_both_count(song, length_notes):
    finder = QuoteFinder(named([line(60, 64, 67)]))
    assert finder.longest_quote(song).length_notes == length_notes


def test_nothing_is_quoted_from_no_pieces():
    assert QuoteFinder([]).longest_quote(line(60, 62)) == Quote()


def test_pieces_that_share_a_run_are_in_one_group_in_any_key():
    motif = [0, 4, 7, 12, 11]
    pieces = [
        line(*(60 + n for n in motif), 80, 20),
        line(60, 61, 62, 63, 64, 65, 66),
        line(30, *(50 + n for n in motif), 90, 93, 97, 20, 21),
        line(90, 93, 97, 20, 21),
        line(),
    ]
    assert quoting_groups(named(pieces), 5) == [[0, 2, 3], [1], [4]]
    assert quoting_groups(named(pieces), 6) == [[0], [1], [2], [3], [4]]


@given(collections, st.integers(2, 5))
def test_groups_hold_every_piece_once_and_keep_quoting_pieces_together(parts, fewest_notes):
    groups = quoting_groups(named(parts), fewest_notes)
    assert sorted(place for group in groups for place in group) == list(range(len(parts)))
    for one, other in itertools.combinations(range(len(parts)), 2):
        shared = longest_shared(
            zip(parts[one].onset_ticks, parts[one].pitch, strict=True),
            zip(parts[other].onset_ticks, parts[other].pitch, strict=True),
        )
        if shared >= fewest_notes:
            assert any({one, other} <= set(group) for group in groups)


def test_the_parts_of_a_band_are_heard_together_without_drums():
    tune = line(60, 64, 62, 65, 67, 72)
    onset_ticks = tune.onset_ticks.tolist()
    flute = [(onset, 6, pitch, FLUTE) for onset, pitch in zip(onset_ticks, tune.pitch, strict=True)]
    doubled = [(onset, 6, pitch, STRINGS) for onset, _, pitch, _ in flute]
    drums = [(onset, 3, 36, DRUMS) for onset in onset_ticks]
    band = cleaned(Notes.of(*zip(*flute, *doubled, *drums, strict=True)))
    finder = QuoteFinder(named([tune]))
    assert finder.longest_quote(band) == Quote(6, "piece 0", 0, 0)
    assert QuoteFinder(named([band])).longest_quote(tune) == Quote(6, "piece 0", 0, 0)


def test_drums_alone_quote_nothing():
    drums = Notes.of(range(0, 48, 6), [3] * 8, [36] * 8, [DRUMS] * 8)
    assert QuoteFinder(named([drums, line(60, 62, 64)])).longest_quote(drums) == Quote()
