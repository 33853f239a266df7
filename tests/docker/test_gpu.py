"""The differences of model servers on GPUs."""

import pytest
import yaml

from tests.docker.deployment import KUBERNETES, compose, overlay_patch


def training_settings(part):
    said = yaml.safe_load((KUBERNETES / part / "kustomization.yaml").read_text())
    (generator,) = said["configMapGenerator"]
    return said, dict(literal.split("=") for literal in generator["literals"])


def test_models_for_gpus_are_trained_with_float32_weights():
    assert compose()["services"]["trainer-gpu"]["environment"]["WEIGHTS"] == "float32"
    said, settings = training_settings("training-gpu")
    assert said["resources"] == ["../training"]
    assert said["configMapGenerator"][0]["behavior"] == "merge"
    assert settings == {"WEIGHTS": "float32"}


def test_the_cpu_trainer_can_write_float32_weights():
    assert compose()["services"]["trainer"]["environment"]["WEIGHTS"] == "${WEIGHTS:-}"


def test_a_rollout_ends_although_every_gpu_is_taken():
    spec = overlay_patch("gpu", "Deployment", "model-server")["spec"]
    assert spec["strategy"]["rollingUpdate"] == {"maxSurge": 0, "maxUnavailable": 1}
    assert spec["replicas"] >= 2  # one answers while the other is replaced


def test_replicas_on_gpus_have_a_fixed_number_without_an_autoscaler():
    scaler = overlay_patch("gpu", "HorizontalPodAutoscaler", "model-server")
    assert scaler["$patch"] == "delete"


@pytest.mark.parametrize("name", ["model-server-gpu", "trainer-gpu"])
def test_a_service_on_gpus_reserves_one(name):
    (device,) = compose()["services"][name]["deploy"]["resources"]["reservations"]["devices"]
    assert device == {"driver": "nvidia", "count": 1, "capabilities": ["gpu"]}
