"""From files to pieces: which collections there are, and what notes their files hold."""
