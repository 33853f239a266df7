"""Composing: from a request for a song to its notes."""
