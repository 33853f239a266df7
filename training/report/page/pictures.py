"""The report's pictures, as SVG elements of its page.

Text and axes have the colour of the page's text, so they are visible on light and dark backgrounds.
"""

import base64
import html
import io
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from music.notes import TICKS_PER_BEAT, Notes
from music.piece import Piece
from music.score.engraving import to_musicxml, to_svg
from training.fitting.history import Epoch
from training.report.metrics.histogram_overlap import (
    FEATURES,
    LENGTHS_TICKS,
    MOST_VOICES,
    WIDEST_INTERVAL,
    histograms,
)
from training.report.result import BothRepetitions, Fold, Report

GENERATED, COLLECTION = "#d9730d", "#3b82c4"  # both are visible on white and on black

_DRUMS = "#808080"
_INK = "#010203"  # replaced by the page's own colour
_STYLE = {
    "svg.fonttype": "none",
    "svg.hashsalt": "leitmotif",
    "axes.edgecolor": _INK,
    "axes.labelcolor": _INK,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "legend.frameon": False,
    "text.color": _INK,
    "xtick.color": _INK,
    "ytick.color": _INK,
}
_FONT = re.compile(r"font: ([\d.]+px) [^;\"]*")
_METADATA = re.compile(r"<metadata>.*?</metadata>", re.DOTALL)
_POINTS_PER_INCH = 72

_ROLLS = 4
_ROLL_BEATS = 64
_SCORES = 2
_SCORE_BARS = 16
_MIDDLE_C = 60
_NAMES_OF_CLASSES = ("C", "", "D", "", "E", "F", "", "G", "", "A", "", "B")


@dataclass(frozen=True)
class Picture:
    """A picture with its caption.

    Attributes:
        markup: The HTML in the figure.
        caption: What it shows.
    """

    markup: str
    caption: str


@dataclass(frozen=True)
class Gallery:
    """The pictures of a report.

    Attributes:
        losses: The losses of all folds.
        bar_similarity: The similarity of bars in songs and pieces, by distance.
        features: One picture for each measure.
        generated_rolls: Piano rolls of generated pieces.
        collection_rolls: Piano rolls of the collection's pieces.
        scores: Excerpts in staff notation.
    """

    losses: Picture
    bar_similarity: Picture
    features: tuple[Picture, ...]
    generated_rolls: tuple[Picture, ...]
    collection_rolls: tuple[Picture, ...]
    scores: tuple[Picture, ...]


def gallery(report: Report, songs: Sequence[Piece], collection: Sequence[Piece]) -> Gallery:
    """Draw all pictures of a report.

    Args:
        report: Its numbers.
        songs: The generated pieces.
        collection: The pieces that they were learned from.
    """
    notes = [[piece.notes.as_piano() for piece in pieces] for pieces in (songs, collection)]
    return Gallery(
        losses=losses(report.folds),
        bar_similarity=bar_similarity(report.assessment.repetition),
        features=tuple(feature_pictures(*notes)),
        generated_rolls=tuple(piano_roll(song, GENERATED) for song in songs[:_ROLLS]),
        collection_rolls=tuple(piano_roll(piece, COLLECTION) for piece in collection[:_ROLLS]),
        scores=tuple(sheet for song in songs[:_SCORES] for sheet in sheets(song)),
    )


def losses(folds: Sequence[Fold]) -> Picture:
    """Draw the losses of every fold's fits."""
    of_fits = {
        "the recipe": [fold.default_epochs for fold in folds],
        "from scratch, transposed": [fold.scratch_transposed_epochs for fold in folds],
        "from scratch": [fold.scratch_epochs for fold in folds],
    }
    fits = {name: trainings for name, trainings in of_fits.items() if any(trainings)}

    def draw(figure: Any) -> None:
        each = figure.subplots(1, len(fits), sharey=True, squeeze=False)[0]
        for axes, (title, trainings) in zip(each, fits.items(), strict=True):
            _losses(axes, trainings, title)
        each[0].set_ylabel("loss (nats per token)")
        each[-1].legend(*_legend_of_first(each[0]))

    what = f"Losses by epoch, a line for each fold: {', '.join(fits)}."
    return Picture(_svg(draw, (8, 3.2), what), what)


