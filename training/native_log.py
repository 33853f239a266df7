"""Silences the log of TensorFlow's libraries, whose lines would break a progress bar."""

import ctypes
import sys
from contextlib import suppress
from pathlib import Path

_SET_MIN_LOG_LEVEL = "_ZN4absl12lts_2025012714SetMinLogLevelENS0_18LogSeverityAtLeastE"
_ERROR = 2


def silence_native_log() -> None:
    """Reduce the log of TensorFlow's libraries to errors, if TensorFlow is imported.

    TF_CPP_MIN_LOG_LEVEL does not apply to libraries that use Abseil's log directly
    (tensorflow#100442). Abseil has no variable for this, and TensorFlow no function, so this calls
    Abseil's own function. If TensorFlow uses another release of Abseil, this does nothing.
    """
    tensorflow = sys.modules.get("tensorflow")
    if tensorflow is None or tensorflow.__file__ is None:
        return
    for library in Path(tensorflow.__file__).parent.glob("libtensorflow_framework.*"):
        with suppress(AttributeError, OSError):
            getattr(ctypes.CDLL(str(library)), _SET_MIN_LOG_LEVEL)(_ERROR)
