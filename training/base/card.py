"""The base's model card: what it learned from, how, and how well."""

import re
from datetime import date
from pathlib import Path

from training.base.kinds import BaseKind
from training.base.music import BaseMusic
from training.corpus.corpus import Corpus
from training.fetching.repositories.sources import Credit, Source
from training.fitting.fit import Fitted
from training.recipe import Recipe

_CC_BY = "CC-BY-"


def card(
    kind: BaseKind,
    music: BaseMusic,
    corpus: Corpus,
    recipe: Recipe,
    fitted: Fitted,
    made_on: date,
) -> str:
    """Put the card's text together, as Markdown."""
    fitting, epochs = recipe.fitting, fitted.history.epochs
    learned_s = sum(epoch.duration_s for epoch in epochs)
    held_out = fitted.held_out_bits_per_note
    return f"""# The base for {kind.name} music

A network that has learned openly licensed music. Its weights, in half precision, are in
`{kind.weights.name}`; recipes with `start = "base"` start from them, for such music.

| | |
| --- | --- |
| network | {_units(recipe)} |
| learned from | {len(corpus.pieces):,} pieces, {corpus.notes:,} notes |
| made on | {made_on.isoformat()} |
| took | {learned_s / 60:.0f} minutes |
| to make it again | `make base KIND={kind.name}` |

## Learned from

{_sources_table(kind, music, corpus)}

The weight says how often a window of a source's pieces is read, beside a window of the others.
The compositions of the scores are in the public domain, or by those who are named below; the
licences are those of the editions and files. Every file is listed by its SHA-256 in
`training/fetching/repositories/files/`.{_left_out(music)}

What each source says of its licence:

{_statements(music)}

## Credits

{_credit_list(music, corpus)}

The music was changed: it was read {kind.reading}, and
learned in other keys.
{_notices(music)}
## How

The recipe `{recipe.name}` of `training/recipes/`:

| | |
| --- | --- |
| epochs | {fitting.epochs}, windows in random keys, candidates hidden at times |
| windows | {fitting.window_tokens} notes, {fitting.batch_windows} in a batch |
| optimizer | {fitting.optimizer} |
| learning rate | {fitting.learning_rate}, falling over the last {fitting.falling_share:.0%} |
| dropout | {recipe.network.dropout} |

## How well

{held_out:.2f} bits per note on {fitting.held_out_share:.0%} of the pieces, held out whole.

| epoch | loss, nats per note | held out | seconds |
| ---: | ---: | ---: | ---: |
{_epoch_rows(fitted)}

## Not for

Music without a game to learn from: it knows songs, quartets, piano pieces and some game music, and
nothing of {kind.lacks}. Melodies of its sources may return in what it composes.
"""


def _units(recipe: Recipe) -> str:
    layers = " and ".join(str(units) for units in recipe.network.lstm_units)
    return f"LSTM layers of {layers} over an embedding of {recipe.network.embedding_units}"


def _sources_table(kind: BaseKind, music: BaseMusic, corpus: Corpus) -> str:
    rows = [_source_row(kind, part.source, music, corpus) for part in music.parts]
    return "\n".join(
        [
            "| source | what | pieces | notes | weight | licence |",
            "| --- | --- | ---: | ---: | ---: | --- |",
            *rows,
        ]
    )


def _source_row(kind: BaseKind, source: Source, music: BaseMusic, corpus: Corpus) -> str:
    read = zip(corpus.files, corpus.pieces, strict=True)
    notes = [len(piece.notes) for file, piece in read if music.source_of(file) is source]
    name = f"[{source.title}]({source.url})"
    licences = ", ".join(
        dict.fromkeys(credit.licence for credit in _credits(source, music, corpus))
    )
    return (
        f"| {name} | {source.music} | {len(notes):,} | {sum(notes):,} "
        f"| {kind.weight_of(source):g} "
        f"| {licences} |"
    )


def _left_out(music: BaseMusic) -> str:
    if not music.left_out:
        return ""
    titles = ", ".join(source.title for source in music.left_out)
    return f"\n\nNot learned from, because its files were not there: {titles}."


def _statements(music: BaseMusic) -> str:
    return "\n".join(f"- {part.source.title}: {part.source.statement}" for part in music.parts)


def _credit_list(music: BaseMusic, corpus: Corpus) -> str:
    rows = [
        _credit_row(credit, names)
        for part in music.parts
        for credit, names in _credits(part.source, music, corpus).items()
    ]
    return "\n".join(rows)


def _credits(source: Source, music: BaseMusic, corpus: Corpus) -> dict[Credit, tuple[str, ...]]:
    """Name the files that were learned from by who made them."""
    learned = set(corpus.files)
    named = {credit: music.names(credit, learned) for credit in source.credits}
    return {credit: names for credit, names in named.items() if names}


def _credit_row(credit: Credit, names: tuple[str, ...]) -> str:
    """Name an author, and piece by piece what is by them where the licence asks for the name."""
    author = f"[{credit.author}]({credit.link})" if credit.link else credit.author
    pieces = ", ".join(f"*{_piece(name)}*" for name in names) if _asks_for_name(credit) else ""
    return f"- {author}, {_licence(credit)}{': ' if pieces else ''}{pieces}"


def _asks_for_name(credit: Credit) -> bool:
    return credit.licence.startswith(_CC_BY)


def _licence(credit: Credit) -> str:
    if not _asks_for_name(credit):
        return credit.licence
    version = credit.licence.removeprefix(_CC_BY)
    return f"[{credit.licence}](https://creativecommons.org/licenses/by/{version}/)"


def _piece(file_name: str) -> str:
    """Name a piece by its file; Mutopia's are called <composer>__<opus>__<piece>_<score>.mid."""
    *folders, piece = Path(file_name).stem.split("__")
    return re.sub(r"_\d+$", "", piece) if folders else piece


def _notices(music: BaseMusic) -> str:
    return "".join(
        f"\nThe licence of {part.source.title}:\n\n```\n{part.source.notice}\n```\n"
        for part in music.parts
        if part.source.notice
    )


def _epoch_rows(fitted: Fitted) -> str:
    return "\n".join(
        f"| {n} | {e.train_loss:.3f} | {e.held_out_loss:.3f} | {e.duration_s:.0f} |"
        for n, e in enumerate(fitted.history.epochs, start=1)
    )
