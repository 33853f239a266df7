"""All curves as one picture, a small panel each."""

import io
import math
from collections.abc import Sequence
from typing import Any

from benchmarks.growth.curve import Curve

_COLUMNS = 3
_PANEL_INCHES = (3.4, 2.6)
_MEASURED, _OUTGROWING, _PROPORTIONAL = "#1f6feb", "#d1242f", "#8c959f"
_STYLE = {"font.size": 8, "svg.fonttype": "none", "svg.hashsalt": "leitmotif"}


def growth_svg(curves: Sequence[Curve]) -> str:
    """Draw each curve on logarithmic axes, with a line of its work for comparison.

    The line of a cost is proportional to x and starts at the first point; that of a rate is level.
    A curve that outgrows its work is red.
    """
    import matplotlib as mpl  # noqa: PLC0415  a second, needed once at the end
    from matplotlib.figure import Figure  # noqa: PLC0415

    rows = math.ceil(len(curves) / _COLUMNS)
    width, height = _PANEL_INCHES
    written = io.StringIO()
    with mpl.rc_context(_STYLE):
        figure = Figure(figsize=(_COLUMNS * width, rows * height), layout="constrained")
        for number, curve in enumerate(curves, 1):
            _draw(figure.add_subplot(rows, _COLUMNS, number), curve)
        figure.savefig(written, format="svg", facecolor="white", metadata={"Date": None})
    return written.getvalue()


def _draw(axes: Any, curve: Curve) -> None:
    for points, style, colour in (
        (curve.proportional(), "--", _PROPORTIONAL),
        (curve.points, "o-", _OUTGROWING if curve.outgrows_its_work else _MEASURED),
    ):
        axes.plot([p.x for p in points], [p.y for p in points], style, color=colour)
    axes.set(xscale="log", yscale="log", xlabel=curve.x, ylabel=curve.y)
    axes.set_title(f"exponent {curve.exponent:+.2f}", fontsize="medium")
    axes.set_xticks([point.x for point in curve.points], [f"{p.x:,}" for p in curve.points])
    axes.minorticks_off()
    above = {"xytext": (0, 4), "textcoords": "offset points", "ha": "center"}
    for point in curve.points:  # the axis has no number where all values are of one magnitude
        axes.annotate(point.shown_y, (point.x, point.y), **above)
    axes.margins(0.12, 0.2)
    axes.grid(alpha=0.3)
