"""Who plays: the roles of parts, the same across pieces, and line-ups of instruments."""
