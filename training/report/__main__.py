"""`python -m training.report`: how good the music of the game that GAME names is."""

import platform
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import keras
import numpy as np

from music.bounding import QuoteBound
from music.codec import Codec
from music.piece import Piece
from music.sampling import TEMPERATURE, TOP_K, TOP_P
from training.checkpoint import locked_checkpoint
from training.collections import find_collection
from training.corpus import Corpus, read_corpus
from training.errors import CollectionError, RecipeError
from training.fitting import fit_to_the_end, split
from training.openings import opening
from training.program import run, say
from training.recipe import BASE, Recipe, load_recipe
from training.report import REPORTS_DIR
from training.report.assessment import assess
from training.report.cross_validation import FOLDS, cross_validate
from training.report.generation import generate
from training.report.page import page
from training.report.pictures import gallery
from training.report.result import Fold, Report, Sampling
from training.settings import Settings
from training.writing import write_whole

WORK_DIR = Path(".cache/report")
SONGS = 20
SAMPLING = Sampling(500, TEMPERATURE, TOP_K, TOP_P, tuple(range(1, SONGS + 1)))


def main() -> int:
    """Write the report; the exit status is 0 when it is there, 130 after Ctrl-C."""
    return run("report", _evaluate)


def _evaluate(settings: Settings) -> int:
    game = settings.one_game
    started = time.monotonic()
    recipe = settings.shortened(load_recipe(settings.recipe))
    if not recipe.fitting.held_out_share:
        raise RecipeError(f"recipe {recipe.name} holds nothing out to score it on")
    collection = find_collection(game, settings.data_dir)
    if recipe.start == BASE and collection.is_in_base:
        raise CollectionError(f"the base has learned {game}: nothing can be held out")
    corpus = read_corpus(collection)
    if len(corpus.pieces) < FOLDS:
        raise CollectionError(
            f"{game} has {len(corpus.pieces)} pieces; a report needs {FOLDS} or more"
        )
    codec = corpus.codec(recipe.codec)
    work_dir = WORK_DIR / game
    folds = cross_validate(corpus.pieces, recipe, codec, work_dir, say)
    say("the network that has heard all pieces, to draw from")
    songs = _songs(corpus, recipe, codec, work_dir)
    report = _report(corpus, recipe, folds, songs, time.monotonic() - started)
    _write(report, songs, corpus, REPORTS_DIR / game)
    return 0


def _songs(corpus: Corpus, recipe: Recipe, codec: Codec, work_dir: Path) -> list[Piece]:
    parts = split(corpus.pieces, recipe.fitting.held_out_share)
    with locked_checkpoint(work_dir / "all") as checkpoint:
        fitted = fit_to_the_end(parts, recipe, codec, checkpoint)
    openings = [opening(piece, codec) for piece in corpus.pieces]
    return generate(fitted.model, codec, SAMPLING, openings, QuoteBound.usual(corpus.pieces))


def _report(
    corpus: Corpus, recipe: Recipe, folds: tuple[Fold, ...], songs: list[Piece], duration_s: float
) -> Report:
    return Report(
        game=corpus.collection.game,
        title=corpus.collection.title,
        collection_notes=corpus.notes,
        folds=folds,
        assessment=assess(songs, corpus.pieces),
        sampling=SAMPLING,
        recipe=recipe.as_fields(),
        folds_seed=0,
        versions={
            "python": platform.python_version(),
            "keras": keras.version(),
            "numpy": np.__version__,
        },
        made_at=datetime.now(UTC).isoformat(timespec="seconds"),
        duration_s=duration_s,
    )


def _write(report: Report, songs: list[Piece], corpus: Corpus, to: Path) -> None:
    write_whole(to / "report.json", report.to_json().encode())
    html = page(report, gallery(report, songs, corpus.pieces))
    write_whole(to / "report.html", html.encode())
    bits, quotes = report.held_out_bits_per_note, report.assessment.longest_quote_notes
    say(
        f"{report.game}: {bits.default:.2f} bits a note (from scratch {bits.scratch:.2f}, "
        f"5-gram {bits.five_gram:.2f}, unigram {bits.unigram:.2f}); longest quote "
        f"{quotes.generated_p95:.0f} notes (the collection's own {quotes.collection_p95:.0f})"
    )
    say(f"wrote {to / 'report.html'} and {to / 'report.json'}")


if __name__ == "__main__":
    sys.exit(main())
