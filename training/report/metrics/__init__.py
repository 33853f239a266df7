"""Measures of music, applied in the same way to a game's pieces and to songs."""
