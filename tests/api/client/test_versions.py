"""The client and the API tell each other their versions."""

import json

import pytest

from api.client.leitmotif_client import (
    IncompatibleError,
    Leitmotif,
    ProblemError,
    __version__,
    versions,
)
from api.http.openapi import document
from api.version import HEADER, VERSION
from tests.api.client.support import FINE
from tests.api.serving import answer, playing

SONG = "/generate?game=zelda&seed=7&notes=5"
NEEDED = rf"leitmotif-client {__version__} needs an API of version 1, 1\.0 or newer"


def test_the_client_of_this_repository_fits_its_api():
    assert (versions.HEADER, versions.misfit(VERSION)) == (HEADER, None)


@pytest.mark.parametrize("path", ["/games", "/healthz", "/nowhere", "/openapi.json", "/"])
def test_every_response_has_the_version_of_the_contract(client, path):
    assert client.get(path).headers[HEADER] == VERSION
    assert client.post(SONG).headers[HEADER] == VERSION == document()["info"]["version"]


def test_the_client_sends_its_version():
    with playing(FINE) as (address, requests):
        Leitmotif(address).generate("zelda")
    assert requests[0][1]["User-Agent"].startswith(f"leitmotif-client/{__version__} Python/3.")


@pytest.mark.parametrize(
    ("user_agent", "logged"),
    [
        (versions.USER_AGENT, __version__),
        ("leitmotif-client/1.22.333", "1.22.333"),
        ("leitmotif-client/1.2", None),
        ("leitmotif-client/\x1b.0.0", None),
        ("curl/8 leitmotif-client/1.2.3", None),
    ],
)
def test_the_log_has_the_version_of_the_client(client, caplog, user_agent, logged):
    caplog.set_level("INFO")
    client.post(SONG, headers={"User-Agent": user_agent})
    (line,) = (record for record in caplog.records if record.name == "api.telemetry.access_log")
    assert line.members.get("client") == logged


@pytest.mark.parametrize("version", ["1.0", "1.1", "1.999"])
def test_an_api_of_the_same_major_version_is_used(version):
    listing = answer(200, b'{"games": []}', Leitmotif_Api_Version=version)
    with playing(listing) as (address, _):
        assert Leitmotif(address).games() == ()


@pytest.mark.parametrize("status", [200, 422])
@pytest.mark.parametrize(
    ("version", "message"),
    [
        ("0.9", rf"^The API has version 0\.9, which is too old: {NEEDED}\. Update the API\.$"),
        ("2.0", rf"^The API has version 2\.0, which is too new: {NEEDED}\. Install the client "),
        ("1", rf"^What answers at this address is not Leitmotif, or it is too old: {NEEDED}\.$"),
    ],
)
def test_an_api_that_does_not_fit_is_an_error_that_says_what_to_update(status, version, message):
    with (
        playing(answer(status, b'{"games": []}', Leitmotif_Api_Version=version)) as (address, _),
        pytest.raises(IncompatibleError, match=message),
    ):
        Leitmotif(address).games()


def test_an_api_without_a_version_is_too_old():
    listing = answer(200, b'{"games": []}', Leitmotif_Api_Version=None)
    with playing(listing) as (address, _), pytest.raises(IncompatibleError, match="too old"):
        Leitmotif(address).games()


def test_the_error_page_of_a_proxy_has_no_version():
    body = json.dumps({"detail": "Nobody is there."}).encode()
    page = answer(502, body, Content_Type="application/problem+json", Leitmotif_Api_Version=None)
    with playing(page) as (address, _), pytest.raises(ProblemError, match="Nobody is there"):
        Leitmotif(address).games()
