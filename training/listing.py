"""`python -m training.listing`: rewrites the lists of published versions.

Needed after a models folder was moved or copied (`models.config` has absolute paths), or after
versions were deleted from it.
"""

import sys

from training.program import run
from training.publishing import write_lists
from training.settings import Settings


def main() -> int:
    """Write the lists; the exit status is 0 when they are right, 1 if they cannot be written."""
    return run("listing", _list)


def _list(settings: Settings) -> int:
    write_lists(settings.models_dir)
    return 0


if __name__ == "__main__":
    sys.exit(main())
