"""Pieces by a plan in the studio, and the notes of their bars."""

from tests.studio.conftest import compose, player, rows

BAR_TICKS = 48


def compose_bars(page, bars=8, form="AB", ending="false"):
    """Compose a piece by a plan and show its start."""
    if page.is_enabled("#ending"):
        page.select_option("#ending", ending)  # the model of these tests cannot read all endings
    page.select_option("#unit", "bars")
    page.fill("#form", form)
    piece = compose(page, bars)
    page.evaluate(player("player.seek(0)"))
    return piece


def in_bars(piece, *numbers, start=0):
    """Return the notes of some bars; what follows may end one that lasts beyond its bar."""
    found = []
    for onset, duration, pitch in rows(piece):
        bar, place = divmod(onset - start, BAR_TICKS)
        if bar + 1 in numbers:
            found.append((onset, min(duration, BAR_TICKS - place), pitch))
    return found
