"""Songs of exactly so many notes or seconds, chunk by chunk."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from music.codec import Cursor
from music.composing.continuation import Continuation
from music.composing.length import Length
from music.composing.model import DecodeRow, SongState
from music.composing.passage import Passage
from music.composing.sampler import Sampler
from music.errors import UnfinishedSongError
from music.notes import NO_NOTES, Notes, join
from music.quotes.bound import FEWEST_STEPS, Attempt, is_degenerate
from music.quotes.finder import NO_QUOTES, QuoteState

FIRST_STEPS = 16  # of the first call: few, so that a stream starts soon


@dataclass(frozen=True)
class _Place:
    """The state of a song between two chunks; resampling restarts from an older one.

    Attributes:
        state: The model's.
        cursor: The codec's.
        notes: Of the last chunk, counted from the first new note.
        earlier: Those of the chunks before it.
        first_tick: Where the codec has the first new note; None before it.
        quote_state: What they share with the collection.
        is_degenerate: Whether the last chunk was degenerate repetition.
    """

    state: SongState
    cursor: Cursor
    notes: Notes = field(default_factory=lambda: NO_NOTES)
    earlier: Notes = field(default_factory=lambda: NO_NOTES)
    first_tick: int | None = None
    quote_state: QuoteState = NO_QUOTES
    is_degenerate: bool = False

    @property
    def song(self) -> Notes:
        return join([self.earlier, self.notes])

    @property
    def written(self) -> int:
        return len(self.earlier) + len(self.notes)

    @property
    def sampled_notes(self) -> int:
        return len(self.notes)

    def is_end_of(self, length: Length) -> bool:
        if self.first_tick is None:
            return False
        return length.is_reached(self.written, self.cursor.onset_ticks - self.first_tick)


def passages_by_length(
    sampler: Sampler, continuation: Continuation, length: Length, most_steps: int
) -> Iterator[Passage]:
    """Compose a song chunk by chunk; its first note, new or not, is at tick 0.

    Args:
        sampler: Of the song.
        continuation: What it continues.
        length: Where it ends.
        most_steps: Of a call; it does not change the song.

    Yields:
        The next notes, one or more.

    Raises:
        NotMusicError: A token is not of the vocabulary.
        UnfinishedSongError: Too few of the tokens are notes.
    """
    place = _Place(sampler.prefill(continuation.prompt), continuation.cursor)
    position = 0
    while position < length.tokens:
        steps = min(
            most_steps if position else min(FIRST_STEPS, most_steps),
            max(length.notes - place.written, FEWEST_STEPS),
        )
        place = _continued(sampler, length, place, position, steps)
        if place.first_tick is not None and len(place.notes):
            entry_ticks = continuation.entry_ticks(place.first_tick)
            has_lead = len(continuation.lead) > 0
            notes = place.notes.shifted(entry_ticks) if has_lead else place.notes
            yield Passage(notes, place.quote_state, entry_ticks)
        if place.is_end_of(length):
            return
        position += steps
    raise UnfinishedSongError(length.tokens, place.written)


def _continued(
    sampler: Sampler, length: Length, before: _Place, position: int, steps: int
) -> _Place:
    """Sample the next tokens; resample them where the song cannot continue from them."""

    def attempted(_: int, attempt: Attempt) -> Sequence[_Place]:
        start = position + attempt.position_added
        (draw,) = sampler.sample([DecodeRow(before.state, start, steps, sampler.sampling(attempt))])
        notes, cursor = sampler.chunk_decoded(draw, before.cursor)
        first_tick = before.first_tick
        if first_tick is None and len(notes):
            first_tick = int(notes.onset_ticks[0])
        notes = notes.shifted(-(first_tick or 0))
        kept = length.cut(notes, before.written)
        return [
            _Place(
                state=draw.state,
                cursor=cursor,
                notes=kept,
                earlier=before.song,
                first_tick=first_tick,
                quote_state=sampler.quoted(kept, before.quote_state),
                is_degenerate=is_degenerate(notes, steps, before.song),
            )
        ]

    (place,) = sampler.until_right(attempted)
    return place
