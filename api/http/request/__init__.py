"""The parameters of a request: what they may be, and the song that they ask for."""
