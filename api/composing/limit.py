"""The longest song that a format can hold."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from api.errors import SongTooLongError
from music.piece import TempoChange
from music.tempo import seconds_at


@dataclass(frozen=True)
class Limit:
    """The limits of a file; without arguments there are none.

    Attributes:
        file: The name of the format, with its article.
        seconds: From the first onset to the last end.
        bars: The number of notated bars.
        notes: The number of notes, including a primer at the start of the song.
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
            notes: The least number of notes that it will have.
            ticks: The least length that it will have.
            tempos: The song's tempo map.
            bar_ticks: The length of its bars.

        Raises:
            SongTooLongError: It exceeds a limit.
        """
        seconds = float(seconds_at(tempos, ticks))
        bars = math.ceil(ticks / bar_ticks)
        if seconds > self.seconds:
            what_fits = "fewer bars, notes or seconds, or a faster tempo"
            raise self._exceeded(f"{self.seconds} s", f"{seconds:.0f} s", what_fits)
        if bars > self.bars:
            raise self._exceeded(f"{self.bars} bars", f"{bars}", "fewer bars, notes or seconds")
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