def bar_similarity(both: BothRepetitions) -> Picture:
    """Draw the similarity of bars by their distance, for songs and pieces."""

    def draw(figure: Any) -> None:
        axes = figure.add_subplot()
        for name, colour, found in (
            ("collection", COLLECTION, both.collection),
            ("generated", GENERATED, both.generated),
        ):
            known = [(n, v) for n, v in enumerate(found.bar_similarity, 1) if v is not None]
            axes.plot(*zip(*known, strict=True), ".-", color=colour, linewidth=1.5, label=name)
        axes.set(xlabel="distance (bars)", ylabel="similarity", xticks=range(0, 33, 4))
        axes.set_ylim(bottom=0)
        axes.legend(loc="upper right")

    what = "Mean similarity of two bars by their distance"
    return Picture(_svg(draw, (8, 2.8), what), what)


def feature_pictures(generated: Sequence[Notes], collection: Sequence[Notes]) -> list[Picture]:
    """Draw the mean histogram of every measure, for songs and pieces."""
    return [_feature(name, generated, collection) for name in FEATURES]


def piano_roll(piece: Piece, colour: str) -> Picture:
    """Draw the beginning of a piece: a bar for each note, time to the right, pitch upwards.

    Drums are grey, each at its key of the kit.
    """
    notes = piece.notes[piece.notes.onset_ticks < _ROLL_BEATS * TICKS_PER_BEAT]
    start = notes.onset_ticks / TICKS_PER_BEAT
    end = np.minimum(start + notes.duration_ticks / TICKS_PER_BEAT, _ROLL_BEATS) - 0.04
    low, high = notes.pitch - 0.45, notes.pitch + 0.45
    corners = np.stack([start, low, start, high, end, high, end, low], axis=1).reshape(-1, 4, 2)

    def draw(figure: Any) -> None:
        from matplotlib.collections import PolyCollection  # noqa: PLC0415  as in _svg

        axes = figure.add_subplot()
        for of_kind, kind in ((notes.is_melodic, colour), (~notes.is_melodic, _DRUMS)):
            if of_kind.any():
                axes.add_collection(PolyCollection(list(corners[of_kind]), color=kind, linewidth=0))
        lowest, highest = notes.pitch.min(initial=_MIDDLE_C), notes.pitch.max(initial=_MIDDLE_C)
        axes.set(xlim=(0, _ROLL_BEATS), ylim=(lowest - 2, highest + 2))
        axes.set(xlabel="beat", ylabel="MIDI note", xticks=range(0, _ROLL_BEATS + 1, 16))

    what = f"{piece.name}: its first {_ROLL_BEATS} beats ({len(notes)} notes)"
    return Picture(_svg(draw, (5.6, 2.4), what), what)


def sheets(piece: Piece) -> list[Picture]:
    """Engrave the beginning of a piece."""
    caption = f"{piece.name}: its first {_SCORE_BARS} bars"
    return [_sheet(svg, caption) for svg in to_svg(to_musicxml(piece, _SCORE_BARS))]


def _sheet(svg: str, caption: str) -> Picture:
    """Show a page of a score as a separate image, black on white."""
    data = base64.b64encode(svg.encode()).decode()
    alt = html.escape(f"Score: {caption}")
    return Picture(
        f'<div class="score" tabindex="0" role="region" aria-label="{alt}">'
        f'<img class="sheet" alt="{alt}" src="data:image/svg+xml;base64,{data}"></div>',
        caption,
    )


