"""Measures of what music is like, the same for a game's pieces and for songs."""
