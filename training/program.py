"""The shared part of training's programs: settings, messages and exit statuses."""

import io
import os
import signal
import sys
from collections.abc import Callable

from training.failures import expected_failures, reason
from training.native_log import silence_native_log
from training.settings import Settings

HOW_TO_RESUME = "run the same command to resume"


def run(name: str, work: Callable[[Settings], int]) -> int:
    """Run a program.

    Args:
        name: The program's name, the prefix of its error messages.
        work: The work; returns the exit status.

    Returns:
        The result of `work`, 1 if it fails, 130 after Ctrl-C or SIGTERM.
    """
    silence_native_log()
    if isinstance(sys.stdout, io.TextIOWrapper):  # for titles that the terminal cannot show
        sys.stdout.reconfigure(errors="backslashreplace")
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)  # sent to containers
    try:
        return work(Settings.of(os.environ))
    except expected_failures() as error:
        complain(f"{name}: {reason(error)}")
        return 1
    except KeyboardInterrupt:
        complain(f"\n{name}: interrupted; {HOW_TO_RESUME}")
        return 130
    finally:
        signal.signal(signal.SIGTERM, before)


def say(line: str) -> None:
    """Print a message."""
    print(line, flush=True)


def complain(line: str) -> None:
    """Print an error message."""
    print(line, file=sys.stderr, flush=True)
