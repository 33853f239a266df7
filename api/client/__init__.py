"""The command line (`python -m api compose`), and the client library as its own package."""
