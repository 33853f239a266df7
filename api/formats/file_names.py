"""Names of files from titles."""

import re

NAMELESS = "Song"  # the file name if a title has no characters that are valid in one
_NOT_IN_FILE_NAMES = re.compile(r'[\\/:*?"<>|%]')


def file_stem(title: str) -> str:
    """Return a title without what file systems refuse: hyphens take its place. It may be empty."""
    return _NOT_IN_FILE_NAMES.sub("-", title).strip(" .")
