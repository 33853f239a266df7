"""`python -m training.promoting`: VERSION of GAME, or its newest, becomes the stable one."""

import sys

from training.program import run, say
from training.publishing import promote
from training.settings import Settings


def main() -> int:
    """Promote; the exit status is 0 when it is done, 1 if it cannot be."""
    return run("promoting", _promote)


def _promote(settings: Settings) -> int:
    version = promote(settings.models_dir, settings.one_game, settings.chosen_version)
    say(f"{settings.one_game}: version {version} is stable; it composes where no label is given")
    return 0


if __name__ == "__main__":
    sys.exit(main())
