"""The benchmarks behind every claim about speed: run them with `python -m benchmarks`."""

import os

# Must be set before TensorFlow is imported: its log is for its developers.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
# Sessions have their own threads, so that some of them can have as few as in the model server.
os.environ.setdefault("TF_OVERRIDE_GLOBAL_THREADPOOL", "1")
