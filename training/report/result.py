"""The numbers of a report: the fields of `report.json`.

Fields are added, never renamed: other programs read them.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from music.quotes.finder import Quote
from training.fitting.history import Epoch
from training.report.metrics.degeneration import Degeneration
from training.report.metrics.endings import EndingShares
from training.report.metrics.histogram_overlap import Comparison
from training.report.metrics.ngrams import Baselines
from training.report.metrics.parts import BandSummary
from training.report.metrics.repetition import Repetition
from training.report.metrics.texture import TextureSummary
from training.report.metrics.two_sample_test import Distinction, Halves

FORMAT = 1

NoteBits = Sequence[NDArray[np.float64]]
"""The bits of every note, piece by piece."""

_FROM_SCRATCH = "a network for bands learns for hours from scratch; compare with the base alone"
_HANDS = "a band's parts have no hands"
NOT_FOR_BANDS = {
    "scratch": _FROM_SCRATCH,
    "scratch_transposed": _FROM_SCRATCH,
    "variable_order": "it predicts one sequence of pitches, not who plays each",
    "melody_over_accompaniment_share_mean": _HANDS,
    "empty_hand_share_mean": _HANDS,
    "longest_empty_hand_beats_median": _HANDS,
    "longest_empty_hand_beats_max": _HANDS,
}
"""The fields that are None in a report on a band, and why."""


@dataclass(frozen=True)
class HeldOutBits:
    """Bits per note on held-out pieces.

    Attributes:
        default: The recipe as it is.
        scratch: The same network without the base and without transposition; None for a band.
        unigram: A unigram model.
        five_gram: A 5-gram model.
        scratch_transposed: The same network without the base, with transposition; None for a band.
        variable_order: A variable-order Markov model with a long-term and a short-term memory; None
            for a band.
        served_float32: The recipe, computed by the decoder cells of the export.
        served_int8: The same with 8-bit weights; None on a machine that cannot compute them.
        base: The base alone, which has learned no piece of the game; None without a base.
    """

    default: float
    scratch: float | None
    unigram: float
    five_gram: float
    scratch_transposed: float | None
    variable_order: float | None
    served_float32: float
    served_int8: float | None = None
    base: float | None = None

    @classmethod
    def mean(cls, bits: Mapping[str, NoteBits], which: NDArray[np.bool_]) -> Self:
        """Average over some notes.

        Args:
            bits: Of all notes, by the name of the field; fields without bits are None.
            which: bool[notes], one or more of all pieces' notes.
        """

        def mean(name: str) -> float | None:
            return float(np.concatenate(bits[name])[which].mean()) if name in bits else None

        return cls(**{field.name: mean(field.name) for field in fields(cls)})  # type: ignore[arg-type]


@dataclass(frozen=True)
class Material:
    """Notes of one kind on held-out pieces.

    Attributes:
        notes: Number of notes.
        bits_per_note: On these notes; None where there are none.
    """

    notes: int
    bits_per_note: HeldOutBits | None

    @classmethod
    def of(cls, bits: Mapping[str, NoteBits], which: NDArray[np.bool_]) -> Self:
        """Average over the notes of this kind, as `HeldOutBits.mean`; there may be none."""
        return cls(int(which.sum()), HeldOutBits.mean(bits, which) if which.any() else None)


@dataclass(frozen=True)
class Fold:
    """One fold of the cross-validation; no piece is ever on both sides.

    Attributes:
        held_out: The names of the pieces that were predicted.
        held_out_notes: Number of their notes.
        bits_per_note: On all of these notes.
        new_material: Notes that follow four notes which the piece has not played before.
        repeated_material: Notes that follow four notes which it has played before.
        baselines: The n-grams' scores in full.
        default_epochs: The losses of the recipe's fit; its held-out loss is that of pieces of the
            other folds, which decide when to stop.
        scratch_epochs: The losses of the fit from scratch; none for a band.
        scratch_transposed_epochs: The same with transposition; none for a band.
        song_seeds: The seeds of the songs that this fold's network composed.
        duration_s: Seconds that the fold took.
    """

    held_out: tuple[str, ...]
    held_out_notes: int
    bits_per_note: HeldOutBits
    new_material: Material
    repeated_material: Material
    baselines: Baselines
    default_epochs: tuple[Epoch, ...]
    scratch_epochs: tuple[Epoch, ...]
    scratch_transposed_epochs: tuple[Epoch, ...]
    song_seeds: tuple[int, ...]
    duration_s: float


@dataclass(frozen=True)
class QuoteLengths:
    """The longest quotes of many pieces, in notes.

    Attributes:
        generated_median: Median of the generated pieces' longest quotes from the collection.
        generated_p95: Their 95th percentile.
        generated_max: The longest of all.
        collection_median: Median of the longest runs that each piece of the collection shares
            with the others.
        collection_p95: Their 95th percentile.
        collection_max: The longest of all.
        generated: The longest quote of every generated piece.
        collection: The longest quote of every piece of the collection.
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
    """The signs of degeneration over many pieces; None if no piece is long enough.

    Attributes:
        longest_repeat_onsets_median: Median of all pieces.
        longest_repeat_onsets_max: The worst piece.
        distinct_four_grams_median: Median of all pieces.
        distinct_four_grams_min: The worst piece.
        empty_bars_mean: Mean of all pieces.
        empty_bars_max: The worst piece.
    """

    longest_repeat_onsets_median: float
    longest_repeat_onsets_max: int
    distinct_four_grams_median: float | None
    distinct_four_grams_min: float | None
    empty_bars_mean: float
    empty_bars_max: float


