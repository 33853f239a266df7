"""Decides which models and versions are loaded, as TensorFlow Serving's core does."""
