"""The embedded model server, which stands in for TensorFlow Serving where there is no Docker.

``python -m serving`` accepts ``tensorflow_model_server``'s flags and implements its gRPC API, so
clients work with either server unchanged. The modules follow TensorFlow Serving's design: a source
finds versions, a policy decides, a manager loads and unloads, a scheduler merges requests, and
services respond to calls.
"""
