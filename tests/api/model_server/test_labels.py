"""The version that composes, by its label."""

import pytest

from tests.api.loopback import write_labels

SONG = "/generate?game=zelda&seed=7&notes=60"


@pytest.fixture
def labelled(config, loopback):
    write_labels(config.models_config, zelda={"stable": 1, "canary": 3})
    loopback.versions["zelda"] = {1: "AVAILABLE", 2: "AVAILABLE", 3: "AVAILABLE"}


@pytest.mark.usefixtures("labelled")
@pytest.mark.parametrize(("label", "version"), [("stable", "1"), ("canary", "3")])
@pytest.mark.parametrize("form", ["midi", "ndjson"])
def test_the_version_with_the_label_composes(client, loopback, label, version, form):
    response = client.post(f"{SONG}&version={label}&format={form}")
    assert (response.status_code, response.headers["Leitmotif-Model-Version"]) == (200, version)
    assert len(response.data) > 100
    assert {str(call.model_spec.version.value) for call in loopback.calls} == {version}


@pytest.mark.usefixtures("labelled")
def test_a_cached_song_of_a_label_is_a_304(client):
    tag = client.post(f"{SONG}&version=stable").headers["ETag"]
    same = client.post(f"{SONG}&version=stable", headers={"If-None-Match": tag})
    other = client.post(f"{SONG}&version=canary", headers={"If-None-Match": tag})
    assert (same.status_code, other.status_code) == (304, 200)


@pytest.mark.usefixtures("labelled")
def test_a_label_that_moves_is_seen_by_the_next_request(client, config):
    assert client.post(f"{SONG}&version=stable").headers["Leitmotif-Model-Version"] == "1"
    write_labels(config.models_config, zelda={"stable": 2, "canary": 3})
    assert client.post(f"{SONG}&version=stable").headers["Leitmotif-Model-Version"] == "2"


@pytest.mark.parametrize(
    ("labels", "there"), [({}, "no label"), ({"zelda": {"canary": 1}}, "canary")]
)
def test_a_label_that_no_version_has_is_refused(client, config, labels, there):
    write_labels(config.models_config, **labels)
    response = client.post(f"{SONG}&version=stable")
    assert response.status_code == 422
    assert response.json["parameter"] == "version"
    assert response.json["detail"] == (
        f"No version of 'zelda' has the label stable; its versions have {there}."
    )


def test_a_label_that_there_is_not_is_refused_with_those_that_there_are(client):
    response = client.post(f"{SONG}&version=newest")
    assert response.status_code == 422
    assert (
        response.json["detail"] == "version must be a version's number, or one of stable, canary."
    )


@pytest.mark.usefixtures("labelled")
def test_a_labelled_version_that_is_not_loaded_is_a_503(client, loopback):
    loopback.versions["zelda"] = {1: "AVAILABLE", 3: "LOADING"}
    response = client.post(f"{SONG}&version=canary")
    assert (response.status_code, response.headers["Retry-After"]) == (503, "5")
    assert client.post(f"{SONG}&version=stable").status_code == 200


@pytest.mark.usefixtures("labelled")
@pytest.mark.parametrize("form", ["midi", "ndjson"])
def test_by_default_the_promoted_version_composes(client, form):
    assert client.post(f"{SONG}&format={form}").headers["Leitmotif-Model-Version"] == "1"
    (game,) = client.get("/games").json["games"]
    assert (game["version"], game["state"]) == (1, "AVAILABLE")


def test_by_default_and_without_promotion_the_newest_version_composes(client, config, loopback):
    loopback.versions["zelda"] = {2: "AVAILABLE", 3: "AVAILABLE", 4: "LOADING"}
    write_labels(config.models_config, zelda={"canary": 4})
    assert client.post(SONG).headers["Leitmotif-Model-Version"] == "3"


@pytest.mark.usefixtures("labelled")
@pytest.mark.parametrize("state", ["LOADING", "END", None])
def test_while_the_promoted_version_is_not_ready_the_newest_ready_one_composes(
    client, loopback, state
):
    loopback.versions["zelda"] = {2: "AVAILABLE", 3: "LOADING"} | ({1: state} if state else {})
    assert client.post(SONG).headers["Leitmotif-Model-Version"] == "2"
    loopback.versions["zelda"] = {1: "AVAILABLE", 2: "AVAILABLE", 3: "AVAILABLE"}
    assert client.post(SONG).headers["Leitmotif-Model-Version"] == "1"


@pytest.mark.usefixtures("labelled")
def test_if_no_version_is_ready_the_promoted_one_is_reported(client, loopback):
    loopback.versions["zelda"] = {1: "LOADING", 3: "LOADING"}
    answer = client.post(SONG)
    assert answer.status_code == 503
    assert answer.json["detail"].startswith("Version 1 of 'zelda' is not ready (LOADING)")


def test_labels_that_cannot_be_read_cost_no_song(client, config):
    config.models_config.with_name("labels.json").write_text("{")
    assert client.post(SONG).status_code == 200
    assert client.post(f"{SONG}&version=stable").status_code == 422
