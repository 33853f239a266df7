"""Plays a WAV file by whatever program for it is installed."""

import shutil
import subprocess
import tempfile
from collections.abc import Iterable
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


def play(wav: Iterable[bytes], player: tuple[str, ...]) -> None:
    """Play a WAV file to its end.

    Args:
        wav: The file, in pieces.
        player: As `find_player` gives it.

    Raises:
        PlayerError: The program fails.
    """
    with tempfile.TemporaryDirectory(prefix="leitmotif-") as folder:
        path = Path(folder) / "song.wav"
        with path.open("wb") as file:
            file.writelines(wav)
        status = subprocess.run([*player, path], check=False).returncode  # noqa: S603  of our table
    if status:
        raise PlayerError(f"{Path(player[0]).name} failed with exit status {status}")
