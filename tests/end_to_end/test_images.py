"""The API image, built without a Docker engine, composes."""

import os
import shutil
import subprocess
import sys

import pytest

from tests.end_to_end.conftest import ROOT, environment

pytestmark = pytest.mark.slow


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make a base image and change into it")
@pytest.mark.skipif(
    not shutil.which("apt-get"), reason="the base image is made by Debian's apt-get"
)
@pytest.mark.usefixtures("trained")
def test_the_api_image_composes_as_its_user_on_a_root_that_cannot_be_written(work_dir):
    finished = subprocess.run(
        ["bash", ROOT / "scripts" / "images_check.sh", "api"],
        capture_output=True,
        check=False,
        env=environment(MODELS_DIR=work_dir / "models", PYTHON=sys.executable),
        text=True,
        timeout=900,
    )
    assert finished.returncode == 0, finished.stdout + finished.stderr
    assert "images-check: all is well" in finished.stdout
