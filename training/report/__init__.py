"""The evaluation of a game's model, and the page that shows its results."""

from pathlib import Path

REPORTS_DIR = Path("reports")
