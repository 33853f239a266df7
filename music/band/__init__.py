"""The parts of a band: their instruments, their order in a score, their levels."""
