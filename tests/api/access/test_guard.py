"""Authentication, the rate limit and the song slots."""

import json
from contextlib import suppress
from dataclasses import replace
from threading import Event, Thread

import pytest

from api import create_app
from api.access.rate_limit import Rate
from api.access.song_slots import SongSlots
from api.errors import BadParameterError, TooManySongsError
from api.telemetry.metrics import Metrics
from tests.api.problems import assert_problem

SONG = "/generate?game=zelda&notes=5"
KEYS = ("first-key-of-some-length", "second-key/of+some=length")
BEARER = {"Authorization": f"Bearer {KEYS[0]}"}
OPEN = ("/games", "/healthz", "/readyz", "/metrics")


@pytest.fixture
def changed(config):
    """Build the app with other settings, and give its client."""

    def client(**settings):
        return create_app(replace(config, **settings)).test_client()

    return client


@pytest.mark.parametrize(
    "headers",
    [
        BEARER,
        {"Authorization": f"bearer   {KEYS[1]}"},
        {"X-API-Key": KEYS[0]},
        {"X-API-Key": KEYS[1]},
    ],
)
def test_a_caller_with_a_key_composes(changed, headers):
    assert changed(api_keys=KEYS).post(SONG, headers=headers).status_code == 200


@pytest.mark.parametrize(
    ("headers", "says"),
    [
        ({}, "An API key is required; "),
        ({"Authorization": f"Basic {KEYS[0]}"}, "An API key is required; "),
        ({"Authorization": "Bearer"}, "An API key is required; "),
        ({"Authorization": f"Bearer{KEYS[0]}"}, "An API key is required; "),
        ({"X-API-Key": ""}, "An API key is required; "),
        ({"X-API-Key": KEYS[0][:-1]}, "The API key is not accepted; "),
        ({"X-API-Key": KEYS[0].upper()}, "The API key is not accepted; "),
        ({"X-API-Key": ",".join(KEYS)}, "The API key is not accepted; "),
        ({"X-API-Key": "clé-de-la-forêt-perdue"}, "The API key is not accepted; "),
        ({"Authorization": "Bearer wrong", "X-API-Key": KEYS[0]}, "The API key is not accepted"),
    ],
)
def test_a_caller_without_a_key_of_ours_is_a_401(changed, loopback, caplog, headers, says):
    caplog.set_level("DEBUG")
    response = changed(api_keys=KEYS).post(SONG, headers=headers)
    assert_problem(response, 401, "unauthorized")
    assert response.headers["WWW-Authenticate"] == "Bearer"
    assert response.json["detail"].startswith(says)
    assert not loopback.request_ids
    for said in (*KEYS, "wrong", "clé", KEYS[0][:-1], KEYS[0].upper()):
        assert said not in response.text + caplog.text


def test_a_key_is_required_before_other_errors_are_reported(changed):
    assert_problem(changed(api_keys=KEYS).post("/generate?secret=1"), 401, "unauthorized")


def test_a_key_given_in_the_query_is_no_key(changed):
    assert_problem(changed(api_keys=KEYS).post(f"{SONG}&key={KEYS[0]}"), 401, "unauthorized")


@pytest.mark.parametrize("path", OPEN)
def test_only_composing_needs_a_key(changed, path):
    assert changed(api_keys=KEYS).get(path).status_code == 200


def test_without_authentication_a_key_has_no_effect(changed):
    client = changed(rate_limit=Rate(1, "day"))
    assert client.post(SONG, headers=BEARER).status_code == 200
    assert_problem(client.post(SONG, headers={"X-API-Key": "another"}), 429, "too-many-requests")


def test_beyond_the_rate_limit_a_429_has_retry_after(changed, loopback):
    client = changed(rate_limit=Rate(3, "hour"), workers=1)
    assert [client.post(SONG).status_code for _ in range(3)] == [200] * 3
    loopback.calls.clear()
    response = client.post(SONG)
    assert_problem(response, 429, "too-many-requests")
    assert response.json["detail"] == ("The rate limit of 3/hour is exceeded; retry later.")
    assert 3000 < int(response.headers["Retry-After"]) <= 3600
    assert not loopback.calls


def test_a_worker_allows_its_share(changed):
    client = changed(rate_limit=Rate(3, "hour"), workers=2)
    assert [client.post(SONG).status_code for _ in range(3)] == [200, 200, 429]


def test_refused_requests_count_towards_the_limit(changed):
    client = changed(rate_limit=Rate(2, "hour"), workers=1)
    assert [client.post("/generate").status_code for _ in range(3)] == [422, 422, 429]


@pytest.mark.parametrize("path", [*OPEN, "/nowhere"])
def test_only_composing_is_limited(changed, path):
    client = changed(rate_limit=Rate(1, "day"))
    assert len({client.get(path).status_code for _ in range(5)}) == 1


def test_each_key_has_its_own_limit_and_a_wrong_key_uses_none(changed):
    client = changed(rate_limit=Rate(1, "day"), api_keys=KEYS, workers=1)
    for _ in range(3):
        assert client.post(SONG, headers={"X-API-Key": "wrong"}).status_code == 401
    for key in KEYS:
        statuses = [client.post(SONG, headers={"X-API-Key": key}).status_code for _ in range(2)]
        assert statuses == [200, 429]


def from_address(client, address, **headers):
    environ = {"REMOTE_ADDR": address}
    return client.post(SONG, environ_overrides=environ, headers=headers).status_code


