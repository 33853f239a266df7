"""For every test: no time is asserted, since machines are shared and noisy."""

import os
import signal

from hypothesis import settings

# Before a test imports TensorFlow, as all our programs that import it have it.
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")

settings.register_profile("no deadline", deadline=None)
settings.load_profile("no deadline")

# Whatever runs the tests may ignore it, as nohup does; programs that they start would inherit that.
signal.signal(signal.SIGHUP, signal.SIG_DFL)
