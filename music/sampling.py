"""How songs are sampled by default; the report samples likewise."""

TEMPERATURE = 1.0
TOP_K = 0  # off; top-k and top-p filter pitches
TOP_P = 0.92
CHUNK_STEPS = 64  # tokens drawn at a time
