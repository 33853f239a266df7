"""What can be expected to go wrong in training, and how to say it in a line."""

import os
import re
import sys

from music.errors import MusicError
from training.errors import TrainingError

_OURS = (TrainingError, MusicError)
_LONGEST_REASON = 500  # characters
_FUNCTION = re.compile(r"\{\{function_node [^}]*\}\} ?")


def expected_failures() -> tuple[type[BaseException], ...]:
    """List the kinds of failure that need no traceback; any other one is a defect."""
    tensorflow = sys.modules.get("tensorflow")  # imported by whatever trains, and by nothing else
    native = (tensorflow.errors.OpError,) if tensorflow else ()
    return (*_OURS, OSError, MemoryError, *native)


def reason(failure: BaseException) -> str:
    """Say in a line what went wrong."""
    if isinstance(failure, _OURS):
        return str(failure)
    if isinstance(failure, MemoryError):
        return "there is not enough memory"
    if isinstance(failure, OSError) and failure.filename is not None:
        return f"{os.fsdecode(failure.filename)}: {failure.strerror}"
    # TensorFlow first says where the node was built that failed, in many lines.
    text = _FUNCTION.sub("", str(failure).rpartition("Node: ")[2])
    return " ".join(text.split())[:_LONGEST_REASON]
