"""Songs of a wanted character, over HTTP: what is refused, and what the song says of itself."""

import pytest

from music.composing.arranger import ROWS, TARGET_ROWS
from music.description import LearnedPiece, Opening
from music.piece import TimeSignature
from tests.api.loopback import CODEC, description, token
from tests.api.primers import INTRO, uploaded
from tests.api.problems import assert_problem

SONG = "/generate?game=zelda&seed=7&bars=4&format=json"
MAJOR, MINOR = (0, 4, 7, 12, 7, 4), (0, 3, 7, 12, 7, 3)
WALTZ = TimeSignature(0, 3, 4)
COMMON = TimeSignature(0, 4, 4)


def opening(name, steps, meter=COMMON):
    tokens = tuple(token(3 if n else 0, step, 2) for n, step in enumerate(steps))
    return Opening(name, tokens, 90.0, (meter,))


def learned(opening):
    return LearnedPiece(opening.piece, CODEC.decode(opening.tokens)[0])


IN_C, IN_C_MINOR = opening("in C", MAJOR), opening("in C minor", MINOR, WALTZ)


def describe(loopback, *openings):
    pieces = tuple(map(learned, openings))
    text = description(openings=openings, learned=pieces).to_json()
    loopback.descriptions["zelda"] = text


@pytest.fixture
def two(client, loopback):
    """The client of a game with an opening in C, in 4/4, and another in C minor, in 3/4."""
    describe(loopback, IN_C, IN_C_MINOR)
    return client


@pytest.mark.parametrize(
    ("query", "parameter", "detail"),
    [
        ("key=H", "key", "key must be a letter from A to G, perhaps with # or b, and m for minor"),
        ("key=C%20minor", "key", "key must be a letter from A to G, perhaps with # or b"),
        ("key=", "key", "key must be text of 1 to 20 characters"),
        ("key=Am&mode=major", "mode", "mode must be minor, the mode of key=Am; Am is A minor"),
        ("mode=dorian", "mode", "mode must be one of major, minor."),
        ("meter=3", "meter", "meter must be a time signature such as 3/4, 4/4 or 6/8."),
        ("meter=4/5", "meter", "meter must be a time signature such as 3/4, 4/4 or 6/8."),
        ("meter=5/4", "meter", "meter must be 3/4 or 4/4, in which the game's pieces begin."),
        ("meter=3/4&mode=major", "mode", "mode must be minor: all of the game's pieces in 3/4"),
        ("meter=4/4&key=Cm", "key", "key must be a major key: all of the game's pieces in 4/4"),
        ("meter=4/4&mood=sad", "mode", "mode must be major: all of the game's pieces in 4/4"),
        ("density=101", "density", "density must be an integer from 0 to 100."),
        ("register=high", "register", "register must be an integer from 0 to 100."),
        (
            "mood=hopeful",
            "mood",
            "mood must be one of bright, calm, dark, lively, sad, tense.",
        ),
        ("density=5&primer=none", "density", "density needs primer=corpus: the song continues"),
        ("mood=sad&primer=none", "mood", "mood needs primer=corpus: the song continues an"),
    ],
)
def test_a_character_that_the_game_has_not_is_refused_before_a_note_is_sampled(
    two, loopback, query, parameter, detail
):
    response = two.post(f"{SONG}&{query}")
    assert_problem(response, 422, slug="bad-parameter")
    assert response.json["detail"].startswith(detail)
    assert response.json["parameter"] == parameter
    assert not [call for call in loopback.calls if call.model_spec.signature_name == "decode"]


def test_a_key_that_the_vocabulary_does_not_hold_is_refused(two):
    response = two.post(f"{SONG}&key=G")  # a fourth below the lowest pitch of the vocabulary
    assert_problem(response, 422, slug="bad-parameter")
    assert response.json["detail"].startswith("key must be another key: the game's model cannot")


def test_an_upload_has_its_own_character(two):
    response = two.post(SONG, **uploaded(INTRO, key="C"))
    assert_problem(response, 422, slug="bad-parameter")
    assert response.json["parameter"] == "key"


def test_the_song_is_in_the_meter(two):
    for meter, numerator in {"3/4": 3, "4/4": 4}.items():
        (signature,) = two.post(f"{SONG}&meter={meter}").json["time_signatures"]
        assert signature == {"start_beats": 0, "numerator": numerator, "denominator": 4}


def test_the_last_bass_note_is_the_tonic_of_the_key(two):
    for key, tonic in {"C": 0, "D": 2, "Eb": 3, "F": 5}.items():
        notes = two.post(f"{SONG}&key={key}").json["notes"]
        last = max(note["start_beats"] for note in notes)
        assert min(n["pitch"] for n in notes if n["start_beats"] == last) % 12 == tonic


def test_the_origin_composes_the_song_again(two):
    query = "key=Eb&meter=4/4&density=40&register=100"
    song = two.post(f"{SONG}&{query}").json
    asked = {"key": "Eb", "meter": "4/4", "density": 40, "register": 100}
    assert {name: song["origin"][name] for name in asked} == asked
    again = {name: value for name, value in song["origin"].items() if name != "version"}
    assert two.post("/generate", json={**again, "format": "json"}).json["notes"] == song["notes"]


def test_a_mood_is_the_values_that_it_stands_for(two):
    mood = two.post(f"{SONG}&mood=sad").json
    said = {"mode": "minor", "density": 15, "register": 50}
    assert {name: mood["origin"][name] for name in said} == said
    assert "mood" not in mood["origin"]
    assert mood == two.post(f"{SONG}&mode=minor&density=15&register=50").json


@pytest.mark.parametrize(
    ("query", "origin"),
    [
        ("mood=sad&density=90", {"mode": "minor", "density": 90, "register": 50}),
        ("mood=sad&mode=major", {"mode": "major", "density": 15, "register": 50}),
        ("mood=sad&key=C", {"key": "C", "density": 15, "register": 50}),
    ],
)
def test_what_is_sent_beside_a_mood_holds(two, query, origin):
    said = two.post(f"{SONG}&{query}").json["origin"]
    names = ("key", "mode", "density", "register")
    assert {name: said[name] for name in names if name in said} == origin


def test_notes_and_a_character_have_a_plan(two):
    assert "plan" not in two.post("/generate?game=zelda&seed=7&notes=40&format=json").json
    assert "plan" in two.post("/generate?game=zelda&seed=7&notes=40&key=C&format=json").json


def test_bars_that_have_a_target_have_more_candidates(two, loopback):
    def most_rows(query):
        loopback.calls.clear()
        two.post(f"{SONG}&ending=false{query}")
        decodes = [call for call in loopback.calls if call.model_spec.signature_name == "decode"]
        return max(call.inputs["token"].tensor_shape.dim[0].size for call in decodes)

    assert most_rows("") <= ROWS < TARGET_ROWS
    assert most_rows("&density=50") == TARGET_ROWS


def test_every_one_of_several_songs_has_the_character(two):
    ranked = two.post(f"{SONG}&songs=3&key=D&meter=4/4").json["songs"]
    songs = [each["song"] for each in ranked]
    assert len(songs) == 3
    assert {song["origin"]["key"] for song in songs} == {"D"}
    assert {song["time_signatures"][0]["numerator"] for song in songs} == {4}
