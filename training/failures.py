"""The expected failures of training, and their messages of one line."""

import os
import re
import sys

from music.errors import MusicError
from training.errors import TrainingError

_OURS = (TrainingError, MusicError)
_LONGEST_REASON = 500  # characters
_FUNCTION = re.compile(r"\{\{function_node [^}]*\}\} ?")


def expected_failures() -> tuple[type[BaseException], ...]:
    """Return the exceptions that need no traceback; any other exception is a bug."""
    tensorflow = sys.modules.get("tensorflow")  # only programs that train import it
    native = (tensorflow.errors.OpError,) if tensorflow else ()
    return (*_OURS, OSError, MemoryError, *native)


def reason(failure: BaseException) -> str:
    """Describe a failure in one line."""
    if isinstance(failure, _OURS):
        return str(failure)
    if isinstance(failure, MemoryError):
        return "there is not enough memory"
    if isinstance(failure, OSError) and failure.filename is not None:
        return f"{os.fsdecode(failure.filename)}: {failure.strerror}"
    # TensorFlow's message starts with the stack of the failed node, in many lines.
    text = _FUNCTION.sub("", str(failure).rpartition("Node: ")[2])
    return " ".join(text.split())[:_LONGEST_REASON]
