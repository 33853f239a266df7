"""What the programs of training share: settings from the environment, words, exit statuses."""

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
    """Do a program's work.

    Args:
        name: Of the program, in front of what it complains of.
        work: Gives the exit status.

    Returns:
        What `work` gives, 1 where it cannot be done, 130 after Ctrl-C or SIGTERM.
    """
    silence_native_log()
    if isinstance(sys.stdout, io.TextIOWrapper):  # a title that this terminal has no letters for
        sys.stdout.reconfigure(errors="backslashreplace")
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)  # it ends containers
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
    """Tell the person who waits."""
    print(line, flush=True)


def complain(line: str) -> None:
    """Tell what went wrong."""
    print(line, file=sys.stderr, flush=True)
