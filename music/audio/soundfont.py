"""Plays the instruments of a soundfont with symusic's synthesizer."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

from music.audio.instrument import SAMPLE_RATE_HZ, Sound
from music.audio.mixing import BLOCK, Mixer, Timing
from music.errors import SoundfontError
from music.line_up import ONE_PIANO, LineUp, Player
from music.notes import HIGHEST_PITCH, Notes
from music.performance import FLAT_VELOCITY, Performance, plain
from music.piece import TempoChange
from music.roles import DRUMS

_QUALITY = 4  # of 0 to 6; the synthesizer's default
_HEADROOM = 0.9
_DYING_AWAY = 2 * SAMPLE_RATE_HZ  # samples, after a key is released
_LONGEST_HELD = 16 * SAMPLE_RATE_HZ  # samples; a note's sound is rendered whole

_Samples = NDArray[np.float32]
_Strike = tuple[Player, int, int]  # who plays, pitch and velocity


class Soundfont:
    """The instruments of a file, which is read once."""

    def __init__(self, path: Path) -> None:
        """Read a soundfont.

        Args:
            path: The path of an SF2 or SF3 file.

        Raises:
            SoundfontError: It is missing or not a soundfont.
        """
        import symusic  # noqa: PLC0415  as in music.midi

        check_soundfont(path)
        self._lock = Lock()  # a synthesizer plays one piece at a time
        self._synthesizer = symusic.Synthesizer(str(path), SAMPLE_RATE_HZ, _QUALITY)

    def play(
        self,
        notes: Notes,
        tempos: Sequence[TempoChange],
        performance: Performance | None = None,
        line_up: LineUp = ONE_PIANO,
    ) -> Sound:
        """Play notes; see `Instrument.play`.

        The synthesizer renders a whole piece at once, 350 KB per second. So it renders the notes
        that start in each block, and the results are added. The sum is the same, since its voices
        do not depend on each other.
        """
        performance = performance or plain(notes)
        timing = Timing.of(notes, tempos, performance)
        timing = Timing(timing.start, np.minimum(timing.held, _LONGEST_HELD))
        samples = timing.end + _DYING_AWAY
        by_role = {player.role: player for player in line_up.players}
        players = [by_role[role] for role in notes.role.tolist()]
        strikes = list(
            zip(players, notes.pitch.tolist(), performance.velocity.tolist(), strict=True)
        )
        return Sound(samples, _limited(self._blocks(strikes, timing, samples)))

    def _blocks(self, strikes: list[_Strike], timing: Timing, samples: int) -> Iterator[_Samples]:
        mixer = Mixer()
        for block in range(0, samples, BLOCK):
            if numbers := timing.starting_in(block):
                mixer.add(0, self._rendered(strikes, timing, numbers, block))
            yield mixer.take().T[: samples - block]

    def _rendered(
        self, strikes: list[_Strike], timing: Timing, numbers: range, block: int
    ) -> _Samples:
        """Render some notes, from the beginning of their block: float32[2, samples]."""
        import symusic  # noqa: PLC0415  as in music.midi

        part = slice(numbers.start, numbers.stop)
        start, held = timing.start[part] - block, timing.held[part]
        # The synthesizer stops when the last note ends: a further note is added and cut off.
        end = int((start + held).max()) + _DYING_AWAY
        last = strikes[part][0][0], HIGHEST_PITCH, FLAT_VELOCITY
        tracks: dict[Player, Any] = {}
        for at, length, (player, *strike) in zip(
            (*start.tolist(), end), (*held.tolist(), 1), (*strikes[part], last), strict=True
        ):
            if player not in tracks:
                is_drums = player.role == DRUMS
                tracks[player] = symusic.Track("", player.program, is_drums, ttype="second")
            # In the middle of a sample, so that rounding does not change it.
            seconds = (at + 0.5) / SAMPLE_RATE_HZ, length / SAMPLE_RATE_HZ
            tracks[player].notes.append(symusic.Note(*seconds, *strike, ttype="second"))
        score = symusic.Score(ttype="second")
        score.tracks.extend(tracks.values())
        with self._lock:
            sound: _Samples = self._synthesizer.render(score, stereo=True)
        return sound[:, :end]


def _limited(blocks: Iterator[_Samples]) -> Iterator[_Samples]:
    """Turn a sound down when it would be too loud, and keep the lower gain.

    The gain changes gradually over the previous block, so that the change is inaudible.
    """
    before, gain = np.zeros((0, 2), np.float32), 1.0
    for block in blocks:
        lower = min(gain, _HEADROOM / max(float(np.abs(block).max()), _HEADROOM))
        yield before * np.linspace(gain, lower, len(before), dtype=np.float32)[:, None]
        before, gain = block, lower
    yield before * np.float32(gain)


def check_soundfont(path: Path) -> None:
    """Check that a file begins like a soundfont.

    Raises:
        SoundfontError: It is missing or not a soundfont.
    """
    try:
        with path.open("rb") as file:
            head = file.read(12)
    except OSError as error:
        raise SoundfontError(f"{path} cannot be read: {error.strerror}") from error
    if head[:4] != b"RIFF" or head[8:] != b"sfbk":
        raise SoundfontError(f"{path} is no soundfont (SF2 or SF3)")
