"""The offline half: from a folder of pieces to a published bundle."""

import logging
import os

# Must be set before TensorFlow is imported: its log is for its developers, and without oneDNN it
# cannot multiply in 8 bits.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")
logging.getLogger("tensorflow").setLevel(logging.ERROR)
