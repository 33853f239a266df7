"""Scores: staff notation as MusicXML and SVG."""
