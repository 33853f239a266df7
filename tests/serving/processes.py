"""The model server as a separate process."""

import os
import subprocess
import sys
from pathlib import Path


def configure(path: Path, *models: str) -> None:
    """Writes a configuration under another name and renames it."""
    written = path.with_suffix(".new")
    entries = "".join(f"config {{ {each} }}" for each in models)
    written.write_text(f"model_config_list {{ {entries} }}")
    written.rename(path)


def model(name: str, base_path: Path, more: str = "") -> str:
    return f'name: "{name}" base_path: "{base_path}" model_platform: "tensorflow" {more}'


def started(*flags: str, **environment: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-m", "serving", *flags],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
        env={**os.environ, "CUDA_VISIBLE_DEVICES": "-1", **environment},
    )
