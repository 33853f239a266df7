"""Which models and versions are loaded, as TensorFlow Serving's core decides it."""
