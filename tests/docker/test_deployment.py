"""Compose file, manifests, Dockerfiles, Makefile and the embedded server agree."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import kubernetes_validate
import pytest
import yaml

from api.__main__ import SPARE_SECONDS
from api.config import Config
from serving import flags as server_flags
from serving.batching import parameters as batching_parameters
from tests.docker.deployment import (
    DOCKER,
    KUBERNETES,
    MANIFESTS,
    ROOT,
    compose,
    container,
    dockerfile_words,
    documents,
    flags,
    manifests,
    pod,
    serve_flags,
)

KUBERNETES_VERSION = "1.32"
SERVER = ("Deployment", "model-server")
API = ("Deployment", "api")
TRAINING = ("Job", "training")
POD_OWNERS = (SERVER, API, TRAINING)
SERVER_PORT, METRICS_PORT, API_PORT = 8500, 8501, 8080
CUSTOM = "monitoring.coreos.com/v1"  # of which Kubernetes has no schema
PARTS = sorted(path.name for path in KUBERNETES.iterdir())


def run(*words):
    return subprocess.run(words, capture_output=True, check=False, cwd=ROOT, text=True, timeout=60)


def program(name):
    return Path(sys.executable).with_name(name)


def compose_server():
    return compose()["services"]["model-server"]


@pytest.mark.parametrize("path", sorted(DOCKER.glob("*.Dockerfile")), ids=lambda path: path.name)
def test_hadolint_finds_nothing(path):
    checked = run(program("hadolint"), path)
    assert (checked.returncode, checked.stdout) == (0, "")


def test_the_compose_file_is_one():
    checked = run(
        *(program("check-jsonschema"), "--builtin-schema", "vendor.compose-spec"),
        DOCKER / "compose.yaml",
    )
    assert checked.returncode == 0, checked.stdout


def test_the_workflow_of_github_is_one():
    checked = run(
        *(program("check-jsonschema"), "--builtin-schema", "vendor.github-workflows"),
        ROOT / ".github" / "workflows" / "ci.yaml",
    )
    assert checked.returncode == 0, checked.stdout


@pytest.mark.parametrize(
    "path", [p for p in MANIFESTS if p.parent.name != "gpu"], ids=lambda path: path.name
)
def test_a_manifest_is_valid_for_kubernetes(path):
    for document in documents(path):
        if document["apiVersion"] != CUSTOM:
            kubernetes_validate.validate(document, KUBERNETES_VERSION, strict=True)


@pytest.mark.skipif(
    not shutil.which("kubectl"), reason="kubectl, which builds overlays, is missing"
)
@pytest.mark.parametrize("part", PARTS)
def test_a_kustomization_builds_valid_manifests(part):
    built = run("kubectl", "kustomize", KUBERNETES / part)
    assert built.returncode == 0, built.stderr
    for document in yaml.safe_load_all(built.stdout):
        if document["apiVersion"] != CUSTOM:
            kubernetes_validate.validate(document, KUBERNETES_VERSION, strict=True)
        if document["kind"] != "Namespace":
            assert document["metadata"]["namespace"] == "leitmotif"
        if part == "gpu" and document["kind"] == "Deployment" and "serving" in str(document):
            assert "tensorflow/serving:2.20.0-gpu" in str(document)
            assert "'nvidia.com/gpu': '1'" in str(document)
        if part == "gpu" and document["kind"] == "HorizontalPodAutoscaler":
            assert document["metadata"]["name"] == "api"
        if part == "training-gpu" and document["kind"] == "ConfigMap":
            assert document["data"]["WEIGHTS"] == "float32"


@pytest.mark.parametrize("part", PARTS)
def test_every_manifest_belongs_to_a_kustomization(part):
    folder = KUBERNETES / part
    said = yaml.safe_load((folder / "kustomization.yaml").read_text())
    named = [*said["resources"], *(patch["path"] for patch in said.get("patches", ()))]
    named += [
        n for generator in said.get("configMapGenerator", ()) for n in generator.get("files", ())
    ]
    there = {path.name for path in folder.iterdir()} - {"kustomization.yaml"}
    assert {name for name in named if not name.startswith("..")} == there


def test_the_model_server_has_the_same_flags_everywhere():
    in_compose, in_cluster = flags(compose_server()["command"]), flags(container(*SERVER)["args"])
    assert in_compose == in_cluster
    here = serve_flags()
    paths = {"port", "model_config_file", "batching_parameters_file"}
    assert {k: v for k, v in here.items() if k not in paths} == {
        k: v for k, v in in_compose.items() if k in here and k not in paths
    }
    assert here.keys() <= in_compose.keys()
    assert in_compose["port"] == str(SERVER_PORT) == str(server_flags.Flags.port)


def test_the_embedded_server_knows_every_flag():
    parsed = server_flags.parse(compose_server()["command"])
    assert parsed.grpc_max_threads == 160
    assert parsed.tensorflow_inter_op_parallelism == -1


def test_the_model_server_is_of_the_minor_version_that_training_exports_for():
    images = [compose_server()["image"], compose()["services"]["model-server-gpu"]["image"]]
    images += [each["image"] for each in (container(*SERVER), *pod(*SERVER)["initContainers"])]
    minors = {re.search(r"/serving:(\d+\.\d+)\.\d+(-gpu)?$", image).group(1) for image in images}
    (locked,) = re.findall(
        r"^tensorflow==(\d+\.\d+)", (ROOT / "locks/training.txt").read_text(), re.MULTILINE
    )
    assert minors == {locked}


def test_the_model_servers_files_are_at_the_paths_of_its_flags():
    said = flags(compose_server()["command"])
    files = {said["batching_parameters_file"], said["monitoring_config_file"]}
    mounted = {config["target"]: config["source"] for config in compose_server()["configs"]}
    assert mounted.keys() == files
    for source in mounted.values():
        assert (DOCKER / compose()["configs"][source]["file"]).is_file()
    (volume,) = [m for m in container(*SERVER)["volumeMounts"] if m["name"] == "config"]
    in_cluster = manifests()["ConfigMap", "model-server"]["data"]
    assert {f"{volume['mountPath']}/{name}" for name in in_cluster} == files


def test_requests_are_merged_alike_everywhere(tmp_path):
    path = tmp_path / "batching_parameters.txt"
    path.write_text(manifests()["ConfigMap", "model-server"]["data"]["batching_parameters.txt"])
    ours = batching_parameters.read(ROOT / "serving" / "batching_parameters.txt")
    assert batching_parameters.read(path) == ours


def test_prometheus_reads_existing_ports_and_paths():
    plain = re.sub(r"#.*|\s", "", (DOCKER / "monitoring.config").read_text())
    in_cluster = manifests()["ConfigMap", "model-server"]["data"]["monitoring.config"]
    assert re.sub(r"\s", "", in_cluster) == plain
    monitors = {
        d["metadata"]["name"]: d for d in documents(KUBERNETES / "monitoring/monitors.yaml")
    }
    (endpoint,) = monitors["model-server"]["spec"]["endpoints"]
    assert f'path:"{endpoint["path"]}"' in plain
    assert flags(compose_server()["command"])["rest_api_port"] == str(METRICS_PORT)
    for name, monitor in monitors.items():
        service = manifests()["Service", name]
        assert service["metadata"]["labels"] == monitor["spec"]["selector"]["matchLabels"]
        assert monitor["spec"]["endpoints"][0]["port"] in {
            p["name"] for p in service["spec"]["ports"]
        }


def test_the_dashboard_is_json_and_asks_for_metrics_of_ours():
    dashboard = json.loads((KUBERNETES / "monitoring/leitmotif.json").read_text())
    asked = [target["expr"] for panel in dashboard["panels"] for target in panel["targets"]]
    assert all("leitmotif" in expression for expression in asked)


def test_the_models_lie_in_the_same_place_in_every_container():
    (folder,) = {
        *(
            word.partition("=")[2]
            for role in ("api", "trainer")
            for word in dockerfile_words(role, "ENV")
            if word.startswith("MODELS_DIR=")
        ),
        *(
            mount["mountPath"]
            for owner in POD_OWNERS
            for mount in container(*owner)["volumeMounts"]
            if mount["name"] == "models"
        ),
        *(
            volume.split(":")[1]
            for service in compose()["services"].values()
            for volume in service["volumes"]
            if volume.startswith("models:")
        ),
    }
    assert flags(compose_server()["command"])["model_config_file"] == f"{folder}/models.config"


def test_ports_are_the_same_everywhere():
    api, server = container(*API), container(*SERVER)
    assert dockerfile_words("api", "EXPOSE") == [str(API_PORT)]
    assert [port["containerPort"] for port in api["ports"]] == [API_PORT]
    assert [port["containerPort"] for port in server["ports"]] == [SERVER_PORT, METRICS_PORT]
    assert compose()["services"]["api"]["ports"][0].endswith(f":{API_PORT}")
    for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
        assert server[probe]["grpc"]["port"] == SERVER_PORT
    makefile = (ROOT / "Makefile").read_text()
    assert f"API_PORT ?= {API_PORT}\n" in makefile
    assert f"MODEL_SERVER_PORT ?= {SERVER_PORT}\n" in makefile
    policies = [manifests()["NetworkPolicy", name]["spec"] for name in ("api", "model-server")]
    assert [p["ingress"][0]["ports"][0]["port"] for p in policies] == [API_PORT, SERVER_PORT]


def test_the_api_asks_all_replicas_by_the_name_that_is_theirs():
    (in_cluster,) = [e["value"] for e in container(*API)["env"] if e["name"] == "MODEL_SERVER"]
    service = manifests()["Service", "model-server"]
    assert in_cluster == f"dns:///{service['metadata']['name']}:{SERVER_PORT}"
    assert service["spec"]["clusterIP"] == "None"
    assert compose()["services"]["api"]["environment"]["MODEL_SERVER"] == in_cluster
    assert compose_server()["networks"]["private"]["aliases"] == ["model-server"]


def pod_labels(owner):
    return manifests()[owner]["spec"]["template"]["metadata"]["labels"]


@pytest.mark.parametrize("owner", POD_OWNERS, ids="/".join)
def test_a_pod_may_do_no_more_than_it_must(owner):
    spec = pod(*owner)
    users = {dockerfile_words(role, "USER")[0] for role in ("api", "trainer")}
    uid, gid = (spec["securityContext"][k] for k in ("runAsUser", "runAsGroup"))
    assert users == {f"{uid}:{gid}"}
    assert spec["securityContext"]["runAsNonRoot"] is True
    assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert spec["automountServiceAccountToken"] is False
    assert spec["enableServiceLinks"] is False  # it would set our variables
    for each in (*spec["containers"], *spec.get("initContainers", ())):
        assert each["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }
        assert {"cpu", "memory"} <= each["resources"]["requests"].keys()
        assert "memory" in each["resources"]["limits"]


@pytest.mark.parametrize("name", compose()["services"])
def test_a_service_may_do_no_more_than_it_must(name):
    service = compose()["services"][name]
    assert service["user"] == dockerfile_words("api", "USER")[0]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["restart"] in ("unless-stopped", "no")
    assert "mem_limit" in service or name == "models"


@pytest.mark.parametrize("name", ["model-server", "api"])
def test_scaled_deployments_have_a_budget_and_are_spread(name):
    scaler = manifests()["HorizontalPodAutoscaler", name]["spec"]
    assert scaler["scaleTargetRef"]["name"] == name
    assert scaler["minReplicas"] > 1
    labels = pod_labels(("Deployment", name))
    assert manifests()["PodDisruptionBudget", name]["spec"]["selector"]["matchLabels"] == labels
    assert "replicas" not in manifests()["Deployment", name]["spec"]
    (spread,) = pod("Deployment", name)["topologySpreadConstraints"]
    assert spread["labelSelector"]["matchLabels"] == labels


def test_an_autoscaler_reads_metrics_that_the_docs_tell_to_install():
    scalers = [each for (kind, _), each in manifests().items() if kind == "HorizontalPodAutoscaler"]
    assert {metric["type"] for each in scalers for metric in each["spec"]["metrics"]} == {
        "Resource"
    }
    needed = (ROOT / "docs" / "production.md").read_text().split("## On Kubernetes")[1]
    assert "metrics-server" in needed.split("1. Build")[0]


def test_a_song_has_time_to_end_before_the_api_is_killed():
    seconds = pod(*API)["terminationGracePeriodSeconds"]
    pause = container(*API)["lifecycle"]["preStop"]["sleep"]["seconds"]
    longest = Config.request_seconds + SPARE_SECONDS
    assert seconds - pause > longest
    assert int(compose()["services"]["api"]["stop_grace_period"].rstrip("s")) > longest


def compose_settings():
    """Name the variables that the compose file reads."""
    return set(re.findall(r"\$\{([A-Z_]+)", (DOCKER / "compose.yaml").read_text()))


def test_every_setting_of_the_compose_file_has_an_example():
    shown = set(re.findall(r"^([A-Z_]+)=", (DOCKER / ".env.example").read_text(), re.MULTILINE))
    assert compose_settings() == shown


@pytest.mark.parametrize("role", ["api", "trainer"])
def test_an_image_has_what_its_program_imports_and_the_licence(role):
    copied = dockerfile_words(role, "COPY")
    assert f"/leitmotif/{'api' if role == 'api' else 'training'}" in copied
    assert {"LICENSE", "NOTICE"} <= set(copied)
    ignored = (ROOT / ".dockerignore").read_text().split()
    for word in copied:
        if not word.startswith(("/", "--")):
            assert f"!{word}" in ignored


def test_variables_not_set_for_make_come_from_the_env_file():
    said = {name: text for name, text in os.environ.items() if name not in ("API_PORT", "DATA_DIR")}
    shown = subprocess.run(
        ["make", "--dry-run", "up", "API_PORT=9000"],
        capture_output=True,
        check=True,
        cwd=ROOT,
        env=said,
        text=True,
    ).stdout
    assert "--unset=DATA_DIR" in shown
    assert "--unset=API_PORT" not in shown
    assert "docker compose --file docker/compose.yaml --profile cpu up" in shown


def test_every_default_of_make_yields_to_the_env_file():
    makefile = (ROOT / "Makefile").read_text()
    exported = set(re.findall(r"^export (\w+) \?=", makefile, re.MULTILINE))
    (unset,) = re.findall(r"call UNSET,([A-Z_ ]+)\)", makefile)
    assert set(unset.split()) == exported & compose_settings()
