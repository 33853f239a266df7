"""Which version composes, by its label."""

import pytest

CONFIG = """model_config_list { config {
  name: "zelda" base_path: "/models/zelda" model_platform: "tensorflow"
  version_labels { key: "stable" value: 1 } version_labels { key: "canary" value: 3 }
} }"""
SONG = "/generate?game=zelda&seed=7&notes=60"


@pytest.fixture
def labelled(config, loopback):
    config.models_config.write_text(CONFIG)
    loopback.versions["zelda"] = {1: "AVAILABLE", 2: "AVAILABLE", 3: "AVAILABLE"}


@pytest.mark.usefixtures("labelled")
@pytest.mark.parametrize(("label", "version"), [("stable", "1"), ("canary", "3")])
@pytest.mark.parametrize("form", ["midi", "ndjson"])
def test_the_version_with_the_label_composes(client, loopback, label, version, form):
    response = client.post(f"{SONG}&label={label}&format={form}")
    assert (response.status_code, response.headers["Leitmotif-Model-Version"]) == (200, version)
    assert len(response.data) > 100
    assert {str(call.model_spec.version.value) for call in loopback.calls} == {version}


@pytest.mark.usefixtures("labelled")
def test_who_has_the_song_of_a_label_already_is_told_so(client):
    tag = client.post(f"{SONG}&label=stable").headers["ETag"]
    same = client.post(f"{SONG}&label=stable", headers={"If-None-Match": tag})
    other = client.post(f"{SONG}&label=canary", headers={"If-None-Match": tag})
    assert (same.status_code, other.status_code) == (304, 200)


@pytest.mark.usefixtures("labelled")
def test_a_label_that_moves_is_seen_by_the_next_request(client, config):
    assert client.post(f"{SONG}&label=stable").headers["Leitmotif-Model-Version"] == "1"
    config.models_config.write_text(CONFIG.replace("value: 1 ", "value: 2 "))
    assert client.post(f"{SONG}&label=stable").headers["Leitmotif-Model-Version"] == "2"


def test_a_label_that_no_version_has_is_refused(client):
    response = client.post(f"{SONG}&label=stable")
    assert response.status_code == 422
    assert response.json["parameter"] == "label"
    assert response.json["detail"] == "No version of 'zelda' has the label stable."


def test_a_label_that_there_is_not_is_refused_with_those_that_there_are(client):
    response = client.post(f"{SONG}&label=newest")
    assert response.status_code == 422
    assert response.json["detail"] == "label must be one of stable, canary."


@pytest.mark.usefixtures("labelled")
def test_a_labelled_version_that_is_not_loaded_is_a_503(client, loopback):
    loopback.versions["zelda"] = {1: "AVAILABLE", 3: "LOADING"}
    response = client.post(f"{SONG}&label=canary")
    assert (response.status_code, response.headers["Retry-After"]) == (503, "5")
    assert client.post(f"{SONG}&label=stable").status_code == 200
