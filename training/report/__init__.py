"""How good the music is: measures of a game's model, and the page that shows them."""

from pathlib import Path

REPORTS_DIR = Path("reports")
