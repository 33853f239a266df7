"""The version that composes, by its number: an old one returns its old songs."""

import json

import pytest

from api.formats.registry import FORMAT_NAMES
from tests.api.loopback import write_labels
from tests.api.problems import assert_problem

SONG = "/generate?game=zelda&seed=7&notes=60"


@pytest.fixture
def trained_again(loopback):
    """Return what publishes a version that composes other songs; the older ones stay loaded."""

    def publish():
        loopback.versions["zelda"][2] = "AVAILABLE"
        loopback.salts["zelda", 2] = 5

    return publish


@pytest.fixture
def published(config, loopback):
    """Publish seven versions, of which 1, 3 and 6 are on disk, and 6 and 7 are served."""
    folder = config.models_config.parent
    folder.joinpath("versions.json").write_text('{"zelda": 7}')
    for version in (1, 3, 6):
        folder.joinpath("zelda", str(version)).mkdir(parents=True)
    loopback.versions["zelda"] = {6: "AVAILABLE", 7: "AVAILABLE"}
    return folder


@pytest.mark.parametrize("form", FORMAT_NAMES)
def test_an_old_version_that_is_loaded_gives_the_old_bytes_after_a_retraining(
    client, trained_again, form
):
    old = client.post(f"{SONG}&format={form}")
    trained_again()
    new = client.post(f"{SONG}&format={form}")
    again = client.post(f"{SONG}&format={form}&version=1")
    versions = [song.headers["Leitmotif-Model-Version"] for song in (old, new, again)]
    assert versions == ["1", "2", "1"]
    assert old.data == again.data != new.data
    assert old.headers.get("ETag") == again.headers.get("ETag")


def test_the_origin_of_a_song_is_a_request_that_returns_it(client, trained_again):
    song = client.post("/generate?game=zelda&format=json").json
    trained_again()
    again = client.post("/generate", json={**song["origin"], "format": "json"}).json
    assert (again["notes"], again["version"]) == (song["notes"], 1)


def test_a_song_that_one_has_is_a_304_also_by_the_number_of_its_version(client, trained_again):
    tag = {"If-None-Match": client.post(SONG).headers["ETag"]}
    trained_again()
    assert client.post(f"{SONG}&version=1", headers=tag).status_code == 304
    assert client.post(SONG, headers=tag).status_code == 200


def test_a_number_is_taken_from_json_and_a_form_too(client, trained_again):
    trained_again()
    body = {"game": "zelda", "notes": 20, "version": 1}
    for how in ({"json": body}, {"data": body}):
        assert client.post("/generate", **how).headers["Leitmotif-Model-Version"] == "1"


@pytest.mark.parametrize(
    "value", [0, -1, 1.5, 1 << 53, 10**30, "1", "newest", "", True, None, [1], {"stable": 1}]
)
def test_a_value_that_is_no_version_is_a_422(client, value):
    response = client.post("/generate", json={"game": "zelda", "version": value})
    assert_problem(response, 422, "bad-parameter")
    assert response.json["detail"] == (
        "version must be a version's number, or one of stable, canary."
    )


@pytest.mark.usefixtures("published")
@pytest.mark.parametrize("form", ["midi", "ndjson"])
@pytest.mark.parametrize(
    ("version", "status", "kind", "detail"),
    [
        (
            3,
            410,
            "version-gone",
            (
                "Version 3 of 'zelda' is kept, but not served. make promote GAME=zelda VERSION=3 "
                "serves it, as the default. Its versions that compose: 6, 7."
            ),
        ),
        (
            2,
            410,
            "version-gone",
            (
                "Version 2 of 'zelda' is not in the models folder any more. Its versions that "
                "compose: 6, 7."
            ),
        ),
        (
            8,
            422,
            "bad-parameter",
            "There is no version 8 of 'zelda'. Its versions that compose: 6, 7.",
        ),
    ],
)
def test_a_version_that_is_not_served_is_refused_with_what_would_help(
    client, loopback, form, version, status, kind, detail
):
    response = client.post(f"{SONG}&format={form}&version={version}")
    assert_problem(response, status, kind)
    assert (response.json["detail"], response.json["parameter"]) == (detail, "version")
    assert not loopback.calls


def test_without_a_record_of_numbers_versions_up_to_the_newest_count_as_removed(client, loopback):
    loopback.versions["zelda"] = {6: "AVAILABLE"}
    assert [client.post(f"{SONG}&version={n}").status_code for n in (5, 7)] == [410, 422]


@pytest.mark.usefixtures("published")
def test_a_version_that_was_unloaded_is_not_served_any_more(client, loopback):
    assert client.post(f"{SONG}&version=6").status_code == 200
    loopback.versions["zelda"][6] = "END"
    assert_problem(client.post(f"{SONG}&version=6"), 410, "version-gone")


@pytest.mark.usefixtures("published")
@pytest.mark.parametrize("state", ["LOADING", None])
def test_a_version_that_is_promoted_and_not_loaded_yet_is_a_503(client, config, loopback, state):
    write_labels(config.models_config, zelda={"stable": 3, "canary": 7})
    loopback.versions["zelda"] |= {3: state} if state else {}
    response = client.post(f"{SONG}&version=3")
    assert_problem(response, 503, "game-not-ready")
    assert response.json["detail"] == (
        f"Version 3 of 'zelda' is not ready ({state or 'UNKNOWN'}); try again in a moment."
    )


@pytest.mark.usefixtures("published")
def test_a_version_that_could_not_be_loaded_is_a_503_that_says_so(client, loopback):
    loopback.versions["zelda"][3] = "END"
    loopback.load_failure = "out of memory"
    response = client.post(f"{SONG}&version=3")
    assert_problem(response, 503, "game-not-ready")
    assert response.json["detail"] == "The model server could not load version 3 of 'zelda'."


@pytest.mark.usefixtures("published")
def test_a_version_that_is_unloaded_midway_is_gone_and_no_other_composes(client, loopback):
    loopback.after_draw = lambda _: loopback.versions["zelda"].pop(6, None)
    response = client.post(f"{SONG.replace('60', '400')}&version=6")
    assert_problem(response, 410, "version-gone")
    assert {call.model_spec.version.value for call in loopback.calls} == {6}


@pytest.mark.parametrize("content", ["", "[]", '{"zelda": "7"}', '{"zelda": 0}', '{"other": 7}'])
def test_a_record_of_numbers_that_cannot_be_read_costs_no_song(client, config, content):
    config.models_config.with_name("versions.json").write_text(content)
    assert client.post(f"{SONG}&version=1").status_code == 200
    assert client.post(f"{SONG}&version=2").status_code == 422


def test_the_version_of_a_game_that_there_is_not_is_a_404(client):
    assert_problem(client.post("/generate?game=metroid&version=1"), 404, "unknown-game")


def test_a_stream_by_an_old_version_says_so(client, trained_again):
    trained_again()
    song = json.loads(client.post(f"{SONG}&format=ndjson&version=1").text.splitlines()[0])
    assert (song["version"], song["origin"]["version"]) == (1, 1)
