"""The tables and sentences that fill the placeholders of `page.html`."""

from collections.abc import Callable, Mapping, Sequence

from training.report.metrics.endings import EndingShares
from training.report.metrics.repetition import Repetition
from training.report.page.markup import bars, duration, number, paragraph, percent, table
from training.report.result import (
    AssessedPiece,
    DegenerationSummary,
    HeldOutBits,
    Report,
    Sampling,
)

SCORED = {
    "default": "this recipe",
    "base": "the base alone",
    "scratch_transposed": "from scratch, with transposition",
    "scratch": "from scratch, without transposition",
    "variable_order": "variable-order model with a short-term memory",
    "five_gram": "5-gram",
    "unigram": "unigram",
    "served_float32": "this recipe as served, float32",
    "served_int8": "this recipe as served, int8",
}
_IN_FOLDS = ("default", "base", "scratch_transposed", "scratch", "variable_order", "five_gram")


def _similarity(bars_apart: int) -> Callable[[Repetition], str]:
    return lambda found: number(found.bar_similarity[bars_apart - 1])


def _tenths(value: float) -> str:
    return number(value, 1)


REPETITION: dict[str, Callable[[Repetition], str]] = {
    "notes in runs of 8 or more played before": lambda r: percent(r.notes_in_runs_of_8_share),
    "notes in runs of 16 or more played before": lambda r: percent(r.notes_in_runs_of_16_share),
    "bars that return exactly": lambda r: percent(r.returning_bars_share),
    **{f"similarity of bars {apart} apart": _similarity(apart) for apart in (1, 2, 4, 8, 16, 32)},
}

TEXTURE: dict[str, tuple[str, Callable[[float], str]]] = {
    "notes_per_beat_mean": ("notes per beat", _tenths),
    "melody_over_accompaniment_share_mean": ("onsets with melody over accompaniment", percent),
    "parallel_octaves_share_mean": ("moves in parallel octaves", percent),
    "longest_single_key_onsets_median": (
        "longest run of a single repeated key, median (onsets)",
        _tenths,
    ),
    "longest_single_key_onsets_max": (
        "longest run of a single repeated key, worst piece (onsets)",
        str,
    ),
    "empty_hand_share_mean": ("beats in which a hand is silent", percent),
    "longest_empty_hand_beats_median": ("longest silence of a hand, median (beats)", _tenths),
    "longest_empty_hand_beats_max": ("longest silence of a hand, worst piece (beats)", str),
}
TEXTURE_NAMES = {name: words for name, (words, _) in TEXTURE.items()}

ENDINGS: dict[str, Callable[[EndingShares], str]] = {
    "last onset on a downbeat": lambda e: percent(e.on_downbeat_share),
    "last note longer than its neighbours": lambda e: percent(e.on_long_note_share),
    "last bass note on the tonic": lambda e: percent(e.on_tonic_share),
}

SIGNS: dict[str, Callable[[DegenerationSummary], str]] = {
    "longest repeat, median (onsets)": lambda s: number(s.longest_repeat_onsets_median, 1),
    "longest repeat, worst piece (onsets)": lambda s: str(s.longest_repeat_onsets_max),
    "distinct 4-grams, median": lambda s: number(s.distinct_four_grams_median),
    "distinct 4-grams, worst piece": lambda s: number(s.distinct_four_grams_min),
    "empty bars, mean": lambda s: percent(s.empty_bars_mean),
    "empty bars, worst piece": lambda s: percent(s.empty_bars_max),
}

QUOTED = {
    "median": "median",
    "p95": "95th percentile",
    "max": "longest quote of all",
}


