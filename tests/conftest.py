"""For every test: no time is asserted, since machines are shared and noisy."""

import os

from hypothesis import settings

# Before a test imports TensorFlow, as all our programs that import it have it.
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")

settings.register_profile("no deadline", deadline=None)
settings.load_profile("no deadline")