@dataclass(frozen=True)
class BothDegenerations:
    """Generated pieces and the collection's, which are cut as for repetition."""

    generated: DegenerationSummary
    collection: DegenerationSummary


@dataclass(frozen=True)
class AssessedPiece:
    """The results for one piece.

    Attributes:
        name: Its name.
        notes: How many notes it has.
        quote: The longest run that it shares with another piece of the collection.
        degeneration: Signs of degeneration.
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
class RealOrGenerated:
    """How well a classifier tells excerpts of songs from excerpts of pieces.

    Attributes:
        generated: The collection's pieces and the songs, each song compared with pieces that its
            network has not learned. None if there are too few.
        collection_halves: Random halves of the collection's pieces; None if there are too few.
        other_games: The collection's pieces and those of another game, by the game's name.
    """

    generated: Distinction | None
    collection_halves: Halves | None
    other_games: dict[str, Distinction]


@dataclass(frozen=True)
class BothRepetitions:
    """Repetition in generated pieces and in the collection's, cut to the length of the songs.

    Attributes:
        generated: Mean of the generated pieces.
        collection: Mean of the collection's pieces.
        bar_similarity_error: Mean difference of their bar similarities, 0 to 1.
    """

    generated: Repetition
    collection: Repetition
    bar_similarity_error: float | None


@dataclass(frozen=True)
class BothTextures:
    """Texture of generated pieces and of the collection's, cut as for repetition."""

    generated: TextureSummary
    collection: TextureSummary


@dataclass(frozen=True)
class BothBands:
    """The parts of generated pieces and of the collection's, cut as for repetition.

    Both have the same roles: those that play in any piece or song.
    """

    generated: BandSummary
    collection: BandSummary


@dataclass(frozen=True)
class BothEndings:
    """Endings of generated pieces and of the collection's."""

    generated: EndingShares
    collection: EndingShares


@dataclass(frozen=True)
class Assessment:
    """How generated pieces compare with the collection.

    Attributes:
        real_or_generated: How well a classifier tells songs from pieces.
        repetition: How much songs and pieces repeat.
        texture: The texture of songs and pieces.
        endings: How songs and pieces end.
        measures: Overlap of histograms, by the name of the feature.
        degeneration: Signs of degeneration in songs and pieces.
        longest_quote_notes: The lengths of the longest quotes of songs and pieces.
        pieces: The results for each song and piece.
        band: What each part plays, and all together; None for music for one piano.
    """

    real_or_generated: RealOrGenerated
    repetition: BothRepetitions
    texture: BothTextures
    endings: BothEndings
    measures: dict[str, Comparison]
    degeneration: BothDegenerations
    longest_quote_notes: QuoteLengths
    pieces: BothPieces
    band: BothBands | None = None


