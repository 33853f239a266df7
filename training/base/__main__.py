"""`python -m training.base`: trains the base and writes its weights and its model card."""

import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from training.base.card import CARD, write_card
from training.base.music import MusicFinder
from training.base.sources import read_sources
from training.corpus.corpus import read_corpus
from training.fitting.checkpoint import locked_checkpoint
from training.fitting.fit import fit_to_the_end, split
from training.network.base_weights import WEIGHTS, save_base
from training.program import run, say
from training.recipe import load_recipe
from training.settings import Settings

CHECKPOINT_DIR = Path(".cache/base")


def main() -> int:
    """Train the base; the exit status is 0 when it is written, 130 after Ctrl-C."""
    return run("base", _train)


def _train(settings: Settings) -> int:
    recipe = settings.shortened(load_recipe("base"))
    finder = MusicFinder(settings.base_dir, fetches=settings.fetch, say=say)
    music = finder.find(read_sources())
    # Played repeats would teach to copy, which candidates make easy enough.
    corpus = read_corpus(music.collection, repeats=False, band=False)
    say(f"base: {len(corpus.pieces)} pieces, {corpus.notes} notes")
    for remark in corpus.remarks:
        say(f"  {remark}")
    weight = dict(zip(map(id, corpus.pieces), music.weights(corpus.files), strict=True))
    parts = split(corpus.pieces, recipe.fitting.held_out_share)
    parts = replace(parts, weights=tuple(weight[id(piece)] for piece in parts.learned))
    with locked_checkpoint(CHECKPOINT_DIR) as checkpoint:
        fitted = fit_to_the_end(parts, recipe, corpus.codec(recipe.codec), checkpoint)
        save_base(fitted.model, WEIGHTS)
        write_card(music, corpus, recipe, fitted, datetime.now(UTC).date())
        checkpoint.remove()
    say(f"base: wrote {WEIGHTS.name} and {CARD.name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
