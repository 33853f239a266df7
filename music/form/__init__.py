"""The form of music: sections and their returns, endings, and loops."""
