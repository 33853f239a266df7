"""Merges the requests of different clients into batches."""