def real_or_generated_table(report: Report) -> str:
    """List the areas of songs, of the collection's halves and of other games."""
    found = report.assessment.real_or_generated
    rows = [
        (name.replace("_", " "), number(d.area), str(d.excerpts[0]), str(d.excerpts[1]))
        for name, d in [("songs", found.generated), *sorted(found.other_games.items())]
        if d
    ]
    if halves := found.collection_halves:
        area = f"{number(halves.area_mean)} ± {number(halves.area_deviation)}"
        rows.insert(1, ("its own halves", area, "", ""))
    return table(
        "The collection’s pieces against others: area under the ROC curve",  # noqa: RUF001
        ["against", "area", "excerpts of the collection", "of the other"],
        rows,
    )


def telling_table(report: Report) -> str:
    """List the features by which the classifier tells songs from pieces."""
    found = report.assessment.real_or_generated.generated
    rows = [
        (
            feature.name.replace("_", " "),
            percent(feature.importance),
            number(feature.means[1]),
            number(feature.means[0]),
        )
        for feature in (found.telling if found else ())
    ]
    head = ["feature of an excerpt", "importance", "mean of songs", "mean of pieces"]
    return table("The features that separate songs from pieces", head, rows)


def repetition_table(report: Report) -> str:
    """Compare the repetition of generated pieces and of the collection's."""
    both = report.assessment.repetition
    rows = [(words, of(both.generated), of(both.collection)) for words, of in REPETITION.items()]
    return table("Repetition, mean of all pieces", ["", "generated", "collection"], rows)


def texture_table(report: Report) -> str:
    """Compare the texture of generated pieces and of the collection's."""
    both = report.assessment.texture
    rows = [
        (words, *(write(getattr(side, name)) for side in (both.generated, both.collection)))
        for name, (words, write) in TEXTURE.items()
        if name not in report.left_out
    ]
    return table("Texture", ["", "generated", "collection"], rows)


def endings_table(report: Report) -> str:
    """Compare the endings of generated pieces and of the collection's."""
    both = report.assessment.endings
    rows = [(words, of(both.generated), of(both.collection)) for words, of in ENDINGS.items()]
    return table("Endings, share of all pieces", ["", "generated", "collection"], rows)


def bits_table(bits: HeldOutBits) -> str:
    """Draw the bits per note of the recipe, then of the baselines."""
    values = [(words, getattr(bits, name)) for name, words in SCORED.items()]
    known = [(words, value) for words, value in values if value is not None]
    return bars("Held-out bits per note, over all folds", known, "bits per note")


def material_table(report: Report) -> str:
    """Compare bits per note on new and on repeated material."""
    materials = (report.new_material, report.repeated_material)
    notes = sum(material.notes for material in materials)
    rows = [
        (words, *(number(getattr(m.bits_per_note, name, None)) for m in materials))
        for name, words in SCORED.items()
        if name not in report.left_out
    ]
    shares = [percent(material.notes / notes) for material in materials]
    return table(
        "Held-out bits per note by kind of material",
        ["", f"new ({shares[0]} of the notes)", f"repeated ({shares[1]})"],
        rows,
    )


def verdict(bits: HeldOutBits) -> str:
    """Compare the recipe with the baselines that it should beat."""
    rows = {
        "the base alone": bits.base,
        "the network from scratch with transposition": bits.scratch_transposed,
        "the variable-order model": bits.variable_order,
    }
    known = [(name, value) for name, value in rows.items() if value is not None]
    against = [f"{_against(bits.default, value)} {name}" for name, value in known]
    compared = f": {_listed(against)}" if against else ""
    return f"This recipe needs {number(bits.default)} bits per note{compared}."


def left_out(report: Report, names: Mapping[str, str]) -> str:
    """Say which rows are left out, and why.

    Args:
        report: The report.
        names: The words for each field that a table may have.
    """
    because: dict[str, list[str]] = {}
    for name, words in names.items():
        if reason := report.left_out.get(name):
            because.setdefault(reason, []).append(f"“{words}”")
    each = [f"{_listed(words)} ({reason})" for reason, words in because.items()]
    return paragraph(f"Left out: {'; '.join(each)}.") if each else ""


