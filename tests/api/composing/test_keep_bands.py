"""Bars and themes of a band's song stay with their parts; what is new is for the same line-up."""

import json
from itertools import product

import numpy as np
import pytest

from api.formats.song_json import note_members, part_members
from music.midi import to_midi
from music.performance import plain
from music.piece import TimeSignature, constant_tempo
from music.players.line_up import LineUp
from music.players.roles import DRUMS, FAMILIES, playing, role_of
from music.reading import read_midi, read_song
from tests.api.bands import play_a_band
from tests.api.primers import uploaded
from tests.music.bands import LINE_UP, NOTES, VIOLA, VIOLIN

BAR_TICKS = 48
TEMPO, FOUR_FOUR = constant_tempo(90.0), (TimeSignature(0, 4, 4),)
OBOE = role_of(FAMILIES.index("reed"), 0)
# A tacet oboe; and a viola without the violin above it, so that nothing but its role tells it.
PLAYERS = LineUp.of({**{player.role: player.program for player in LINE_UP.players}, OBOE: 68})
BAND = NOTES[NOTES.role != VIOLIN]


def as_json(notes, line_up):
    song = {
        **part_members(line_up),
        "notes": note_members(notes, plain(notes), TEMPO, line_up),
        "time_signatures": [{"start_beats": 0, "numerator": 4, "denominator": 4}],
    }
    return json.dumps(song).encode()


def as_midi(notes, line_up):
    meter, names = FOUR_FOUR, {"name": "", "text": ""}
    return to_midi(notes, tempos=TEMPO, time_signatures=meter, **names, line_up=line_up)


def read_back(response, media_format):
    assert response.status_code == 200, response.text
    read = read_midi if media_format == "midi" else read_song
    return read(response.data, "song", band=True)


def bar(notes, number):
    """Return onset, pitch, role and, but for drums, duration of what starts in a bar."""
    held = np.where(notes.role == DRUMS, 3, notes.duration_ticks)
    columns = zip(notes.onset_ticks % BAR_TICKS, notes.pitch, notes.role, held, strict=True)
    bars = (notes.onset_ticks // BAR_TICKS).tolist()
    return [tuple(map(int, row)) for row, of in zip(columns, bars, strict=True) if of == number - 1]


@pytest.fixture
def band(client, loopback):
    """The client of a game whose music is for a band."""
    play_a_band(loopback)
    return client


@pytest.mark.parametrize("write", [as_json, as_midi])
@pytest.mark.parametrize("media_format", ["json", "midi"])
@pytest.mark.parametrize(
    ("query", "kept", "new"),
    [
        ("keep=1", {1: 1}, [2]),
        ("keep=2", {2: 2}, [1]),
        ("variation_of=primer&form=AB&ending=false", {1: 1, 2: 2}, [3, 4]),
        ("variation_of=primer&form=ABA&ending=false", {1: 1, 2: 2, 5: 1, 6: 2}, [3, 4]),
    ],
)
def test_kept_bars_have_their_parts_and_new_ones_are_for_the_same_line_up(
    band, loopback, write, media_format, query, kept, new
):
    url = f"/generate?game=zelda&seed=7&format={media_format}&{query}"
    song = read_back(band.post(url, **uploaded(write(BAND, PLAYERS))), media_format)
    assert song.line_up == PLAYERS
    for number, original in kept.items():
        assert bar(song.notes, number) == bar(BAND, original)
    fresh = [row for number in new for row in bar(song.notes, number)]
    assert fresh != [row for number in (1, 2) for row in bar(BAND, number)][: len(fresh)]
    prefill = next(c for c in loopback.calls if c.model_spec.signature_name == "prefill")
    line_up = np.frombuffer(prefill.inputs["line_up"].tensor_content, "<i4").tolist()
    assert line_up == playing(PLAYERS.roles)


@pytest.mark.parametrize("write", [as_json, as_midi])
def test_a_primer_is_continued_by_all_of_its_players(band, write):
    url = "/generate?game=zelda&seed=7&notes=80&format=json"
    song = read_back(band.post(url, **uploaded(write(BAND, PLAYERS))), "json")
    assert song.line_up == PLAYERS
    assert {OBOE, VIOLA, VIOLIN, DRUMS} <= set(song.notes.role.tolist())


# Seeds of each piece. MIDI changes a length of seed 5, since lengths are inferred: 33 ticks to 36.
@pytest.mark.parametrize(
    ("media_format", "seed"), [*product(["json"], [3, 4, 5, 8]), *product(["midi"], [3, 4, 8])]
)
def test_a_song_that_the_service_composed_keeps_its_bars(band, media_format, seed):
    url = f"/generate?game=zelda&seed={seed}&format={media_format}"
    first = band.post(f"{url}&bars=4&ending=false")
    before = read_back(first, media_format)
    after = read_back(band.post(f"{url}&keep=1-2", **uploaded(first.data)), media_format)
    assert after.line_up == before.line_up
    assert [bar(after.notes, n) for n in (1, 2)] == [bar(before.notes, n) for n in (1, 2)]
