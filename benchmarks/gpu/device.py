"""The GPU of this machine."""

import ctypes
import os

import tensorflow as tf

from benchmarks.errors import MissingGpuError

_DRIVER = "libcuda.so.1"


def share_gpu() -> None:
    """Let TensorFlow take memory as it needs it: else one process takes all, and a second none.

    It must be called before TensorFlow uses the GPU; processes that are started later inherit it.
    """
    os.environ.setdefault("TF_FORCE_GPU_ALLOW_GROWTH", "true")


def gpu_name() -> str:
    """Return the name of the GPU that TensorFlow uses.

    Raises:
        MissingGpuError: It finds none; the message names what is missing.
    """
    gpus = tf.config.list_physical_devices("GPU")
    if not gpus:
        raise MissingGpuError(_missing())
    name: str = tf.config.experimental.get_device_details(gpus[0])["device_name"]
    return name


def _missing() -> str:
    if not tf.test.is_built_with_cuda():
        return "TensorFlow is built without CUDA here; a GPU needs tensorflow[and-cuda]"
    try:
        ctypes.CDLL(_DRIVER)
    except OSError:
        return f"this machine has no GPU, or no driver for it: {_DRIVER} is missing"
    return (
        "TensorFlow finds no GPU although there is a driver: install its CUDA libraries "
        "(pip install -r locks/training-gpu.txt); with TF_CPP_MIN_LOG_LEVEL=0 it says which "
        "it does not find"
    )
