"""A soundfont's first instrument, by symusic's synthesizer, which has none of its own."""

from collections.abc import Iterator
from pathlib import Path
from threading import Lock

import numpy as np
from numpy.typing import NDArray

from music.errors import SoundfontError
from music.instrument import SAMPLE_RATE_HZ
from music.midi import to_midi
from music.notes import HIGHEST_PITCH, Notes

_QUALITY = 4  # of 0 to 6; the synthesizer's default
_HEADROOM = 0.9
_DYING_AWAY_S = 2.0


class Soundfont:
    """A piano out of a file; the file is read once."""

    def __init__(self, path: Path) -> None:
        """Read a soundfont.

        Args:
            path: Of an SF2 or SF3 file.

        Raises:
            SoundfontError: It is not there, or is no soundfont.
        """
        import symusic  # noqa: PLC0415  as in music.midi

        check_soundfont(path)
        self._lock = Lock()  # a synthesizer plays one piece at a time
        self._synthesizer = symusic.Synthesizer(str(path), SAMPLE_RATE_HZ, _QUALITY)

    def blocks(self, notes: Notes, tempo_bpm: float) -> Iterator[NDArray[np.float32]]:
        """Play notes, as `Instrument.blocks` says."""
        import symusic  # noqa: PLC0415  as in music.midi

        score = symusic.Score.from_midi(to_midi(notes, tempo_bpm=tempo_bpm, name="", text=""))
        # The synthesizer stops where the last note ends: one more comes behind, and is cut off.
        behind = score.end() + round(_DYING_AWAY_S * tempo_bpm / 60 * score.tpq)
        score.tracks[0].notes.append(symusic.Note(behind, 1, HIGHEST_PITCH, 1))
        samples = int(behind / score.tpq * 60 / tempo_bpm * SAMPLE_RATE_HZ)
        with self._lock:
            heard = self._synthesizer.render(score, stereo=True)[:, :samples]
        loudest = max(1.0, float(np.abs(heard).max(initial=0)) / _HEADROOM)
        yield (heard.T / loudest).astype(np.float32)


def check_soundfont(path: Path) -> None:
    """Make sure that a file begins as a soundfont does.

    Raises:
        SoundfontError: It is not there, or is no soundfont.
    """
    try:
        with path.open("rb") as file:
            head = file.read(12)
    except OSError as error:
        raise SoundfontError(f"{path} cannot be read: {error.strerror}") from error
    if head[:4] != b"RIFF" or head[8:] != b"sfbk":
        raise SoundfontError(f"{path} is no soundfont (SF2 or SF3)")
