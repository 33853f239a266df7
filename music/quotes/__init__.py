"""Quotes: which runs of notes a song shares with the pieces that were learned."""
