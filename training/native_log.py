"""The log of TensorFlow's libraries, whose lines would tear a progress bar apart."""

import ctypes
import sys
from contextlib import suppress
from pathlib import Path

_SET_MIN_LOG_LEVEL = "_ZN4absl12lts_2025012714SetMinLogLevelENS0_18LogSeverityAtLeastE"
_ERROR = 2


def silence_native_log() -> None:
    """Leave errors alone in the log of TensorFlow's libraries, where TensorFlow is imported.

    TF_CPP_MIN_LOG_LEVEL does not reach those that log by Abseil itself (tensorflow#100442), for
    which Abseil has no variable and TensorFlow no function: so its own function is called. Where
    TensorFlow brings another release of Abseil, nothing happens.
    """
    tensorflow = sys.modules.get("tensorflow")
    if tensorflow is None or tensorflow.__file__ is None:
        return
    for library in Path(tensorflow.__file__).parent.glob("libtensorflow_framework.*"):
        with suppress(AttributeError, OSError):
            getattr(ctypes.CDLL(str(library)), _SET_MIN_LOG_LEVEL)(_ERROR)