@pytest.mark.parametrize(
    ("first", "second", "status"),
    [
        ("192.0.2.1", "192.0.2.1", 429),
        ("192.0.2.1", "192.0.2.2", 200),
        ("2001:db8::1", "2001:db8::ffff:2", 429),  # one network, and so one caller
        ("2001:db8:0:1::1", "2001:db8:0:2::1", 200),
        ("::ffff:192.0.2.1", "192.0.2.1", 429),
        ("::ffff:192.0.2.1", "::ffff:192.0.2.2", 200),
        ("", "", 429),
    ],
)
def test_without_keys_a_caller_is_an_address(changed, first, second, status):
    client = changed(rate_limit=Rate(1, "day"))
    assert from_address(client, first) == 200
    assert from_address(client, second) == status


def test_forwarded_addresses_are_trusted_only_from_trusted_proxies(changed):
    rate = Rate(1, "day")
    said = [{"X-Forwarded-For": f"192.0.2.{n}"} for n in range(2)]
    unproxied, proxied = changed(rate_limit=rate), changed(rate_limit=rate, trusted_proxies=1)
    assert [from_address(unproxied, "127.0.0.1", **header) for header in said] == [200, 429]
    assert [from_address(proxied, "127.0.0.1", **header) for header in said] == [200, 200]
    forged = {"X-Forwarded-For": "198.51.100.7, 192.0.2.0"}  # the last is what the proxy adds
    assert from_address(proxied, "127.0.0.1", **forged) == 429


def test_refused_requests_do_not_shorten_the_wait_for_a_slot():
    slots = SongSlots(1, Metrics())
    for _ in range(20):
        with suppress(BadParameterError), slots.taken():
            raise BadParameterError("bars must be fewer.", "bars")
    with slots.taken():
        waits_s = [wait_for_a_slot_s(slots) for _ in range(20)]
    assert waits_s == sorted(waits_s)
    assert waits_s[-1] > 5  # a song counts as one second until one has finished


def wait_for_a_slot_s(slots: SongSlots) -> int:
    with pytest.raises(TooManySongsError) as refusal, slots.taken():
        pass
    return refusal.value.retry_after_s


def test_more_songs_than_fit_are_sent_away_at_once(changed, loopback):
    client, begun, may_go_on = changed(songs=1), Event(), Event()

    def hold(_):
        begun.set()
        assert may_go_on.wait(30)

    loopback.after_draw = hold
    statuses = []
    first = Thread(target=lambda: statuses.append(client.post(SONG).status_code))
    first.start()
    assert begun.wait(30)
    refused = client.post(SONG)
    assert_problem(refused, 503, "too-many-songs")
    assert refused.headers["Retry-After"] == "1"
    assert "leitmotif_songs_in_flight 1.0" in client.get("/metrics").text
    may_go_on.set()
    first.join(30)
    assert statuses == [200]
    assert client.post(SONG).status_code == 200
    assert "leitmotif_songs_in_flight 0.0" in client.get("/metrics").text


def test_a_stream_counts_until_it_is_read_to_its_end(changed):
    client = changed(songs=1)
    stream = client.post(f"{SONG}&format=ndjson")
    assert_problem(client.post(SONG), 503, "too-many-songs")
    assert [json.loads(line)["event"] for line in stream.text.splitlines()][-1] == "end"
    assert client.post(SONG).status_code == 200


@pytest.mark.parametrize("form", ["midi", "wav", "ogg", "json"])
def test_a_finished_song_counts_until_it_is_sent(changed, form):
    client = changed(songs=1)
    song = client.post(f"{SONG}&format={form}")
    assert_problem(client.post(SONG), 503, "too-many-songs")
    assert song.content_length in {len(song.data), None}  # Vorbis tells its length at its end
    assert client.post(SONG).get_data()
    client.post(f"{SONG}&format={form}").close()
    assert client.post(SONG).status_code == 200


def test_a_stream_counts_until_its_caller_hangs_up(changed):
    client = changed(songs=1)
    begun = client.post(f"{SONG}&format=ndjson&notes=500".replace("notes=5&", ""), buffered=False)
    next(iter(begun.iter_encoded()))
    assert_problem(client.post(SONG), 503, "too-many-songs")
    begun.close()
    assert client.post(SONG).status_code == 200


def test_a_stream_disconnected_before_its_first_event_frees_its_slot(changed):
    client = changed(songs=1)
    client.post(f"{SONG}&format=ndjson").close()
    assert client.post(SONG).status_code == 200


@pytest.mark.parametrize("form", ["midi", "ndjson"])
def test_a_song_that_fails_counts_no_longer(changed, loopback, form):
    client = changed(songs=1)
    loopback.versions["zelda"] = {1: "LOADING"}
    assert client.post(f"{SONG}&format={form}").status_code == 503
    loopback.versions["zelda"] = {1: "AVAILABLE"}
    assert client.post(SONG).status_code == 200


def test_a_song_that_one_has_already_needs_no_place(changed):
    client = changed(songs=1)
    tag = client.post(f"{SONG}&seed=1").headers["ETag"]
    stream = client.post(f"{SONG}&format=ndjson")
    unchanged = client.post(f"{SONG}&seed=1", headers={"If-None-Match": tag})
    assert unchanged.status_code == 304
    stream.close()
