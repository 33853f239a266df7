"""What we claim about speed, as programs: `python -m benchmarks` measures all of it."""

import os

# Before TensorFlow is imported, by anything: it tells its developers more than it tells users.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
# Sessions have threads of their own: those that compute as the model server does have few.
os.environ.setdefault("TF_OVERRIDE_GLOBAL_THREADPOOL", "1")
