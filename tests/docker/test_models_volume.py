"""The volume of models: its owner, and its contents before the first training."""

import subprocess
from pathlib import Path

import pytest
from google.protobuf import text_format
from tensorflow_serving.config import model_server_config_pb2

from tests.docker.deployment import ROOT, compose, pod

EMPTY_LIST = "model_config_list {}\n"
PUBLISHED = 'model_config_list {\n  config {\n    name: "bach"\n  }\n}\n'
SCRIPTS = [
    pytest.param(compose()["services"]["models"]["entrypoint"], id="compose"),
    pytest.param(
        pod("Deployment", "model-server")["initContainers"][0]["command"], id="kubernetes"
    ),
]
# A training that publishes as soon as the script has looked whether there is a list.
PUBLISH_AFTER_THE_LOOK = """
function [ {{
    builtin [ "$@"
    local found=$?
    printf '%s' '{text}' > {folder}/beside && mv {folder}/beside {folder}/models.config
    return "$found"
}}
"""


def run_script(command: list[str], folder: Path, before: str = ""):
    """Run a container's command with another folder as /models; `before` needs bash."""
    shell, option, script = command
    script = before + script.replace("/models/", f"{folder}/")
    shell = "bash" if before else shell
    return subprocess.run(
        [shell, option, script], capture_output=True, check=False, text=True, timeout=30
    )


@pytest.mark.parametrize("command", SCRIPTS)
def test_before_any_training_the_list_of_models_is_empty(command, tmp_path):
    finished = run_script(command, tmp_path)
    assert finished.returncode == 0, finished.stderr
    text = (tmp_path / "models.config").read_text()
    assert text == EMPTY_LIST
    config = text_format.Parse(text, model_server_config_pb2.ModelServerConfig())
    assert config.WhichOneof("config") == "model_config_list"


@pytest.mark.parametrize("command", SCRIPTS)
def test_a_list_that_is_there_stays_as_it_is(command, tmp_path):
    (tmp_path / "models.config").write_text(PUBLISHED)
    assert run_script(command, tmp_path).returncode == 0
    assert (tmp_path / "models.config").read_text() == PUBLISHED


@pytest.mark.parametrize("command", SCRIPTS)
def test_a_list_that_is_published_meanwhile_is_not_overwritten(command, tmp_path):
    publish = PUBLISH_AFTER_THE_LOOK.format(text=PUBLISHED, folder=tmp_path)
    finished = run_script(command, tmp_path, before=publish)
    assert finished.returncode == 0, finished.stderr
    assert (tmp_path / "models.config").read_text() == PUBLISHED


@pytest.mark.parametrize("command", SCRIPTS)
def test_a_volume_with_another_owner_is_reported_with_the_documentation(command, tmp_path):
    finished = run_script(command, tmp_path / "not-writable")
    assert finished.returncode == 1
    assert "user 10001 cannot write to the volume: docs/production.md, Volumes" in finished.stderr
    assert "\n### Volumes\n" in (ROOT / "docs" / "production.md").read_text()


@pytest.mark.parametrize("command", SCRIPTS)
def test_a_list_for_another_folder_is_reported_with_the_documentation(command, tmp_path):
    """TensorFlow Serving would wait for them for ever, and never open its port."""
    (tmp_path / "models.config").write_text(
        'config {\n  name: "a"\n  base_path: "/home/a/models/a"\n}\n'
        f'config {{\n  name: "b"\n  base_path: "{tmp_path}/b"\n}}\n'
    )
    finished = run_script(command, tmp_path)
    assert finished.returncode == 1
    assert finished.stdout == '  base_path: "/home/a/models/a"\n'
    assert "another folder" in finished.stderr
    assert "docs/production.md, Versions" in finished.stderr
    assert "\n## Versions\n" in (ROOT / "docs" / "production.md").read_text()


def test_compose_and_kubernetes_run_the_same_script():
    in_compose, in_cluster = (each.values[0][-1] for each in SCRIPTS)
    assert in_compose == in_cluster


@pytest.mark.parametrize("name", compose()["services"])
def test_only_an_image_with_the_users_models_folder_sets_the_owner_of_a_new_volume(name):
    """Docker copies what an image has at the mount point, with its owner, into an empty volume."""
    service = compose()["services"][name]
    (mount,) = [v for v in service["volumes"] if v.startswith("models:")]
    options = mount.split(":")[2:]
    is_ours = service["image"].startswith(
        "leitmotif-"
    )  # their Dockerfiles give /models to the user
    assert is_ours or any("nocopy" in option.split(",") for option in options)
