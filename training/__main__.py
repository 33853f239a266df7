"""`python -m training`: train and publish the collections that the environment names."""

import sys

from training.collections import (
    EMBEDDED,
    Collection,
    find_collection,
    find_collections,
    misnamed_folders,
)
from training.errors import TrainingError
from training.fetching import Source, fetch_missing, find_sources
from training.fetching.errors import UnknownGameError
from training.pipeline import Published, train
from training.program import GOES_ON, complain, run, say
from training.publishing import composing_version, prune
from training.recipe import Recipe, load_recipe
from training.settings import Settings


def main() -> int:
    """Train; the exit status is 0 when everything is published, 1 if not, 130 after Ctrl-C."""
    return run("training", _train)


def _train(settings: Settings) -> int:
    recipe = settings.shortened(load_recipe(settings.recipe))
    if settings.fetch:
        fetch_missing(_fetchable(settings.game), settings.data_dir, say=say)
    return _train_all(_wanted(settings), recipe, settings)


def _train_all(collections: tuple[Collection, ...], recipe: Recipe, settings: Settings) -> int:
    """Train one collection after the other; one that cannot be trained does not stop the others."""
    published: list[Published] = []
    status = 0
    for collection in collections:
        try:
            published.append(train(collection, recipe, settings.models_dir, settings.weights, say))
            _tidy(collection.game, published[-1].version, settings)
        except TrainingError as error:
            complain(f"training: {error}")
            status = 1
        except KeyboardInterrupt:
            say(f"\n{collection.game}: interrupted before it was published; {GOES_ON}")
            status = 130
        if published and published[-1].fitted.interrupted:
            say(f"interrupted: the best so far is published; {GOES_ON}")
            status = 130
        if status == 130:
            break
    _print_table(published)
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


def _fetchable(game: str) -> tuple[Source, ...]:
    try:
        return find_sources(game)
    except UnknownGameError:
        return ()  # somebody's own collection, or the embedded one


def _wanted(settings: Settings) -> tuple[Collection, ...]:
    if settings.game:
        return (find_collection(settings.game, settings.data_dir),)
    for folder in misnamed_folders(settings.data_dir):
        say(f"not a collection: {folder}/ (a name is 1 to 64 of a-z, 0-9 and _)")
    collections = find_collections(settings.data_dir)
    if [c.game for c in collections] == [EMBEDDED]:
        say(f"no pieces in {settings.data_dir}/<game>/: training the embedded {EMBEDDED} instead")
    return collections


def _print_table(published: list[Published]) -> None:
    if not published:
        return
    heads = ("game", "pieces", "set aside", "notes", "epochs", "held-out bits a note", "version")
    rows = [heads, *(_row(one) for one in published)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)))


def _row(one: Published) -> tuple[str, ...]:
    bits = one.fitted.held_out_bits_per_note
    return (
        one.corpus.collection.game,
        str(len(one.corpus.pieces)),
        str(len(one.corpus.set_aside)),
        str(one.corpus.notes),
        str(len(one.fitted.journal.epochs)),
        "-" if bits is None else f"{bits:.2f}",
        str(one.version),
    )


if __name__ == "__main__":
    sys.exit(main())
