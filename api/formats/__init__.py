"""The formats in which a song is returned, and what writes them."""
