"""The bound on quotes holds, by an independent check."""

import pytest
from hypothesis import given

from music.description import LearnedPiece
from tests.api.loopback import CODEC, description, token
from tests.music.quotes.support import longest_by_trying, songs
from tests.quoting import longest_shared

# 150 notes, no two of them the same.
TUNE = tuple(token(1 + n // 72, n % 24, n // 24 % 3) for n in (77 * n % 216 for n in range(150)))
LEARNED, _ = CODEC.decode(TUNE)


def strikes(notes):
    return list(zip(notes.onset_ticks.tolist(), notes.pitch.tolist(), strict=True))


@given(songs, songs)
def test_the_check_is_right(song, piece):
    assert longest_shared(strikes(song), strikes(piece)) == longest_by_trying(song, [piece])


@pytest.fixture
def learned_by_heart(loopback):
    """The model has learned a tune so well that it plays hardly anything else."""
    pieces = (LearnedPiece("tune", LEARNED),)
    loopback.descriptions["zelda"] = description(learned=pieces).to_json()
    loopback.by_heart = TUNE
    return loopback


def quoted_in(client, query):
    """Compose, and count the longest quote by the check; the answer must say the same."""
    answer = client.post(f"/generate?game=zelda&format=json&{query}").json
    song = [(round(12 * note["start_beats"]), note["pitch"]) for note in answer["notes"]]
    longest = longest_shared(song, strikes(LEARNED))
    assert longest == answer["longest_quote"]
    return longest


def test_without_a_bound_the_model_recites_its_training_data(client, learned_by_heart):
    lengths = [
        quoted_in(client, f"seed={n}&notes=100&max_quote=4000&temperature=0.9") for n in range(10)
    ]
    assert min(lengths) > 40, learned_by_heart


@pytest.mark.slow
def test_of_200_songs_none_quotes_more_than_it_may(client, learned_by_heart):
    lengths = [quoted_in(client, f"seed={n}&notes=60&max_quote=12") for n in range(200)]
    assert max(lengths) <= 12, learned_by_heart


def test_a_chunk_that_had_to_exceed_the_bound_does_not_raise_it_for_the_rest(
    client, learned_by_heart
):
    lengths = [
        rest_of_a_song_that_begins_with_a_quote(client, learned_by_heart, n) for n in range(5)
    ]
    assert max(lengths) <= 12


def rest_of_a_song_that_begins_with_a_quote(client, loopback, seed):
    """Force two chunks of quotes, then let the model compose freely; return the longest quote."""
    loopback.calls.clear()
    loopback.tune = TUNE
    loopback.after_draw = lambda draws: setattr(loopback, "tune", TUNE if draws < 16 else ())
    query = f"seed={seed}&notes=140&primer=none&max_quote=12"
    song = client.post(f"/generate?game=zelda&format=json&{query}").json
    strikes_played = [(round(12 * n["start_beats"]), n["pitch"]) for n in song["notes"]]
    assert longest_shared(strikes_played[:80], strikes(LEARNED)) > 12
    return longest_shared(strikes_played[80:], strikes(LEARNED))
