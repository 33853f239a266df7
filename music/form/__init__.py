"""The form of music: sections, where they return, how a song ends, and where it loops."""
