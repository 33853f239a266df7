"""Exports a network as a SavedModel that samples songs: the decoder and its parts."""
