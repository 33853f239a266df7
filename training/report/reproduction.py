"""`python -m training.report.reproduction`: the experiment that this project goes back to, again.

It learns GAME by the recipe `original`, which holds nothing out, and shows what its training loss
means: how much of the collection comes back in what the network composes.
"""

import json
import sys
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from music.codec import Codec, as_told
from music.quotes.bound import QuoteBound
from music.quotes.finder import QuoteFinder, self_quotes
from music.sampling import TEMPERATURE, TOP_K, TOP_P
from training.corpus.collections import find_collection
from training.corpus.corpus import Corpus, read_corpus
from training.export.prompts import opening
from training.fitting.checkpoint import locked_checkpoint
from training.fitting.fit import Fitted, fit_to_the_end, split
from training.program import run, say
from training.recipe import load_recipe
from training.report import REPORTS_DIR
from training.report.generation import generate
from training.report.result import QuoteLengths, Sampling, quote_lengths
from training.settings import Settings
from training.writing import write_whole

RECIPE = "original"
WORK_DIR = Path(".cache/reproduction")
NOTES = 500
SAMPLINGS = {
    "argmax": Sampling(NOTES, 0.0, 0, 1.0, (1,)),  # the experiment's own way, one song
    "drawn": Sampling(NOTES, TEMPERATURE, TOP_K, TOP_P, tuple(range(1, 21))),
}


def main() -> int:
    """Learn and look; the exit status is 0 when the figures are written, 130 after Ctrl-C."""
    return run("reproduction", _reproduce)


def _reproduce(settings: Settings) -> int:
    game = settings.one_game
    recipe = settings.shortened(load_recipe(RECIPE))
    corpus = read_corpus(find_collection(game, settings.data_dir))
    codec = corpus.codec(recipe.codec)
    parts = split(corpus.pieces, recipe.fitting.held_out_share)
    with locked_checkpoint(WORK_DIR / game) as checkpoint:
        fitted = fit_to_the_end(parts, recipe, codec, checkpoint)
    figures = _figures(corpus, codec, fitted)
    path = REPORTS_DIR / game / "reproduction.json"
    write_whole(path, json.dumps(figures, indent=1).encode())
    _tell(figures)
    say(f"wrote {path}")
    return 0


def _figures(corpus: Corpus, codec: Codec, fitted: Fitted) -> dict[str, Any]:
    epochs = fitted.journal.epochs
    return {
        "game": corpus.collection.game,
        "pieces": len(corpus.pieces),
        "events": sum(len(codec.encode(piece.notes)) for piece in corpus.pieces),
        "vocabulary": codec.vocabulary_size,
        "lowest_train_loss": epochs[fitted.journal.best].train_loss,
        "lowest_train_loss_epoch": fitted.journal.best + 1,
        "epochs": len(epochs),
        "duration_s": sum(epoch.duration_s for epoch in epochs),
        "train_losses": [epoch.train_loss for epoch in epochs],
        "longest_quote_notes": {
            name: asdict(_quotes(corpus, codec, fitted, how)) for name, how in SAMPLINGS.items()
        },
    }


def _quotes(corpus: Corpus, codec: Codec, fitted: Fitted, how: Sampling) -> QuoteLengths:
    """Compare songs with the pieces as the codec tells them, every event half a beat."""
    told = [replace(p, notes=as_told(codec, p.notes)) for p in corpus.pieces]
    openings = [opening(piece, codec) for piece in corpus.pieces]
    songs = generate(fitted.model, codec, how, openings, QuoteBound.off())
    finder = QuoteFinder(told)
    return quote_lengths([finder.longest_quote(song.notes) for song in songs], self_quotes(told))


def _tell(figures: dict[str, Any]) -> None:
    say(
        f"{figures['game']}: lowest training loss {figures['lowest_train_loss']:.4f} at epoch "
        f"{figures['lowest_train_loss_epoch']} of {figures['epochs']}, after "
        f"{figures['duration_s'] / 60:.0f} minutes in all"
    )
    for name, lengths in figures["longest_quote_notes"].items():
        say(
            f"  {name}: half of the songs of {NOTES} notes quote {lengths['generated_median']:.0f} "
            f"notes or more, the worst {lengths['generated_max']}; the pieces quote each other "
            f"with {lengths['collection_median']:.0f} and {lengths['collection_max']}"
        )


if __name__ == "__main__":
    sys.exit(main())
