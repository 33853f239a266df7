"""The default sampling settings of the service and the report."""

TEMPERATURE = 1.0
TOP_K = 0  # off; top-k and top-p filter pitches
TOP_P = 0.92
CHUNK_STEPS = 64  # tokens per call
