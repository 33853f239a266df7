"""The report's page: one self-contained HTML file, without scripts."""

import html
import json
from pathlib import Path
from string import Template

import numpy as np

from training.report.folds import FEWEST_QUOTED_NOTES
from training.report.metrics.excerpt_features import FEATURES
from training.report.page import sections
from training.report.page.band_tables import band_tables
from training.report.page.markup import duration, figure, figures, number, percent
from training.report.page.pictures import Gallery
from training.report.result import Report

_PAGE = Path(__file__).with_name("page.html")


def page(report: Report, gallery: Gallery) -> str:
    """Write `report.html`."""
    template = Template(_template("band" if report.assessment.band else "piano"))
    text = {name: html.escape(words) for name, words in _text(report).items()}
    tables = _tables(report) | band_tables(report)
    return template.substitute(text | tables | _pictures(gallery))


def _template(kind: str) -> str:
    """Return the page with the paragraphs of one kind of music, in the folder of that name."""
    files = (_PAGE.parent / kind).glob("*.html")
    paragraphs = {file.stem: file.read_text(encoding="utf-8").rstrip("\n") for file in files}
    return Template(_PAGE.read_text(encoding="utf-8")).safe_substitute(paragraphs)


def _text(report: Report) -> dict[str, str]:
    bits = report.held_out_bits_per_note
    found = report.assessment.real_or_generated
    repeated = report.assessment.repetition
    quotes = report.assessment.longest_quote_notes
    overlap, halves_overlap = sections.mean_overlaps(report)
    return {
        "title": report.title,
        "made_at": report.made_at,
        "duration": duration(report.duration_s),
        "folds": str(len(report.folds)),
        "pieces": str(len(report.assessment.pieces.collection)),
        "notes": f"{report.collection_notes:,}",
        "songs": str(len(report.assessment.pieces.generated)),
        "song_notes": f"{'about ' if report.sampling.is_planned else ''}{report.sampling.notes}",
        "median_notes": str(int(np.median([p.notes for p in report.assessment.pieces.generated]))),
        "features": str(len(FEATURES)),
        "area": number(found.generated.area if found.generated else None),
        "generated_runs": percent(repeated.generated.notes_in_runs_of_8_share),
        "collection_runs": percent(repeated.collection.notes_in_runs_of_8_share),
        "similarity_error": number(repeated.bar_similarity_error),
        "default_bits": number(bits.default),
        "variable_order_bits": number(bits.variable_order),
        "base_bits": number(bits.base),
        "overlap": number(overlap),
        "halves_overlap": number(halves_overlap),
        "generated_p95": number(quotes.generated_p95, 0),
        "collection_p95": number(quotes.collection_p95, 0),
        "verdict": sections.verdict(bits),
        "sampling": sections.sampling(report.sampling),
        "fewest_quoted": str(FEWEST_QUOTED_NOTES),
        "details": _details(report),
    }


def _tables(report: Report) -> dict[str, str]:
    pieces = report.assessment.pieces
    return {
        "real_or_generated": sections.real_or_generated_table(report),
        "telling": sections.telling_table(report),
        "repetition": sections.repetition_table(report),
        "texture": sections.texture_table(report),
        "endings": sections.endings_table(report),
        "bits": sections.bits_table(report.held_out_bits_per_note),
        "left_out_bits": sections.left_out(report, sections.SCORED),
        "left_out_texture": sections.left_out(report, sections.TEXTURE_NAMES),
        "material": sections.material_table(report),
        "fold_table": sections.folds_table(report),
        "measures": sections.measures_table(report),
        "degeneration": sections.degeneration_table(report),
        "quotes": sections.quotes_table(report),
        "generated_quotes": sections.pieces_table("Generated pieces", pieces.generated),
        "collection_quotes": sections.pieces_table("The collection’s pieces", pieces.collection),  # noqa: RUF001  an apostrophe
    }


def _pictures(gallery: Gallery) -> dict[str, str]:
    return {
        "losses": figure(gallery.losses),
        "bar_similarity": figure(gallery.bar_similarity),
        "features_pictures": figures(gallery.features),
        "generated_rolls": figures(gallery.generated_rolls),
        "collection_rolls": figures(gallery.collection_rolls),
        "scores": "".join(map(figure, gallery.scores)),
    }


def _details(report: Report) -> str:
    fields = report.as_fields()
    shown = {name: fields[name] for name in ("sampling", "recipe", "folds_seed", "versions")}
    return json.dumps(shown, indent=2)
