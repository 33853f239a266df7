"""Small pieces of HTML: tables, figures, numbers. Text is escaped here and nowhere else."""

import html
from collections.abc import Iterable, Sequence

from training.report.page.pictures import Picture


def table(caption: str, head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Write a table of plain text; the first column names the rows.

    Args:
        caption: What it shows.
        head: C names of columns.
        rows: C cells each.
    """
    columns = "".join(f'<th scope="col">{html.escape(name)}</th>' for name in head)
    body = "".join(_row(row) for row in rows)
    return (
        f'<div class="wide" tabindex="0" role="region" aria-label="{html.escape(caption)}"><table>'
        f"<caption>{html.escape(caption)}</caption>"
        f"<thead><tr>{columns}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def bars(caption: str, values: Sequence[tuple[str, float]], unit: str) -> str:
    """Write a table of numbers with a bar behind each.

    Args:
        caption: What it shows.
        values: Names and numbers, 0 or more.
        unit: Of the numbers.
    """
    widest = max(value for _, value in values) or 1.0
    body = "".join(
        f'<tr><th scope="row">{html.escape(name)}</th><td class="bar">'
        f'<span style="--share:{value / widest:.4f}">{number(value)}</span></td></tr>'
        for name, value in values
    )
    return (
        f'<table class="bars"><caption>{html.escape(caption)}</caption><thead><tr>'
        f'<td></td><th scope="col">{html.escape(unit)}</th></tr></thead>'
        f"<tbody>{body}</tbody></table>"
    )


def paragraph(text: str) -> str:
    """Write a paragraph of secondary text."""
    return f'<p class="quiet">{html.escape(text)}</p>'


def figure(picture: Picture) -> str:
    """Show a picture over its caption."""
    caption = html.escape(picture.caption)
    return f"<figure>{picture.markup}<figcaption>{caption}</figcaption></figure>"


def figures(pictures: Iterable[Picture]) -> str:
    """Show pictures side by side, as far as the width allows."""
    return f'<div class="figures">{"".join(map(figure, pictures))}</div>'


def number(value: float | None, digits: int = 2) -> str:
    """Write a number, or a dash for None."""
    return "–" if value is None else f"{value:.{digits}f}"  # noqa: RUF001  a dash, not a minus


def percent(value: float) -> str:
    """Write a share."""
    return f"{100 * value:.1f} %"


def duration(seconds: float) -> str:
    """Write a duration: in seconds below a minute, then in minutes, then in hours and minutes."""
    hours, minutes = divmod(round(seconds / 60), 60)
    if seconds < 60:
        return f"{seconds:.0f} s"
    return f"{hours} h {minutes} min" if hours else f"{minutes} min"


def _row(cells: Sequence[str]) -> str:
    name, *values = map(html.escape, cells)
    columns = "".join(f"<td>{value}</td>" for value in values)
    return f'<tr><th scope="row">{name}</th>{columns}</tr>'
