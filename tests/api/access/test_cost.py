"""What a song costs of its caller's rate limit."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.access.cost import song_cost
from api.access.rate_limit import Rate
from api.formats.registry import FORMATS, STREAMS
from music.composing.brief import Brief
from tests.api.problems import assert_problem

EFFORTS = {form.name: form.effort for form in (*FORMATS, *STREAMS)}


def test_audio_and_scores_cost_more_than_notes():
    assert {
        **dict.fromkeys(("midi", "json", "sse", "ndjson"), 1),
        **dict.fromkeys(("wav", "ogg"), 5),
        **dict.fromkeys(("musicxml", "svg"), 10),
        "zip": 20,
    } == EFFORTS


@pytest.mark.parametrize(
    ("asked", "form", "songs", "cost"),
    [
        ({}, "midi", 1, 1),
        ({"notes": 16}, "midi", 1, 1),
        ({"notes": 500}, "midi", 1, 1),
        ({"notes": 501}, "midi", 1, 2),
        ({"notes": 4000}, "svg", 1, 80),
        ({"notes": 4000}, "svg", 16, 1280),
        ({"notes": 16}, "wav", 1, 5),
        ({"seconds": 0.5}, "midi", 1, 1),
        ({"seconds": 600}, "ogg", 1, 50),  # 4,800 notes
        ({"bars": 32}, "midi", 1, 2),  # 512 notes
        ({"bars": 28, "intro_bars": 3}, "json", 8, 8),
    ],
)
def test_a_song_costs_by_its_length_and_its_format(asked, form, songs, cost):
    assert song_cost(Brief(seed=1, **asked), EFFORTS[form], songs) == cost


@given(st.integers(1, 4000), st.integers(1, 4000), st.integers(1, 3), st.integers(1, 16))
def test_more_notes_never_cost_less(few, added, effort, songs):
    costs = [song_cost(Brief(seed=1, notes=notes), effort, songs) for notes in (few, few + added)]
    assert songs * effort <= costs[0] <= costs[1]


@pytest.fixture
def client(limited):
    return limited(Rate(10, "hour"))


def post(client, **asked):
    return client.post("/generate", json={"game": "zelda", **asked})


def headers_of(response):
    return {
        name: response.headers[name] for name in ("RateLimit-Policy", "RateLimit", "Leitmotif-Cost")
    }


def test_a_response_says_what_it_cost_and_what_is_left(client):
    assert headers_of(post(client, notes=16)) == {
        "RateLimit-Policy": '"songs";q=10;w=3600',
        "RateLimit": '"songs";r=9;t=3600',
        "Leitmotif-Cost": "1",
    }
    headers = headers_of(post(client, notes=40, format="wav"))
    assert headers["Leitmotif-Cost"] == "5"
    assert headers["RateLimit"].startswith('"songs";r=4;t=')


def test_a_refusal_names_the_cost_and_what_would_fit(client, loopback):
    post(client, notes=1000)
    loopback.calls.clear()
    refused = post(client, notes=2000, format="svg")
    assert_problem(refused, 429, "too-many-requests")
    assert refused.json["detail"] == (
        "The rate limit of 10/hour is exceeded: this request costs 10 units, and 8 are left; retry "
        "later, or request fewer songs, fewer notes or another format."
    )
    assert headers_of(refused)["Leitmotif-Cost"] == "1"
    assert headers_of(refused)["RateLimit"].startswith('"songs";r=7;t=')
    assert not loopback.calls
    assert post(client, notes=3500).status_code == 200  # the 7 that are left
    assert post(client, notes=1).status_code == 429


def test_a_song_never_costs_more_than_the_whole_limit(limited):
    client = limited(Rate(1, "hour"))
    assert post(client, notes=40, format="svg").headers["Leitmotif-Cost"] == "1"
    assert post(client, notes=1).status_code == 429


@pytest.mark.parametrize(
    ("asked", "status"), [({"notes": 0, "format": "svg"}, 422), ({"game": "metroid"}, 404)]
)
def test_an_invalid_request_costs_one_unit(client, asked, status):
    refused = post(client, **asked)
    assert refused.status_code == status
    assert headers_of(refused)["Leitmotif-Cost"] == "1"


def test_a_song_that_the_caller_has_costs_one_unit(client):
    asked = {"game": "zelda", "seed": 1, "notes": 501}
    tag = client.post("/generate", json=asked).headers["ETag"]
    unchanged = client.post("/generate", json=asked, headers={"If-None-Match": tag})
    assert (unchanged.status_code, headers_of(unchanged)["Leitmotif-Cost"]) == (304, "1")


def test_a_stream_costs_as_the_song(client):
    asked = {"game": "zelda", "notes": 501, "format": "ndjson"}
    assert client.post("/generate", json=asked).headers["Leitmotif-Cost"] == "2"


def test_without_a_limit_nothing_costs(limited):
    response = post(limited(None), notes=4)
    assert not {"RateLimit-Policy", "RateLimit", "Leitmotif-Cost"} & set(response.headers.keys())
