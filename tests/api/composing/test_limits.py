"""Songs too long for their format are refused, if possible before they are composed."""

import math

import pytest

from api.composing.limit import NO_LIMIT
from api.errors import SongTooLongError
from api.formats.encoders import SCORE_LIMIT, WAV_LIMIT
from music.notes import Notes
from music.piece import constant_tempo
from tests.api.primers import midi_of, scale, uploaded
from tests.api.problems import assert_problem

SONG = "/generate?game=zelda&seed=7"
BAR = 48  # ticks


def quarters(count):
    return Notes.of(range(0, 12 * count, 12), [12] * count, [60 + n % 24 for n in range(count)])


@pytest.mark.parametrize(
    ("limit", "notes", "ticks", "fits"),
    [
        (WAV_LIMIT, 9999, 660 * 24, True),  # at 120 beats per minute
        (WAV_LIMIT, 1, 660 * 24 + 1, False),
        (SCORE_LIMIT, 4000, 1000 * BAR, True),
        (SCORE_LIMIT, 4001, 1, False),
        (SCORE_LIMIT, 1, 1000 * BAR + 1, False),
        (NO_LIMIT, 10**6, 10**6, True),
    ],
)
def test_a_limit_accepts_what_fits(limit, notes, ticks, fits):
    if fits:
        limit.check(notes, ticks, constant_tempo(120.0), BAR)
    else:
        with pytest.raises(SongTooLongError):
            limit.check(notes, ticks, constant_tempo(120.0), BAR)


@pytest.mark.parametrize(
    ("primer", "tempo_bpm", "fields", "detail"),
    [
        (
            quarters(150),
            150,
            {"seconds": "600", "format": "wav", "tempo": "100"},
            (
                "A WAV file holds up to 660 s, and this song has at least 689 s; "
                "ask for fewer bars, notes or seconds, or a faster tempo."
            ),
        ),
        (
            quarters(150),
            150,
            {"seconds": "600", "format": "ogg", "tempo": "100"},
            (
                "An OGG file holds up to 660 s, and this song has at least 689 s; "
                "ask for fewer bars, notes or seconds, or a faster tempo."
            ),
        ),
        (
            quarters(150),
            150,
            {"seconds": "300", "format": "zip", "tempo": "100"},
            (
                "An archive of stems holds up to 300 s, and this song has at least 389 s; "
                "ask for fewer bars, notes or seconds, or a faster tempo."
            ),
        ),
        (
            quarters(3000),
            300,
            {"seconds": "600", "format": "musicxml"},
            (
                "A score holds up to 1000 bars, and this song has at least 1500; "
                "ask for fewer bars, notes or seconds."
            ),
        ),
        (
            scale(3990),
            100,
            {"notes": "30", "format": "svg"},
            (
                "A score holds up to 4000 notes, and this song has at least 4020; "
                "ask for fewer notes, or a song without its primer."
            ),
        ),
    ],
    ids=["seconds", "seconds of OGG", "seconds of stems", "bars", "notes"],
)
def test_a_request_that_is_too_long_is_not_composed(
    client, loopback, primer, tempo_bpm, fields, detail
):
    data = uploaded(midi_of(primer, tempo_bpm), include_primer="true", **fields)
    response = client.post(SONG, **data)
    assert_problem(response, 422, slug="song-too-long")
    assert response.json["detail"] == detail
    assert set(loopback.signatures()) <= {"describe"}


@pytest.mark.parametrize("form", ["wav", "ogg"])
def test_composing_stops_when_a_song_becomes_too_long(client, loopback, form):
    response = client.post(f"{SONG}&primer=none&notes=4000&tempo=20&format={form}")
    assert_problem(response, 422, slug="song-too-long")
    assert 3 < loopback.signatures().count("decode") < 20  # of the 63 and more for all notes


@pytest.mark.parametrize("form", ["midi", "json", "ndjson"])
def test_other_formats_have_no_limit(client, form):
    assert client.post(f"{SONG}&notes=2000&tempo=20&format={form}").status_code == 200


@pytest.mark.parametrize("form", ["midi", "wav", "ogg", "json", "musicxml", "svg", "zip"])
def test_encoding_ends_with_the_time_of_the_request(app, client, monkeypatch, form):
    # The deadline is over as soon as the song is composed.
    compose = app.extensions["leitmotif"].composer.compose

    def late(asked, games, deadline, *others):
        song = compose(asked, games, deadline, *others)
        object.__setattr__(deadline, "moment_s", -math.inf)
        return song

    monkeypatch.setattr(app.extensions["leitmotif"].composer, "compose", late)
    response = client.post(f"{SONG}&notes=20&format={form}")
    assert_problem(response, 504, slug="out-of-time")