def _losses(axes: Any, trainings: Sequence[Sequence[Epoch]], title: str) -> None:
    from matplotlib.ticker import MaxNLocator  # noqa: PLC0415  as in _svg

    for epochs in trainings:
        numbers = range(1, len(epochs) + 1)
        held_out = [np.nan if e.held_out_loss is None else e.held_out_loss for e in epochs]
        learned = [epoch.train_loss for epoch in epochs]
        axes.plot(numbers, learned, ".--", color=COLLECTION, linewidth=1, label="learned pieces")
        axes.plot(numbers, held_out, ".-", color=GENERATED, linewidth=1.5, label="held-out pieces")
    axes.set(title=title, xlabel="epoch")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))


def _legend_of_first(axes: Any) -> tuple[list[Any], list[str]]:
    handles, labels = axes.get_legend_handles_labels()
    return handles[:2], labels[:2]


def _feature(name: str, generated: Sequence[Notes], collection: Sequence[Notes]) -> Picture:
    ours, theirs = (
        histograms(FEATURES[name], pieces).mean(axis=0) for pieces in (generated, collection)
    )
    what = name.replace("_", " ")

    def draw(figure: Any) -> None:
        axes = figure.add_subplot()
        edges = np.arange(len(ours) + 1) - 0.5
        axes.stairs(theirs, edges, fill=True, alpha=0.45, color=COLLECTION, label="collection")
        axes.stairs(ours, edges, color=GENERATED, linewidth=1.8, label="generated")
        places, labels, unit = _ticks(name)
        axes.set_xticks(places, labels)
        axes.set(xlabel=unit, ylabel="share", xlim=_span(ours + theirs))
        figure.legend(loc="outside upper right", ncols=2)

    return Picture(_svg(draw, (4, 2.6), f"Histogram of {what}, songs and pieces"), what)


def _ticks(name: str) -> tuple[list[int], list[str], str]:
    """Return the places, the labels and the unit of a histogram's axis."""
    if name == "pitch":
        octaves = range(1, 8)
        return [12 * n - 9 for n in octaves], [f"C{n}" for n in octaves], "key"
    if name == "pitch_class":
        return list(range(12)), list(_NAMES_OF_CLASSES), "pitch class"
    if name == "interval":
        steps = range(-WIDEST_INTERVAL, WIDEST_INTERVAL + 1, 12)
        return (
            [WIDEST_INTERVAL + n for n in steps],
            [f"{n:+d}" if n else "0" for n in steps],
            "semitones",
        )
    if name == "polyphony":
        voices = range(0, MOST_VOICES + 1, 2)
        return list(voices), [str(n) for n in voices], "notes that sound at the same time"
    beats = {3: "1/4", 6: "1/2", 12: "1", 24: "2", 48: "4", 96: "8"}
    places = {ticks: place for place, ticks in enumerate(LENGTHS_TICKS.tolist())}
    return [places[ticks] for ticks in beats], list(beats.values()), "beats"


def _span(shares: NDArray[np.float64]) -> tuple[float, float]:
    """Return the range without the empty bins at both ends."""
    filled = np.flatnonzero(shares)
    return (float(filled.min(initial=len(shares) - 1)) - 1, float(filled.max(initial=0)) + 1)


def _svg(draw: Callable[[Any], None], inches: tuple[float, float], description: str) -> str:
    """Draw a figure as an SVG element that fills the width of its container."""
    import matplotlib as mpl  # noqa: PLC0415  a second, needed once at the end
    from matplotlib.figure import Figure  # noqa: PLC0415

    written = io.StringIO()
    with mpl.rc_context(_STYLE):
        figure = Figure(figsize=inches, layout="constrained")
        draw(figure)
        figure.savefig(written, format="svg", transparent=True, metadata={"Date": None})
    svg = _METADATA.sub("", written.getvalue()).replace(_INK, "currentColor")
    svg = _FONT.sub(r"font: \1 system-ui, sans-serif", svg[svg.index("<svg") :])
    box = "0 0 {:g} {:g}".format(*(_POINTS_PER_INCH * side for side in inches))
    root = (
        '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
        f' viewBox="{box}" role="img" aria-label="{html.escape(description)}">'
    )
    return root + svg[svg.index(">") + 1 :]
