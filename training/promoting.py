"""`python -m training.promoting`: makes VERSION of GAME, or its newest, the stable version."""

import sys

from training.program import run, say
from training.publishing import promote
from training.settings import Settings


def main() -> int:
    """Promote; the exit status is 0 on success, 1 on failure."""
    return run("promoting", _promote)


def _promote(settings: Settings) -> int:
    version = promote(settings.models_dir, settings.one_game, settings.chosen_version)
    say(f"{settings.one_game}: version {version} is stable; it composes where no label is given")
    return 0


if __name__ == "__main__":
    sys.exit(main())
