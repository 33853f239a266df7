"""Quotes: runs of notes that a song shares with the learned pieces."""
