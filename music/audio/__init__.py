"""Sound: instruments, and the mixing of their notes."""
