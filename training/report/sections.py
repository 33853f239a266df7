"""What fills the gaps of `page.html`: tables and sentences of the report's numbers."""

from collections.abc import Callable, Sequence

from training.report.markup import bars, duration, number, percent, table
from training.report.result import (
    AssessedPiece,
    DegenerationSummary,
    Fold,
    HeldOutBits,
    Report,
    Sampling,
)

SCORED = {
    "default": "this recipe",
    "scratch": "the network from scratch, without transposition",
    "five_gram": "5-gram",
    "unigram": "unigram",
}

SIGNS: dict[str, Callable[[DegenerationSummary], str]] = {
    "longest repeat, middle piece (onsets)": lambda s: number(s.longest_repeat_onsets_median, 1),
    "longest repeat, worst piece (onsets)": lambda s: str(s.longest_repeat_onsets_max),
    "distinct 4-grams, middle piece": lambda s: number(s.distinct_four_grams_median),
    "distinct 4-grams, worst piece": lambda s: number(s.distinct_four_grams_min),
    "empty bars, mean": lambda s: percent(s.empty_bars_mean),
    "empty bars, worst piece": lambda s: percent(s.empty_bars_max),
}

QUOTED = {
    "median": "half of the pieces quote no more than",
    "p95": "19 of 20 pieces quote no more than",
    "max": "the longest quote of all",
}


def bits_table(bits: HeldOutBits) -> str:
    """Draw the recipe's bits a note above the baselines'."""
    values = [(words, getattr(bits, name)) for name, words in SCORED.items()]
    return bars("Held-out bits a note, over all folds", values, "bits a note")


def verdict(bits: HeldOutBits) -> str:
    """Say how the recipe stands against the network from scratch and the 5-gram."""
    return (
        f"This recipe needs {number(bits.default)} bits a note, "
        f"{_against(bits.default, bits.scratch)} the network from scratch and "
        f"{_against(bits.default, bits.five_gram)} the 5-gram."
    )


def _against(ours: float, theirs: float) -> str:
    return f"{number(abs(theirs - ours))} {'fewer' if ours <= theirs else 'more'} than"


def folds_table(folds: Sequence[Fold]) -> str:
    """List what was held out in each fold, and its bits a note."""
    rows = [
        (
            ", ".join(fold.held_out),
            str(fold.held_out_notes),
            *(number(getattr(fold.bits_per_note, name)) for name in SCORED),
            duration(fold.duration_s),
        )
        for fold in folds
    ]
    head = ["held out", "notes", "recipe", "scratch", "5-gram", "unigram", "took"]
    return table("Held-out bits a note, fold by fold", head, rows)


def measures_table(report: Report) -> str:
    """Set every feature's agreement beside the halves'."""
    rows = [
        (
            name.replace("_", " "),
            number(found.generated.overlapping_area),
            number(found.halves.overlapping_area if found.halves else None),
            number(found.generated.kl_divergence),
            number(found.halves.kl_divergence if found.halves else None),
        )
        for name, found in report.assessment.measures.items()
    ]
    head = ["feature", "overlap: generated", "halves", "KL divergence: generated", "halves"]
    return table("Distances to the collection and within it, feature by feature", head, rows)


def mean_overlaps(report: Report) -> tuple[float, float | None]:
    """Average the overlapping areas of all features: generated, and halves where there are any."""
    found = report.assessment.measures.values()
    generated = [one.generated.overlapping_area for one in found]
    halves = [one.halves.overlapping_area for one in found if one.halves]
    return sum(generated) / len(generated), sum(halves) / len(halves) if halves else None


def degeneration_table(report: Report) -> str:
    """Set the signs of degeneration of generated pieces beside the collection's."""
    both = report.assessment.degeneration
    rows = [(words, sign(both.generated), sign(both.collection)) for words, sign in SIGNS.items()]
    return table("Signs of running dry", ["sign", "generated", "collection"], rows)


def quotes_table(report: Report) -> str:
    """Set the lengths of quotes of generated pieces beside the collection's own."""
    lengths = report.assessment.longest_quote_notes
    rows = [
        (words, *(_whole(getattr(lengths, f"{who}_{name}")) for who in ("generated", "collection")))
        for name, words in QUOTED.items()
    ]
    return table("Longest quotes, in notes", ["notes", "generated", "collection"], rows)


def pieces_table(caption: str, pieces: Sequence[AssessedPiece]) -> str:
    """List what each piece quotes, the longest quotes first; notes are counted from 1."""
    rows = [
        (
            piece.name,
            str(piece.notes),
            str(piece.quote.length_notes),
            str(piece.quote.start_in_song + 1),
            piece.quote.piece,
            str(piece.quote.start_in_piece + 1),
        )
        for piece in sorted(pieces, key=lambda piece: -piece.quote.length_notes)
    ]
    head = ["piece", "its notes", "quotes", "from its note", "of", "from its note"]
    return table(caption, head, rows)


def sampling(how: Sampling) -> str:
    """Say how the pieces were drawn."""
    top_k = f"from the {how.top_k} most likely tokens" if how.top_k else "from all tokens"
    top_p = f"cut to {how.top_p:g} of the probability" if how.top_p < 1 else "uncut"
    drawn = f"at temperature {how.temperature:g}, {top_k}, {top_p}"
    return f"{drawn}, {how.notes} notes each, going on from the openings of the pieces by turns"


def _whole(value: float) -> str:
    return f"{value:g}" if value == round(value) else f"{value:.1f}"
