"""The character that a song is to have, and the opening that has it."""
