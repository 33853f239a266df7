"""The sampling loop: a song does not depend on how it is divided into calls."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from api import create_app
from api.composing.composer import Composer
from api.composing.served_model import ServedModel
from api.composing.song import Primer, SongRequest
from api.deadline import Deadline
from api.model_server.games import Games
from api.model_server.grpc_client import GrpcModelServer
from music.composing.brief import Brief
from music.composing.composition import Composition
from music.composing.continuation import Continuation
from music.composing.length import Length
from music.description import LearnedPiece
from music.notes import Notes, join
from music.quotes.bound import ATTEMPTS
from tests.api.loopback import (
    LoopbackModelServer,
    description,
    token,
    write_models_config,
)


def request(*, primer=Primer.NONE, **brief):
    return SongRequest("zelda", Brief(**{"notes": 50, "top_p": 0.95, "seed": 7, **brief}), primer)


class Workplace:
    """A composer for every length of chunk, and the bundle to compose with."""

    def __init__(self, server, models_config):
        self.server = server
        self.games = Games(models_config, server)

    def song(self, asked, chunk_steps=32):
        deadline = Deadline.after(30)
        composer = Composer(self.server, chunk_steps)
        return composer.song(asked, self.games.bundle("zelda", deadline), deadline)

    def chunks(self, asked, chunk_steps=32):
        deadline = Deadline.after(30)
        bundle = self.games.bundle("zelda", deadline)
        nothing = Continuation.of_nothing(bundle.music)
        composition = Composition.of(asked.brief, bundle.music, nothing)
        model = ServedModel(self.server, bundle, deadline)
        passages = Composer(self.server, chunk_steps).passages(composition, bundle, model)
        return (passage.notes for passage in passages)


@pytest.fixture(scope="module")
def workplace(tmp_path_factory):
    loopback = LoopbackModelServer().start()
    path = tmp_path_factory.mktemp("models") / "models.config"
    write_models_config(path, "zelda")
    server = GrpcModelServer(loopback.target)
    yield Workplace(server, path)
    server.close()
    loopback.stop()


asked = st.builds(
    request,
    notes=st.integers(1, 60),
    seconds=st.none() | st.floats(1, 5),
    seed=st.integers(0, (1 << 53) - 1),
    temperature=st.floats(0, 2, width=16),
    top_k=st.integers(0, 1024),
    tempo_bpm=st.none() | st.floats(20, 200),
    primer=st.sampled_from(Primer),
)


@settings(max_examples=8)
@given(asked)
def test_the_length_of_the_chunks_does_not_change_the_song(workplace, asked):
    songs = [workplace.song(asked, steps) for steps in (1, 7, 32)]
    assert songs[0].notes == songs[1].notes == songs[2].notes
    assert len(songs[0].notes) >= 1


@settings(max_examples=15)
@given(asked)
def test_the_same_request_is_the_same_song(workplace, asked):
    assert workplace.song(asked).notes == workplace.song(asked).notes


@settings(max_examples=20)
@given(asked)
def test_a_song_has_the_requested_length_and_starts_at_once(workplace, asked):
    song = workplace.song(asked)
    assert song.notes.onset_ticks[0] == 0
    if asked.brief.seconds is None:
        assert len(song.notes) == asked.brief.notes
    else:
        assert song.notes.onset_ticks[-1] / 12 * 60 / song.tempo_bpm < asked.brief.seconds


@pytest.mark.parametrize("count", [1, 5, 40])
def test_a_longer_song_begins_with_the_shorter_one(workplace, count):
    longer = join(list(workplace.chunks(request(notes=60))))
    shorter = join(list(workplace.chunks(request(notes=count))))
    assert shorter == longer[:count]


def test_chunks_arrive_during_sampling_and_none_is_empty(workplace):
    chunks = list(workplace.chunks(request(notes=50), chunk_steps=4))
    assert len(chunks) > 10
    assert all(len(chunk) for chunk in chunks)
    assert sum(map(len, chunks)) == 50


@pytest.fixture
def known(loopback, model_server, config):
    """A workplace whose model has learned the very song that it would draw."""
    song = Workplace(model_server, config.models_config).song(request(notes=200))
    return knowing(song.notes, loopback, model_server, config)


def knowing(notes, loopback, model_server, config):
    pieces = (LearnedPiece("the song", notes),)
    loopback.descriptions["zelda"] = description(learned=pieces, quote_notes=8).to_json()
    return Workplace(model_server, config.models_config)


@pytest.mark.parametrize("max_quote", [8, 12, 40])
def test_a_song_quotes_no_longer_a_run_than_it_may(known, max_quote):
    song = known.song(request(notes=200, max_quote=max_quote))
    assert 2 <= song.longest_quote.length_notes <= max_quote
    assert song.longest_quote.piece == "the song"
    finder = known.games.bundle("zelda", Deadline.after(30)).music.finder
    assert finder.longest_quote(song.notes) == song.longest_quote


def test_unless_someone_says_otherwise_the_model_says_how_long_a_run_may_be(known):
    assert known.song(request(notes=200)).longest_quote.length_notes <= 8


def test_without_long_quotes_the_first_attempt_is_kept(known):
    song = known.song(request(notes=200, max_quote=4000))
    assert song.longest_quote.length_notes == 200


def test_it_does_not_go_back_for_ever(loopback, model_server, config):
    loopback.tune = (token(2, 0, 0),)  # at every attempt the same
    notes = Workplace(model_server, config.models_config).song(request(notes=100)).notes
    workplace = knowing(notes, loopback, model_server, config)
    loopback.calls.clear()
    song = workplace.song(request(notes=100, max_quote=10))
    assert song.longest_quote.length_notes == 100
    chunks = -(-100 // 32)
    assert chunks < loopback.signatures().count("decode") <= chunks * len(ATTEMPTS)


def test_degenerate_repetition_is_resampled(loopback, model_server, config):
    # The same key at the same time, over and over, unless the draws are numbered otherwise.
    loopback.tune = (token(0, 0, 0),) * 500 + (token(2, 0, 0), token(2, 1, 0)) * 250
    song = Workplace(model_server, config.models_config).song(request(notes=60))
    assert len(song.notes) == 60
    assert loopback.signatures().count("decode") < 30


def test_nothing_is_sampled_before_it_is_needed(loopback, model_server, config):
    workplace = Workplace(model_server, config.models_config)
    chunks = workplace.chunks(request(notes=500))
    next(chunks)
    assert loopback.signatures() == ["describe", "prefill", "decode"]
    chunks.close()
    assert loopback.signatures() == ["describe", "prefill", "decode"]


def test_drawing_stops_as_soon_as_there_is_enough(loopback, model_server, config):
    Workplace(model_server, config.models_config).song(request(notes=1), chunk_steps=8)
    assert loopback.signatures().count("decode") == 1


@pytest.mark.parametrize(
    ("length", "onsets", "written", "kept"),
    [
        (Length(5, np.inf), [0, 1, 2], 0, 3),
        (Length(5, np.inf), [0, 1, 2], 3, 2),
        (Length(5, np.inf), [0, 1, 2], 5, 0),
        (Length(5, 2), [0, 1, 2], 0, 2),
        (Length(5, 2.5), [0, 1, 2, 3], 0, 3),
        (Length(5, 0.1), [0, 0, 1], 0, 2),
    ],
)
def test_a_song_is_cut_at_its_length(length, onsets, written, kept):
    notes = Notes.of(onsets, [1] * len(onsets), range(60, 60 + len(onsets)))
    assert len(length.cut(notes, written)) == kept


def test_concurrent_callers_get_the_same_songs_as_a_single_one(config):
    app = create_app(config)
    paths = [f"/generate?game=zelda&notes=60&seed={seed}" for seed in range(8)]

    def song(path):
        return app.test_client().post(path).data

    alone = [song(path) for path in paths]
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(song, paths * 3)) == alone * 3
    assert len(set(alone)) == len(alone)


def test_two_workers_give_the_same_songs(config):
    path = "/generate?game=zelda&notes=60&seed=3"
    songs = {create_app(config).test_client().post(path).data for _ in range(2)}
    assert len(songs) == 1
