"""`python -m training`: trains and publishes the collections in the environment."""

import sys
from pathlib import Path

from training.corpus.collections import EMBEDDED, find_collection, find_games, misnamed_folders
from training.failures import expected_failures, reason
from training.fetching import (
    Source,
    fetch_missing,
    fetch_missing_repository,
    find_repository,
    find_sources,
)
from training.fetching.errors import UnknownGameError
from training.pipeline import Published, train
from training.program import HOW_TO_RESUME, complain, run, say
from training.publishing import composing_version, prune
from training.recipe import Recipe, load_recipe
from training.settings import Settings


def main() -> int:
    """Train; the exit status is 0 when everything is published, 1 if not, 130 after Ctrl-C."""
    return run("training", _train)


def _train(settings: Settings) -> int:
    recipe = settings.shortened(load_recipe(settings.recipe))
    if settings.fetch:
        _fetch(settings)
    return _train_all(_wanted(settings), recipe, settings)


def _train_all(games: tuple[str, ...], recipe: Recipe, settings: Settings) -> int:
    """Train one game after the other; one that cannot be trained does not stop the others."""
    published: list[Published] = []
    status = 0
    for game in games:
        try:
            collection = find_collection(game, settings.data_dir)
            published.append(train(collection, recipe, settings.models_dir, settings.weights, say))
            _tidy(game, published[-1].version, settings)
        except expected_failures() as error:
            complain(f"training: {game}: {reason(error)}")
            status = 1
        except KeyboardInterrupt:
            say(f"\n{game}: interrupted before it was published; {HOW_TO_RESUME}")
            status = 130
        if published and published[-1].fitted.interrupted:
            say(f"interrupted: the best so far is published; {HOW_TO_RESUME}")
            status = 130
        if status == 130:
            break
    if published:
        _print_table(published, settings.models_dir)
        _say_what_is_next(published[-1].corpus.collection.game, settings)
    return status


def _tidy(game: str, version: int, settings: Settings) -> None:
    """Remove old versions, and say which version composes if it is not the one just published."""
    if old := prune(settings.models_dir, game, settings.keep_versions):
        numbers = ", ".join(map(str, old))
        say(f"{game}: removed old versions ({numbers}); KEEP_VERSIONS is {settings.keep_versions}")
    if (composing := composing_version(settings.models_dir, game)) != version:
        say(
            f"{game}: version {composing} continues to compose, since it was promoted; "
            f"make promote GAME={game} promotes version {version}"
        )


def _fetch(settings: Settings) -> None:
    if repository := find_repository(settings.game):
        fetch_missing_repository(repository, settings.data_dir, settings.base_dir, say=say)
    else:
        sources = _fetchable(settings.game)
        fetch_missing(sources, settings.data_dir, settings.vgmusic_url, say=say)


def _fetchable(game: str) -> tuple[Source, ...]:
    try:
        return find_sources(game)
    except UnknownGameError:
        return ()  # a user's own collection, or the embedded one


def _wanted(settings: Settings) -> tuple[str, ...]:
    if settings.game:
        return (find_collection(settings.game, settings.data_dir).game,)
    for folder in misnamed_folders(settings.data_dir):
        say(f"not a collection: {folder}/ (a name is 1 to 64 of a-z, 0-9 and _)")
    games = find_games(settings.data_dir)
    if games == (EMBEDDED,):
        say(f"no pieces in {settings.data_dir}/<game>/: training the embedded {EMBEDDED} instead")
    return games


def _say_what_is_next(game: str, settings: Settings) -> None:
    url = f"http://localhost:{settings.api_port}/generate?game={game}"
    say(
        "\nTo compose, run this, if it does not run yet, and ask for a song in another terminal:\n"
        "    make serve\n"
        f"    curl --fail-with-body -X POST '{url}' > song.mid"
    )


def _print_table(published: list[Published], models_dir: Path) -> None:
    heads = ("game", "pieces", "set aside", "notes", "epochs", "held-out bits per note", "model")
    rows = [heads, *(_row(one, models_dir) for one in published)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        say("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def _row(one: Published, models_dir: Path) -> tuple[str, ...]:
    bits = one.fitted.held_out_bits_per_note
    return (
        one.corpus.collection.game,
        str(len(one.corpus.pieces)),
        str(len(one.corpus.set_aside)),
        str(one.corpus.notes),
        str(len(one.fitted.history.epochs)),
        "-" if bits is None else f"{bits:.2f}",
        f"{models_dir / one.corpus.collection.game / str(one.version)}/",
    )


if __name__ == "__main__":
    sys.exit(main())
