"""`python -m training.base [piano|band]`: trains a base, and writes its weights and model card."""

import sys
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from training.base.card import card
from training.base.kinds import KINDS, PIANO, BaseKind
from training.base.music import MusicFinder
from training.corpus.corpus import read_corpus
from training.fetching.repositories.sources import read_sources
from training.fitting.checkpoint import locked_checkpoint
from training.fitting.fit import fit_to_the_end, split
from training.network.base_weights import save_base
from training.program import complain, run, say
from training.recipe import load_recipe
from training.settings import Settings
from training.writing import write_whole

CHECKPOINT_DIR = Path(".cache/base")


def main(arguments: list[str]) -> int:
    """Train a base; the exit status is 0 when it is written, 130 after Ctrl-C."""
    name = arguments[0] if arguments else PIANO.name
    if name not in KINDS or arguments[1:]:
        complain(f"base: KIND is {name!r}; it must be one of {', '.join(KINDS)}")
        return 1
    return run("base", partial(_train, KINDS[name]))


def _train(kind: BaseKind, settings: Settings) -> int:
    recipe = settings.shortened(load_recipe(kind.recipe))
    finder = MusicFinder(settings.base_dir, fetches=settings.fetch, say=say)
    music = finder.find(read_sources())
    # Played repeats would teach to copy, which candidates make easy enough.
    corpus = read_corpus(music.collection, repeats=False, band=kind.reads_bands)
    say(f"base: {len(corpus.pieces)} pieces, {corpus.notes} notes")
    for remark in corpus.remarks:
        say(f"  {remark}")
    weights = [kind.weight_of(music.source_of(file)) for file in corpus.files]
    weight = dict(zip(map(id, corpus.pieces), weights, strict=True))
    parts = split(corpus.pieces, recipe.fitting.held_out_share)
    parts = replace(parts, weights=tuple(weight[id(piece)] for piece in parts.learned))
    with locked_checkpoint(CHECKPOINT_DIR / kind.name) as checkpoint:
        fitted = fit_to_the_end(parts, recipe, corpus.codec(recipe.codec), checkpoint)
        save_base(fitted.model, kind.weights)
        text = card(kind, music, corpus, recipe, fitted, datetime.now(UTC).date())
        write_whole(kind.card, text.encode())
        checkpoint.remove()
    say(f"base: wrote {kind.weights.name} and {kind.card.name}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