def _listed(words: Sequence[str]) -> str:
    return " and ".join([part for part in (", ".join(words[:-1]), words[-1]) if part])


def _against(ours: float, theirs: float) -> str:
    return f"{number(abs(theirs - ours))} {'fewer' if ours <= theirs else 'more'} than"


def summary(report: Report) -> list[str]:
    """Summarise the report for the terminal."""
    bits, quotes = report.held_out_bits_per_note, report.assessment.longest_quote_notes
    found = report.assessment.real_or_generated.generated
    repeated = report.assessment.repetition
    area = number(found.area if found else None)
    runs = [
        percent(each.notes_in_runs_of_8_share) for each in (repeated.generated, repeated.collection)
    ]
    baselines = {
        "base alone": "base",
        "variable-order model": "variable_order",
        "5-gram": "five_gram",
    }
    needed = [
        f"{words} {number(getattr(bits, name))}"
        for words, name in baselines.items()
        if name not in report.left_out
    ]
    p95 = [number(length, 0) for length in (quotes.generated_p95, quotes.collection_p95)]
    return [
        f"{report.game}: real or generated: area {area} (0.50 is chance)",
        f"notes in runs of 8 or more: {runs[0]} in songs, {runs[1]} in pieces",
        f"held-out bits per note: {number(bits.default)}",
        f"  {', '.join(needed)}",
        f"longest quote, 95th percentile: {p95[0]} notes in songs, {p95[1]} among the pieces",
    ]


def folds_table(report: Report) -> str:
    """List the held-out pieces of each fold, and their bits per note."""
    names = [name for name in _IN_FOLDS if name not in report.left_out]
    rows = [
        (
            ", ".join(fold.held_out),
            str(fold.held_out_notes),
            *(number(getattr(fold.bits_per_note, name)) for name in names),
            duration(fold.duration_s),
        )
        for fold in report.folds
    ]
    head = ["held out", "notes", *(SCORED[name] for name in names), "took"]
    return table("Held-out bits per note, fold by fold", head, rows)


def measures_table(report: Report) -> str:
    """Compare every feature's agreement with that of the halves."""
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
    """Average the overlapping areas of all features, for songs and, if there are any, halves."""
    found = report.assessment.measures.values()
    generated = [one.generated.overlapping_area for one in found]
    halves = [one.halves.overlapping_area for one in found if one.halves]
    return sum(generated) / len(generated), sum(halves) / len(halves) if halves else None


def degeneration_table(report: Report) -> str:
    """Compare the signs of degeneration in generated pieces and in the collection's."""
    both = report.assessment.degeneration
    rows = [(words, sign(both.generated), sign(both.collection)) for words, sign in SIGNS.items()]
    return table("Degenerate repetition", ["sign", "generated", "collection"], rows)


def quotes_table(report: Report) -> str:
    """Compare the lengths of quotes in generated pieces and in the collection's."""
    lengths = report.assessment.longest_quote_notes
    rows = [
        (words, *(_whole(getattr(lengths, f"{who}_{name}")) for who in ("generated", "collection")))
        for name, words in QUOTED.items()
    ]
    return table("Longest quotes, in notes", ["notes", "generated", "collection"], rows)


def pieces_table(caption: str, pieces: Sequence[AssessedPiece]) -> str:
    """List the longest quote of each piece, sorted by length; notes are counted from 1."""
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
    """Describe how the songs were sampled."""
    top_k = [f"the {how.top_k} most likely"] if how.top_k else []
    top_p = [f"the nucleus {how.top_p:g}"] if how.top_p < 1 else []
    pitches = " and ".join([*top_k, *top_p]) or "all"
    sampled = f"at temperature {how.temperature:g}, pitches from {pitches}"
    length = f"about {how.notes}" if how.is_planned else str(how.notes)
    return f"{sampled}, {length} notes each, after prompts from learned pieces"


def _whole(value: float) -> str:
    return f"{value:g}" if value == round(value) else f"{value:.1f}"
