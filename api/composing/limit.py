"""How long a song may be that is to be written in a format."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from api.errors import SongTooLongError
from music.piece import TempoChange
from music.tempo import seconds_at


@dataclass(frozen=True)
class Limit:
    """The most that a file holds; without arguments any song fits.

    Attributes:
        file: What it is called, with its article.
        seconds: From the first onset to the last end.
        bars: As they are written.
        notes: Those of a primer that comes first in the song included.
    """

    file: str = ""
    seconds: float = math.inf
    bars: float = math.inf
    notes: float = math.inf

    def check(
        self, notes: int, ticks: float, tempos: Sequence[TempoChange], bar_ticks: int
    ) -> None:
        """Refuse a song that does not fit, finished or not.

        Args:
            notes: It has so many at least.
            ticks: It goes on for so long at least.
            tempos: The song's.
            bar_ticks: The length of its bars.

        Raises:
            SongTooLongError: It does not fit.
        """
        seconds = float(seconds_at(tempos, ticks))
        bars = math.ceil(ticks / bar_ticks)
        if seconds > self.seconds:
            raise self._exceeded(
                f"{self.seconds} s", f"{seconds:.0f} s", "fewer notes or seconds, or a faster tempo"
            )
        if bars > self.bars:
            raise self._exceeded(f"{self.bars} bars", f"{bars}", "fewer notes or seconds")
        if notes > self.notes:
            raise self._exceeded(
                f"{self.notes} notes", f"{notes}", "fewer notes, or a song without its primer"
            )

    def _exceeded(self, most: str, least: str, what_fits: str) -> SongTooLongError:
        return SongTooLongError(
            f"{self.file} holds up to {most}, and this song has at least {least}; "
            f"ask for {what_fits}."
        )


NO_LIMIT = Limit()
