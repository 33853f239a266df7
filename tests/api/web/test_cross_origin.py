"""CORS: pages of the origins that the operator lists may call the service, and no others."""

from dataclasses import replace

import pytest

from api import create_app
from api.access.rate_limit import Rate
from api.web.cross_origin import RESPONSE_HEADERS
from tests.api.contract import CONTRACT

SONG = "/generate?game=zelda&seed=7&notes=5"
GAME, OTHER = "https://game.example", "https://other.example"
KEY = "first-key-of-some-length"
PREFLIGHT = {
    "Access-Control-Request-Method": "POST",
    "Access-Control-Request-Headers": "authorization,content-type",
}


@pytest.fixture
def changed(config):
    """Build the app with other settings, and give its client."""

    def client(*origins, **settings):
        return create_app(replace(config, cors_origins=origins, **settings)).test_client()

    return client


@pytest.mark.parametrize(
    ("origins", "origin", "allowed"),
    [
        ((), GAME, None),
        ((GAME,), GAME, GAME),
        ((GAME, OTHER), OTHER, OTHER),
        ((GAME,), OTHER, None),
        ((GAME,), "null", None),
        ((GAME,), f"{GAME}.evil.example", None),
        ((GAME,), GAME.upper(), None),
        ((GAME,), None, None),
        (("*",), GAME, "*"),
        (("*",), None, "*"),
    ],
)
@pytest.mark.parametrize("path", [SONG, "/games", "/generate?game=metroid", "/nowhere"])
def test_a_page_of_a_listed_origin_may_read_every_response(changed, origins, origin, allowed, path):
    headers = {"Origin": origin} if origin else {}
    response = changed(*origins).get(path, headers=headers)
    assert response.headers.get("Access-Control-Allow-Origin") == allowed
    assert ("Access-Control-Expose-Headers" in response.headers) == (allowed is not None)
    depends = origins not in {(), ("*",)}
    assert ("Origin" in response.headers.get("Vary", "")) == depends
    assert "Access-Control-Allow-Credentials" not in response.headers


def test_pages_of_other_origins_never_read_the_metrics(changed):
    response = changed("*").get("/metrics", headers={"Origin": GAME})
    assert "Access-Control-Allow-Origin" not in response.headers


OURS = ("Leitmotif", "RateLimit")


def test_a_page_may_read_all_headers_of_a_song(changed):
    response = changed(GAME).get(SONG, headers={"Origin": GAME})
    exposed = response.headers["Access-Control-Expose-Headers"].split(", ")
    described = {name for name in CONTRACT["components"]["headers"] if name.startswith(OURS)}
    assert {*described, "ETag", "Content-Disposition", "Retry-After", "X-Request-Id"} == {*exposed}
    assert exposed == list(RESPONSE_HEADERS)


@pytest.mark.parametrize("settings", [{}, {"api_keys": (KEY,)}], ids=["open", "with keys"])
def test_a_preflight_needs_no_key_and_costs_nothing(changed, loopback, settings):
    client = changed(GAME, rate_limit=Rate(1, "day"), workers=1, **settings)
    for _ in range(3):
        response = client.options(SONG, headers={"Origin": GAME, **PREFLIGHT})
        assert (response.status_code, response.data) == (200, b"")
        headers = response.headers
        assert headers["Access-Control-Allow-Origin"] == GAME
        assert headers["Access-Control-Allow-Methods"] == "GET, HEAD, OPTIONS, POST"
        assert headers["Access-Control-Allow-Headers"] == (
            "Authorization, Content-Type, If-None-Match, Last-Event-ID, X-API-Key, X-Request-Id"
        )
        assert headers["Access-Control-Max-Age"] == "7200"
    assert not loopback.request_ids
    key = {"Authorization": f"Bearer {KEY}", "Origin": GAME}
    assert [client.get(SONG, headers=key).status_code for _ in range(2)] == [200, 429]


@pytest.mark.parametrize("origin", [OTHER, None])
def test_a_preflight_of_another_origin_allows_nothing(changed, origin):
    headers = {**PREFLIGHT, **({"Origin": origin} if origin else {})}
    response = changed(GAME).options(SONG, headers=headers)
    assert response.status_code == 200
    assert not [name for name in response.headers.keys() if name.startswith("Access-Control")]  # noqa: SIM118


@pytest.mark.parametrize("status", [401, 429])
def test_a_page_can_read_why_it_was_refused(changed, status):
    keys = (KEY,) if status == 401 else ()
    client = changed(GAME, api_keys=keys, rate_limit=Rate(1, "day"), workers=1)
    client.get(SONG)
    response = client.get(SONG, headers={"Origin": GAME})
    assert response.status_code == status
    assert response.headers["Access-Control-Allow-Origin"] == GAME


@pytest.mark.parametrize("method", ["get", "head"])
def test_a_get_needs_the_key_and_counts_like_a_post(changed, method):
    client = changed(api_keys=(KEY,), rate_limit=Rate(2, "day"), workers=1)
    ask, key = getattr(client, method), {"Authorization": f"Bearer {KEY}"}
    assert ask(SONG).status_code == 401
    assert ask(f"{SONG}&key={KEY}").status_code == 401
    assert [ask(SONG, headers=key).status_code for _ in range(3)] == [200, 200, 429]


@pytest.mark.parametrize(
    ("query", "with_keys", "without"),
    [
        ("&seed=7", "no-cache, private", "no-cache"),
        ("&seed=7&version=1", "max-age=86400, private", "max-age=86400"),
        ("", "no-store, private", "no-store"),
    ],
)
def test_what_needs_a_key_is_kept_in_no_shared_cache(changed, query, with_keys, without):
    path, key = f"/generate?game=zelda&notes=5{query}", {"X-API-Key": KEY}
    private = changed(api_keys=(KEY,)).get(path, headers=key)
    assert private.headers["Cache-Control"] == with_keys
    assert changed().get(path).headers["Cache-Control"] == without
