"""The log of TensorFlow's libraries, whose lines are none of TensorFlow Serving's."""

import ctypes
from contextlib import suppress
from pathlib import Path

import tensorflow as tf

_SET_MIN_LOG_LEVEL = "_ZN4absl12lts_2025012714SetMinLogLevelENS0_18LogSeverityAtLeastE"
_ERROR = 2


def silence_native_log() -> None:
    """Leaves only errors in it.

    TF_CPP_MIN_LOG_LEVEL does not reach the libraries that log through Abseil (tensorflow#100442),
    for which TensorFlow has no function, so Abseil's own is called. Where TensorFlow brings
    another release of Abseil, nothing happens.
    """
    for library in Path(tf.__file__).parent.glob("libtensorflow_framework.*"):
        with suppress(AttributeError, OSError):
            getattr(ctypes.CDLL(str(library)), _SET_MIN_LOG_LEVEL)(_ERROR)
