"""Calls of different callers, merged into one batch."""
