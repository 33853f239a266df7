"""`python -m training.report`: evaluates the model of the game in GAME."""

import platform
import sys
import time
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import keras
import numpy as np
import sklearn

from music.codec.events import Events
from music.composing.planning import BAND_NOTES, NOTES
from music.piece import Piece
from music.sampling import TEMPERATURE, TOP_K, TOP_P
from training.corpus.collections import Collection, find_collection, other_games
from training.corpus.corpus import Corpus, read_corpus
from training.errors import CollectionError, RecipeError
from training.program import run, say
from training.recipe import Recipe, load_recipe
from training.report import REPORTS_DIR
from training.report.assessment import SongsOfFold, assess
from training.report.cross_validation import cross_validate
from training.report.folds import folds
from training.report.page.document import page
from training.report.page.pictures import gallery
from training.report.page.sections import summary
from training.report.result import Assessment, Fold, Report, Sampling
from training.settings import Settings
from training.writing import write_whole

WORK_DIR = Path(".cache/report")
FOLDS = 3
SONGS = 40
SAMPLING = Sampling(NOTES, TEMPERATURE, TOP_K, TOP_P, tuple(range(1, SONGS + 1)), is_planned=True)


def main() -> int:
    """Write the report; the exit status is 0 when it is written, 130 after Ctrl-C."""
    return run("report", _evaluate)


def _evaluate(settings: Settings) -> int:
    game = settings.one_game
    started = time.monotonic()
    recipe = settings.shortened(load_recipe(settings.recipe))
    if recipe.codec == Events.name:
        raise RecipeError(
            f"recipe {recipe.name} can only write chords of the learned pieces, so it cannot "
            "predict held-out pieces; use another recipe"
        )
    collection = find_collection(game, settings.data_dir)
    corpus = read_corpus(collection)
    if corpus.is_band:
        recipe = recipe.for_band()
    parts = folds(corpus.pieces, FOLDS)
    if len(parts) < FOLDS:
        raise CollectionError(
            f"{game} has {len(corpus.pieces)} pieces. Pieces that quote each other form one "
            f"group, which leaves {len(parts)}; a report needs at least {FOLDS} groups"
        )
    codec = corpus.codec(recipe.codec)
    sampling = replace(SAMPLING, notes=BAND_NOTES) if corpus.is_band else SAMPLING
    crossed = cross_validate(parts, recipe, codec, sampling, WORK_DIR / game, say)
    say(f"comparing {SONGS} songs with {len(corpus.pieces)} pieces")
    songs_of_folds = [SongsOfFold(c.songs, c.parts.learned, c.parts.held_out) for c in crossed]
    others = _other_games(collection, settings.data_dir)
    assessment = assess(songs_of_folds, others, is_band=corpus.is_band)
    scores = tuple(c.scores for c in crossed)
    duration_s = time.monotonic() - started
    report = _report(corpus, recipe, sampling, scores, assessment, duration_s)
    _write(report, [song for c in crossed for song in c.songs], corpus, REPORTS_DIR / game)
    return 0


def _other_games(collection: Collection, data_dir: Path) -> dict[str, tuple[Piece, ...]]:
    """Read the pieces of the other games that have any."""
    pieces = {}
    for other in other_games(collection, data_dir):
        with suppress(CollectionError):
            pieces[other.game] = read_corpus(other).pieces
    return pieces


def _report(
    corpus: Corpus,
    recipe: Recipe,
    sampling: Sampling,
    scores: tuple[Fold, ...],
    assessment: Assessment,
    duration_s: float,
) -> Report:
    return Report(
        game=corpus.collection.game,
        title=corpus.collection.title,
        collection_notes=corpus.notes,
        folds=scores,
        assessment=assessment,
        sampling=sampling,
        recipe=recipe.as_fields(),
        folds_seed=0,
        versions={
            "python": platform.python_version(),
            "keras": keras.version(),
            "numpy": np.__version__,
            "scikit-learn": sklearn.__version__,
        },
        made_at=datetime.now(UTC).isoformat(timespec="seconds"),
        duration_s=duration_s,
    )


def _write(report: Report, songs: list[Piece], corpus: Corpus, to: Path) -> None:
    write_whole(to / "report.json", report.to_json().encode())
    html = page(report, gallery(report, songs, corpus.pieces))
    write_whole(to / "report.html", html.encode())
    for line in summary(report):
        say(line)
    say(f"wrote {to / 'report.html'} and {to / 'report.json'}")


if __name__ == "__main__":
    sys.exit(main())
