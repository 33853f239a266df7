"""Reads the files of a deployment as their programs do."""

import re
import shlex
from functools import cache
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[2]
DOCKER = ROOT / "docker"
KUBERNETES = DOCKER / "kubernetes"
MANIFESTS = sorted(
    path for path in KUBERNETES.glob("*/*.yaml") if path.name != "kustomization.yaml"
)


@cache
def compose() -> dict:
    return yaml.safe_load((DOCKER / "compose.yaml").read_text())


def documents(path: Path) -> list[dict]:
    return [document for document in yaml.safe_load_all(path.read_text()) if document]


@cache
def manifests() -> dict[tuple[str, str], dict]:
    """The base's and the training's, by kind and name."""
    found = [d for p in MANIFESTS if p.parent.name in ("base", "training") for d in documents(p)]
    named = {(each["kind"], each["metadata"]["name"]): each for each in found}
    assert len(named) == len(found)
    return named


def pod(kind: str, name: str) -> dict:
    return manifests()[kind, name]["spec"]["template"]["spec"]


def container(kind: str, name: str) -> dict:
    (only,) = pod(kind, name)["containers"]
    return only


def overlay_patch(overlay: str, kind: str, name: str) -> dict:
    """What an overlay says of one of the base's objects."""
    (only,) = [
        document
        for path in (KUBERNETES / overlay).glob("*.yaml")
        for document in documents(path)
        if (document["kind"], document.get("metadata", {}).get("name")) == (kind, name)
    ]
    return only


def dockerfile_words(role: str, instruction: str) -> list[str]:
    """What an instruction says in the image that a Dockerfile ends with."""
    last = (DOCKER / f"{role}.Dockerfile").read_text().split("\nFROM ")[-1].replace("\\\n", " ")
    found = re.findall(rf"^{instruction} (.+)$", last, re.MULTILINE)
    return [word.strip('[],"') for line in found for word in shlex.split(line)]


def flags(arguments: list[str]) -> dict[str, str]:
    """Flags by their names; one without a value is true."""
    pairs = [argument.removeprefix("--").partition("=") for argument in arguments]
    return {name: value if separator else "true" for name, separator, value in pairs}


def serve_flags() -> dict[str, str]:
    """What `make serve` tells the embedded model server."""
    script = (ROOT / "scripts" / "serve.sh").read_text()
    command = re.search(r'-m serving (.*?)"\$\{thread_flags\[@\]\}" &\n', script, re.DOTALL).group(
        1
    )
    threads = (ROOT / "serving" / "thread_flags.txt").read_text().split()
    return flags([*shlex.split(command.replace("\\\n", " ")), *threads])
