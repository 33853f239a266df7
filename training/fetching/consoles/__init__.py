"""VGMusic's pages for consoles, on which a game is found by its title."""
