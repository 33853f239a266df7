"""The processes that are measured, and the machine that they run on."""
