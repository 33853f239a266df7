"""The measured processes, and their machine."""
