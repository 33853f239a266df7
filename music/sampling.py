"""How songs are drawn unless someone says otherwise; training/report/ shows what it does."""

TEMPERATURE = 0.9
TOP_K = 0  # off
TOP_P = 0.95
CHUNK_STEPS = 64  # tokens drawn at a time
