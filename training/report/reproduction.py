"""`python -m training.report.reproduction`: reproduces the old experiment.

This demonstrates memorisation. It trains GAME, or each of the experiment's five models, with the
recipe `original`, which holds nothing out. It shows what a low training loss means: how much of the
collection returns in the network's songs.
"""

import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from music.codec import Codec, as_encoded
from music.quotes.finder import QuoteFinder, self_quotes
from music.sampling import TEMPERATURE, TOP_K, TOP_P
from training.corpus.collections import find_collection
from training.corpus.corpus import Corpus, read_corpus
from training.failures import expected_failures, reason
from training.fitting.checkpoint import locked_checkpoint
from training.fitting.fit import Fitted, fit_to_the_end, split
from training.program import complain, run, say
from training.recipe import load_recipe
from training.report import REPORTS_DIR
from training.report.generation import generate, learned_music, without_bound
from training.report.result import QuoteLengths, Sampling, quote_lengths
from training.settings import Settings
from training.writing import write_whole

RECIPE = "original"
WORK_DIR = Path(".cache/reproduction")


@dataclass(frozen=True)
class Published:
    """The published result of one of the experiment's models.

    Attributes:
        lowest_train_loss: Nats per token.
        epoch: The epoch of that loss, from 1.
    """

    lowest_train_loss: float
    epoch: int


PUBLISHED = {
    "ocarina_of_time": None,  # a model without a published loss
    "majoras_mask": Published(0.0259, 106),
    "wind_waker": Published(0.0105, 210),
    "twilight_princess": Published(0.0324, 220),
    "zelda": Published(0.0368, 234),  # the pieces of all four
}
"""The experiment's five models."""

NOTES = 500
SAMPLINGS = {
    "argmax": Sampling(NOTES, 0.0, 0, 1.0, (1,)),  # as in the experiment, one song
    "drawn": Sampling(NOTES, TEMPERATURE, TOP_K, TOP_P, tuple(range(1, 21))),
}


def main() -> int:
    """Train and measure; the exit status is 0 when all figures are written, 130 after Ctrl-C."""
    return run("reproduction", _reproduce)


def _reproduce(settings: Settings) -> int:
    """Reproduce one model or all five; one that fails does not stop the others."""
    games = (settings.game,) if settings.game else tuple(PUBLISHED)
    found: list[dict[str, Any]] = []
    for game in games:
        try:
            found.append(_reproduced(game, settings))
        except expected_failures() as error:
            complain(f"reproduction: {game}: {reason(error)}")
    for row in _table(found):
        say(row)
    return 0 if len(found) == len(games) else 1


def _reproduced(game: str, settings: Settings) -> dict[str, Any]:
    recipe = settings.shortened(load_recipe(RECIPE))
    corpus = read_corpus(find_collection(game, settings.data_dir), band=False)
    codec = corpus.codec(recipe.codec)
    parts = split(corpus.pieces, recipe.fitting.held_out_share)
    with locked_checkpoint(WORK_DIR / game) as checkpoint:
        fitted = fit_to_the_end(parts, recipe, codec, checkpoint)
    figures = _figures(corpus, codec, fitted)
    path = REPORTS_DIR / game / "reproduction.json"
    write_whole(path, json.dumps(figures, indent=1).encode())
    _report(figures)
    say(f"wrote {path}")
    return figures


def _figures(corpus: Corpus, codec: Codec, fitted: Fitted) -> dict[str, Any]:
    epochs = fitted.history.epochs
    published = PUBLISHED.get(corpus.collection.game)
    return {
        "game": corpus.collection.game,
        "pieces": len(corpus.pieces),
        "events": sum(len(codec.encode(piece.notes)) for piece in corpus.pieces),
        "vocabulary": codec.vocabulary_size,
        "published": None if published is None else asdict(published),
        "lowest_train_loss": epochs[fitted.history.best].train_loss,
        "lowest_train_loss_epoch": fitted.history.best + 1,
        "epochs": len(epochs),
        "duration_s": sum(epoch.duration_s for epoch in epochs),
        "train_losses": [epoch.train_loss for epoch in epochs],
        "longest_quote_notes": {
            name: asdict(_quotes(corpus, codec, fitted, how)) for name, how in SAMPLINGS.items()
        },
    }


def _quotes(corpus: Corpus, codec: Codec, fitted: Fitted, how: Sampling) -> QuoteLengths:
    """Compare songs with the pieces as the codec encodes them, every event half a beat."""
    encoded = [replace(p, notes=as_encoded(codec, p.notes)) for p in corpus.pieces]
    songs = generate(fitted.model, without_bound(learned_music(corpus.pieces, codec)), how)
    finder = QuoteFinder(encoded)
    longest = [finder.longest_quote(song.notes) for song in songs]
    return quote_lengths(longest, self_quotes(encoded))


def _report(figures: dict[str, Any]) -> None:
    say(
        f"{figures['game']}: lowest training loss {figures['lowest_train_loss']:.4f} at epoch "
        f"{figures['lowest_train_loss_epoch']} of {figures['epochs']}, after "
        f"{figures['duration_s'] / 60:.0f} minutes in all"
    )
    for name, lengths in figures["longest_quote_notes"].items():
        say(
            f"  {name}: half of the songs of {NOTES} notes quote {lengths['generated_median']:.0f} "
            f"notes or more, the longest quote is {lengths['generated_max']}; between the pieces, "
            f"it is {lengths['collection_median']:.0f} and {lengths['collection_max']}"
        )


def _table(found: Sequence[dict[str, Any]]) -> Iterator[str]:
    """Write the rows of the table in docs/reproduction.md, in Markdown."""
    if not found:
        return
    yield (
        "| model | pieces | onsets | published loss (epoch) | loss here (epoch) | "
        "longest run of a song: median, largest | longest run between pieces: median, largest |"
    )
    yield "| --- | ---: | ---: | ---: | ---: | ---: | ---: |"
    for figures in found:
        published, quotes = figures["published"], figures["longest_quote_notes"]["drawn"]
        yield (
            f"| {figures['game']} | {figures['pieces']} | {figures['events']} | "
            f"{_loss(published)} | {_here(figures)} | "
            f"{quotes['generated_median']:.0f}, {quotes['generated_max']} | "
            f"{quotes['collection_median']:.0f}, {quotes['collection_max']} |"
        )


def _loss(published: dict[str, Any] | None) -> str:
    if published is None:
        return "none"
    return f"{published['lowest_train_loss']:.4f} ({published['epoch']})"


def _here(figures: dict[str, Any]) -> str:
    epoch = f"{figures['lowest_train_loss_epoch']} of {figures['epochs']}"
    return f"{figures['lowest_train_loss']:.4f} ({epoch})"


if __name__ == "__main__":
    sys.exit(main())
