"""Silences the log of TensorFlow's native libraries."""

import ctypes
from contextlib import suppress
from pathlib import Path

import tensorflow as tf

_SET_MIN_LOG_LEVEL = "_ZN4absl12lts_2025012714SetMinLogLevelENS0_18LogSeverityAtLeastE"
_ERROR = 2


def silence_native_log() -> None:
    """Limits the log to errors.

    TF_CPP_MIN_LOG_LEVEL has no effect on libraries that log through Abseil (tensorflow#100442), and
    TensorFlow has no function for them, so this calls Abseil's own. With another release of Abseil,
    it does nothing.
    """
    for library in Path(tf.__file__).parent.glob("libtensorflow_framework.*"):
        with suppress(AttributeError, OSError):
            getattr(ctypes.CDLL(str(library)), _SET_MIN_LOG_LEVEL)(_ERROR)
