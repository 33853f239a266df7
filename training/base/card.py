"""The base's model card: what it learned from, how, and how well."""

from collections import Counter
from datetime import date
from pathlib import Path

from training.base.sources import sources
from training.corpus import Corpus
from training.fitting import Fitted
from training.recipe import Recipe
from training.writing import write_whole

CARD = Path(__file__).with_name("MODEL_CARD.md")


def write_card(corpus: Corpus, recipe: Recipe, fitted: Fitted, made_on: date) -> None:
    """Write the card beside the weights."""
    write_whole(CARD, card(corpus, recipe, fitted, made_on).encode())


def card(corpus: Corpus, recipe: Recipe, fitted: Fitted, made_on: date) -> str:
    """Put the card's text together, as Markdown."""
    fitting, epochs = recipe.fitting, fitted.journal.epochs
    learned_s = sum(epoch.duration_s for epoch in epochs)
    held_out = fitted.held_out_bits_per_note
    return f"""# The base

A network that has learned public-domain music. Its weights, in half precision, lie in
`weights.npz`; every recipe with `start = "base"` goes on from them.

| | |
| --- | --- |
| network | {_units(recipe)} |
| learned from | {len(corpus.pieces):,} pieces, {corpus.notes:,} notes |
| made on | {made_on.isoformat()} |
| took | {learned_s / 60:.0f} minutes |
| to make it again | `make base` |

## Learned from

Folders of the corpus that comes with music21. The music is in the public domain; the last column
says what the files themselves say of their encoding. Nobody's game music is among it.

{_sources_table(corpus)}

## How

The recipe `{recipe.name}` of `training/recipes/`:

| | |
| --- | --- |
| epochs | {fitting.epochs}, every piece in a random key each time, at times in other note values |
| windows | {fitting.window_tokens} notes, {fitting.batch_windows} a batch |
| optimizer | {fitting.optimizer} |
| learning rate | up to {fitting.learning_rate}, then down along a half cosine |
| dropout | {recipe.network.dropout} |

## How well

{held_out:.2f} bits a note on {fitting.held_out_share:.0%} of the pieces, held out whole.

| epoch | loss, nats a note | held out | seconds |
| ---: | ---: | ---: | ---: |
{_epoch_rows(fitted)}

## Not for

Music of its own: it knows hymns, quartets and fiddle tunes, and nothing of instruments, dynamics
or tempo. Melodies of its sources may come back from it.
"""


def _units(recipe: Recipe) -> str:
    layers = " and ".join(str(units) for units in recipe.network.lstm_units)
    return f"LSTM layers of {layers} over an embedding of {recipe.network.embedding_units}"


def _sources_table(corpus: Corpus) -> str:
    pieces, notes = Counter[str](), Counter[str]()
    listed = sources()
    folders = {source.folder for source in listed}
    for piece, file in zip(corpus.pieces, corpus.files, strict=True):
        folder = next(part for part in reversed(file.parts) if part in folders)
        pieces[folder] += 1
        notes[folder] += len(piece.notes)
    rows = [
        f"| `{source.folder}` | {pieces[source.folder]:,} | {notes[source.folder]:,} "
        f"| {source.encoding} |"
        for source in listed
    ]
    return "\n".join(
        ["| folder | pieces | notes | encoding |", "| --- | ---: | ---: | --- |", *rows]
    )


def _epoch_rows(fitted: Fitted) -> str:
    return "\n".join(
        f"| {n} | {e.train_loss:.3f} | {e.held_out_loss:.3f} | {e.duration_s:.0f} |"
        for n, e in enumerate(fitted.journal.epochs, start=1)
    )
