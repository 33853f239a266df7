"""The numbers of a report: what `report.json` holds, field by field.

Fields are added, never renamed: other programs read them.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from music.quotes import Quote
from training.journal import Epoch
from training.report.baselines import Baselines
from training.report.degeneration import Degeneration
from training.report.measures import Comparison

FORMAT = 1


@dataclass(frozen=True)
class HeldOutBits:
    """Bits a note on held-out pieces.

    Attributes:
        default: The recipe as it is.
        scratch: The same network without transposition.
        unigram: Counting tokens.
        five_gram: Counting runs of five tokens.
    """

    default: float
    scratch: float
    unigram: float
    five_gram: float


@dataclass(frozen=True)
class Fold:
    """One fold of the cross-validation; no piece is ever on both sides.

    Attributes:
        held_out: The names of the pieces that were foretold.
        held_out_notes: How many notes they have.
        bits_per_note: On these pieces.
        baselines: The n-grams' scores in full.
        default_epochs: The losses of the recipe's fitting; held out there are pieces of the other
            folds, which tell when to stop.
        scratch_epochs: The losses of the fitting from scratch.
        duration_s: Seconds that the fold took.
    """

    held_out: tuple[str, ...]
    held_out_notes: int
    bits_per_note: HeldOutBits
    baselines: Baselines
    default_epochs: tuple[Epoch, ...]
    scratch_epochs: tuple[Epoch, ...]
    duration_s: float


@dataclass(frozen=True)
class QuoteLengths:
    """The longest quotes of many pieces, in notes.

    Attributes:
        generated_median: Of what generated pieces share with the collection.
        generated_p95: 19 of 20 generated pieces quote no more.
        generated_max: The longest of all.
        collection_median: Of what each piece of the collection shares with the others.
        collection_p95: The same of the collection.
        collection_max: The same of the collection.
        generated: Every generated piece's longest.
        collection: Every piece's longest.
    """

    generated_median: float
    generated_p95: float
    generated_max: int
    collection_median: float
    collection_p95: float
    collection_max: int
    generated: tuple[int, ...]
    collection: tuple[int, ...]


@dataclass(frozen=True)
class DegenerationSummary:
    """The signs of degeneration over many pieces; None where no piece is long enough.

    Attributes:
        longest_repeat_onsets_median: In the middle piece.
        longest_repeat_onsets_max: In the worst.
        distinct_four_grams_median: In the middle piece.
        distinct_four_grams_min: In the worst.
        empty_bars_mean: Over all pieces.
        empty_bars_max: In the worst.
    """

    longest_repeat_onsets_median: float
    longest_repeat_onsets_max: int
    distinct_four_grams_median: float | None
    distinct_four_grams_min: float | None
    empty_bars_mean: float
    empty_bars_max: float


@dataclass(frozen=True)
class BothDegenerations:
    """Generated pieces beside the collection's, these cut to as many notes as the longest song."""

    generated: DegenerationSummary
    collection: DegenerationSummary


@dataclass(frozen=True)
class AssessedPiece:
    """What was found in one piece.

    Attributes:
        name: Its name.
        notes: How many notes it has.
        quote: The longest run that it shares with a piece of the collection (another one).
        degeneration: Signs that it has run dry.
    """

    name: str
    notes: int
    quote: Quote
    degeneration: Degeneration


@dataclass(frozen=True)
class BothPieces:
    """Every generated piece and every piece of the collection."""

    generated: tuple[AssessedPiece, ...]
    collection: tuple[AssessedPiece, ...]


@dataclass(frozen=True)
class Assessment:
    """How generated pieces compare with the collection.

    Attributes:
        measures: By the name of the feature.
        degeneration: Of both.
        longest_quote_notes: Of both.
        pieces: Of both, one by one.
    """

    measures: dict[str, Comparison]
    degeneration: BothDegenerations
    longest_quote_notes: QuoteLengths
    pieces: BothPieces


@dataclass(frozen=True)
class Sampling:
    """How the generated pieces were drawn, each going on from the opening that its seed chooses.

    Attributes:
        notes: How many each was asked for.
        temperature: 1 leaves the network's probabilities as they are.
        top_k: 0 where off.
        top_p: 1 where off.
        seeds: One of each piece.
    """

    notes: int
    temperature: float
    top_k: int
    top_p: float
    seeds: tuple[int, ...]


@dataclass(frozen=True)
class Report:
    """Everything that was measured, and how.

    Attributes:
        game: The name that requests ask for.
        title: The game's name as people write it.
        collection_notes: How many notes the collection has.
        folds: Of the cross-validation, one or more.
        assessment: Of generated pieces.
        sampling: How they were drawn.
        recipe: Every value of the recipe.
        folds_seed: Of the draw of the folds.
        versions: Of what computed it.
        made_at: ISO 8601, UTC.
        duration_s: Seconds it took in all.
    """

    game: str
    title: str
    collection_notes: int
    folds: tuple[Fold, ...]
    assessment: Assessment
    sampling: Sampling
    recipe: dict[str, Any]
    folds_seed: int
    versions: dict[str, str]
    made_at: str
    duration_s: float

    @property
    def held_out_bits_per_note(self) -> HeldOutBits:
        """Bits a note over all folds: every held-out note counts the same."""
        return pooled(self.folds)

    def as_fields(self) -> dict[str, Any]:
        """Give what `report.json` holds."""
        fields = asdict(self)
        assessment = fields.pop("assessment")
        return {
            "format": FORMAT,
            "game": fields.pop("game"),
            "title": fields.pop("title"),
            "held_out_bits_per_note": asdict(self.held_out_bits_per_note),
            "longest_quote_notes": assessment.pop("longest_quote_notes"),
            **assessment,
            **fields,
        }

    def to_json(self) -> str:
        """Write `report.json`."""
        return json.dumps(self.as_fields(), indent=1, allow_nan=False)


def pooled(folds: Sequence[Fold]) -> HeldOutBits:
    """Average folds by their notes."""
    weights = [fold.held_out_notes for fold in folds]

    def mean(name: str) -> float:
        bits = [getattr(fold.bits_per_note, name) for fold in folds]
        return float(np.average(bits, weights=weights))

    return HeldOutBits(mean("default"), mean("scratch"), mean("unigram"), mean("five_gram"))


def quote_lengths(generated: Sequence[Quote], collection: Sequence[Quote]) -> QuoteLengths:
    """Sum up the longest quotes of generated pieces and of the collection's."""
    ours = tuple(quote.length_notes for quote in generated)
    theirs = tuple(quote.length_notes for quote in collection)
    return QuoteLengths(
        generated_median=float(np.median(ours)),
        generated_p95=float(np.percentile(ours, 95)),
        generated_max=max(ours),
        collection_median=float(np.median(theirs)),
        collection_p95=float(np.percentile(theirs, 95)),
        collection_max=max(theirs),
        generated=ours,
        collection=theirs,
    )


def degeneration_summary(found: Sequence[Degeneration]) -> DegenerationSummary:
    """Sum up the signs of degeneration in one or more pieces."""
    repeats = [one.longest_repeat_onsets for one in found]
    distinct = [one.distinct_four_grams for one in found if one.distinct_four_grams is not None]
    empty = [one.empty_bars for one in found]
    return DegenerationSummary(
        longest_repeat_onsets_median=float(np.median(repeats)),
        longest_repeat_onsets_max=max(repeats),
        distinct_four_grams_median=float(np.median(distinct)) if distinct else None,
        distinct_four_grams_min=min(distinct, default=None),
        empty_bars_mean=float(np.mean(empty)),
        empty_bars_max=max(empty),
    )