@dataclass(frozen=True)
class Sampling:
    """How the generated pieces were sampled, each after the prompt that its seed chooses.

    Attributes:
        notes: The requested length of each; approximate for a song with a plan.
        temperature: 1 leaves the network's probabilities unchanged.
        top_k: 0 is off.
        top_p: 1 is off.
        seeds: One for each piece.
        is_planned: Whether songs have a plan, as the service's songs do by default.
    """

    notes: int
    temperature: float
    top_k: int
    top_p: float
    seeds: tuple[int, ...]
    is_planned: bool = False


@dataclass(frozen=True)
class Report:
    """Everything that was measured, and how.

    Attributes:
        game: The name in requests.
        title: The game's title.
        collection_notes: How many notes the collection has.
        folds: The folds of the cross-validation, one or more.
        assessment: How generated pieces compare with the collection.
        sampling: How they were sampled.
        recipe: Every value of the recipe.
        folds_seed: The seed of the folds.
        versions: The versions of Python and the libraries.
        made_at: ISO 8601, UTC.
        duration_s: Total time in seconds.
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
        """Bits per note over all folds; every held-out note has the same weight."""
        return pooled([Material(fold.held_out_notes, fold.bits_per_note) for fold in self.folds])

    @property
    def new_material(self) -> Material:
        """The new material of all folds."""
        return _merged([fold.new_material for fold in self.folds])

    @property
    def repeated_material(self) -> Material:
        """The repeated material of all folds."""
        return _merged([fold.repeated_material for fold in self.folds])

    @property
    def left_out(self) -> dict[str, str]:
        """The fields that do not apply to this collection, and why."""
        return NOT_FOR_BANDS if self.assessment.band else {}

    def as_fields(self) -> dict[str, Any]:
        """Return the fields of `report.json`; those about bands only for a band."""
        members = asdict(self)
        assessment = members.pop("assessment")
        band = assessment.pop("band")
        return {
            "format": FORMAT,
            "game": members.pop("game"),
            "title": members.pop("title"),
            "held_out_bits_per_note": asdict(self.held_out_bits_per_note),
            "held_out_new_material": asdict(self.new_material),
            "held_out_repeated_material": asdict(self.repeated_material),
            "longest_quote_notes": assessment.pop("longest_quote_notes"),
            **assessment,
            **members,
            **({"band": band, "left_out": self.left_out} if band else {}),
        }

    def to_json(self) -> str:
        """Write `report.json`."""
        return json.dumps(self.as_fields(), indent=1, allow_nan=False)


def pooled(materials: Sequence[Material]) -> HeldOutBits:
    """Average bits per note, weighted by notes; at least one material has notes."""
    known = [(m.notes, m.bits_per_note) for m in materials if m.bits_per_note]

    def mean(name: str) -> float | None:
        values = [(notes, getattr(bits, name)) for notes, bits in known]
        weights, bits = zip(*values, strict=True)
        return None if None in bits else float(np.average(bits, weights=weights))

    names = [field.name for field in fields(HeldOutBits)]
    return HeldOutBits(**{name: mean(name) for name in names})  # type: ignore[arg-type]


def _merged(materials: Sequence[Material]) -> Material:
    notes = sum(material.notes for material in materials)
    return Material(notes, pooled(materials) if notes else None)


def quote_lengths(generated: Sequence[Quote], collection: Sequence[Quote]) -> QuoteLengths:
    """Summarise the longest quotes of generated pieces and of the collection's."""
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
    """Summarise the signs of degeneration in one or more pieces."""
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
