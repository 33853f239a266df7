"""What a song goes on from: nothing, how a piece of the collection begins, or an upload."""

from dataclasses import dataclass

from api.errors import BadParameterError
from api.games import Bundle
from api.primers import Upload, spoken
from api.song import Primer, SongRequest
from music.codec import BOS, Cursor
from music.description import Opening
from music.midi import TEMPO_RANGE_BPM
from music.notes import NO_NOTES, Notes


@dataclass(frozen=True)
class Start:
    """What a song goes on from.

    Attributes:
        tokens: All that the model reads first.
        cursor: Where the decoding of the song itself begins.
        tempo_bpm: Of the music that it goes on from, in the range that is written.
        lead: What comes first in the song itself, from tick 0; mostly nothing.
        last_onset_ticks: The onset of the last note that the model reads, as the codec counts.
    """

    tokens: tuple[int, ...]
    cursor: Cursor
    tempo_bpm: float
    lead: Notes
    last_onset_ticks: int = 0

    @classmethod
    def of(cls, request: SongRequest, bundle: Bundle) -> "Start":
        """Choose what a song goes on from.

        Raises:
            BadParameterError: The collection has no openings to go on from, or the model cannot
                read the primer that was uploaded.
        """
        if isinstance(request.primer, Upload):
            piece = request.primer.piece
            primer = spoken(piece.notes, bundle.codec)
            read, cursor = bundle.codec.decode(primer.tokens)
            lead = primer.notes if request.include_primer else NO_NOTES
            return cls(
                tokens=primer.tokens,
                cursor=cursor,
                tempo_bpm=_playable(piece.last_tempo_bpm),
                lead=lead,
                last_onset_ticks=int(read.onset_ticks[-1]),
            )
        if request.primer is Primer.NONE:
            return cls((BOS,), Cursor(), _playable(bundle.description.tempo_bpm), NO_NOTES)
        opening = _opening(bundle, request.seed)
        _, cursor = bundle.codec.decode(opening.tokens)
        return cls((BOS, *opening.tokens), cursor, _playable(opening.tempo_bpm), NO_NOTES)

    def entry_ticks(self, first_tick: int) -> int:
        """Say when in the song its first new note starts.

        Args:
            first_tick: Where the codec, which counts what was read, has that note.
        """
        if not len(self.lead):
            return 0
        return int(self.lead.onset_ticks[-1]) + first_tick - self.last_onset_ticks


def _opening(bundle: Bundle, seed: int) -> Opening:
    openings = bundle.description.openings
    if not openings:
        raise BadParameterError("This game has no openings; primer must be none.", "primer")
    return openings[seed % len(openings)]


def _playable(tempo_bpm: float) -> float:
    lowest, highest = TEMPO_RANGE_BPM
    return min(max(tempo_bpm, lowest), highest)
