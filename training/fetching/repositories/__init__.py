"""Music in repositories: openly licensed files, by commit and SHA-256."""
