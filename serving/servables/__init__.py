"""Loaded model versions, and how they run requests."""
