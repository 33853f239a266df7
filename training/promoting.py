"""`python -m training.promoting`: the newest version of GAME becomes the stable one."""

import sys

from training.program import run, say
from training.publishing import promote
from training.settings import Settings


def main() -> int:
    """Promote; the exit status is 0 when it is done, 1 if it cannot be."""
    return run("promoting", _promote)


def _promote(settings: Settings) -> int:
    version = promote(settings.models_dir, settings.one_game)
    say(f"{settings.one_game}: version {version} is the stable one")
    return 0


if __name__ == "__main__":
    sys.exit(main())
