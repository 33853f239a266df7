"""How costs grow with callers, processes, games, pieces, notes, bars and history: `--growth`."""
