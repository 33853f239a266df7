"""The client as a package of its own, in an empty virtual environment."""

import shutil
import subprocess
import sys
import venv
from textwrap import dedent

import pytest

from api.client.leitmotif_client import __version__
from tests.api.processes import ROOT
from tests.api.serving import serving

SONGS = """
    import asyncio, sys
    from leitmotif_client import AsyncLeitmotif, EndEvent, Leitmotif

    address = sys.argv[1]
    song = Leitmotif(address).generate("zelda", seed=7, notes=40)
    assert asyncio.run(AsyncLeitmotif(address).generate("zelda", seed=7, notes=40)) == song
    *_, end = Leitmotif(address).stream("zelda", seed=7, notes=40)
    assert isinstance(end, EndEvent)
    print(song.content[:4], song.notes, end.notes)
"""
TYPED = """
    from leitmotif_client import AsyncLeitmotif, Game, Leitmotif

    async def games() -> tuple[Game, ...]:
        return await AsyncLeitmotif().games()

    notes: int = Leitmotif().generate("zelda", bars=8).notes
    Leitmotif().generate("zelda", bars="eight")
"""


def run(*command, folder):
    return subprocess.run(
        command, capture_output=True, check=False, cwd=folder, env={}, text=True, timeout=120
    )


@pytest.fixture(scope="module")
def python(tmp_path_factory):
    """Install the package with pip, without a network; gives the environment's Python."""
    folder = tmp_path_factory.mktemp("package")
    source = shutil.copytree(ROOT / "api/client", folder / "client")  # setuptools builds in it
    venv.create(folder / "venv")  # without pip
    python = folder / "venv/bin/python"
    offline = ("--no-deps", "--no-index", "--disable-pip-version-check")
    pip = (sys.executable, "-m", "pip")
    for command in (
        (*pip, "wheel", *offline, "--no-build-isolation", "--wheel-dir", "wheels", source),
        (*pip, "--python", python, "install", *offline, "--find-links=wheels", "leitmotif-client"),
    ):
        finished = run(*command, folder=folder)
        assert finished.returncode == 0, finished.stderr
    return python


@pytest.mark.slow
def test_an_empty_environment_composes_blocking_and_with_asyncio(python, app, tmp_path):
    installed = run(
        *(
            python,
            "-c",
            "import importlib.metadata as m; print(*(d.name for d in m.distributions()))",
        ),
        folder=tmp_path,
    )
    assert installed.stdout.split() == ["leitmotif-client"]
    with serving(app) as address:
        finished = run(python, "-c", dedent(SONGS), address, folder=tmp_path)
    assert finished.stdout == "b'MThd' 40 40\n", finished.stderr


@pytest.mark.slow
def test_the_installed_package_has_its_version_licence_and_types(python, tmp_path):
    (info,) = python.parents[1].glob("lib/*/site-packages/leitmotif_client-*.dist-info")
    assert info.name == f"leitmotif_client-{__version__}.dist-info"
    assert "Apache License" in (info / "licenses/LICENSE").read_text()
    (tmp_path / "typed.py").write_text(dedent(TYPED))
    mypy = (sys.executable, "-m", "mypy", "--strict", "--python-executable", python)
    checked = run(*mypy, "--config-file=", "typed.py", folder=tmp_path)
    assert 'Argument "bars" to "generate" of "Leitmotif" has incompatible type' in checked.stdout
    assert "Found 1 error" in checked.stdout
