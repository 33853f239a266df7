"""Plays a WAV file by whatever program for it is installed."""

import shutil
import subprocess
import tempfile
from pathlib import Path

_PROGRAMS = (
    ("paplay",),
    ("aplay", "--quiet"),
    ("afplay",),
    ("ffplay", "-nodisp", "-autoexit", "-loglevel", "error"),
)
PROGRAM_NAMES = tuple(name for name, *_ in _PROGRAMS)


class PlayerError(Exception):
    """It cannot be played; the message says why."""


def find_player() -> tuple[str, ...]:
    """Find a program that plays WAV files, and how to call it.

    Raises:
        PlayerError: None is installed.
    """
    for name, *options in _PROGRAMS:
        if (path := shutil.which(name)) is not None:
            return path, *options
    raise PlayerError(
        f"nothing here plays music: --play needs one of {', '.join(PROGRAM_NAMES)}. "
        "Write the song with -o song.wav, and open it where there is sound."
    )


def play(wav: bytes, player: tuple[str, ...]) -> None:
    """Play a WAV file to its end.

    Raises:
        PlayerError: The program fails.
    """
    with tempfile.TemporaryDirectory(prefix="leitmotif-") as folder:
        path = Path(folder) / "song.wav"
        path.write_bytes(wav)
        status = subprocess.run([*player, path], check=False).returncode  # noqa: S603  of our table
    if status:
        raise PlayerError(f"{Path(player[0]).name} failed with exit status {status}")
