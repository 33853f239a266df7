"""Composing by a plan: new bars are sampled several times and the best kept, others are copied."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from music.codec import Cursor
from music.composing.continuation import Continuation, ContrastPrompt
from music.composing.game_music import GameMusic
from music.composing.model import NO_STOP, DecodeRow, Draw, SongState
from music.composing.passage import Passage
from music.composing.sampler import Sampler
from music.errors import NotMusicError
from music.form.candidates import Bar, Candidate, best, struck_bars
from music.form.closing import best_closing, closed
from music.form.layers import with_a_rest
from music.form.plan import Plan, Span
from music.form.target import ANYTHING, Target
from music.notes import NO_NOTES, TICKS_PER_BEAT, Notes, cleaning_order, join, released
from music.quotes.bound import ATTEMPTS, Attempt, is_degenerate
from music.quotes.finder import NO_QUOTES, QuoteState

ROWS = 4  # candidates of new bars: they cost a call a third more than one does
TARGET_ROWS = 8  # where they have a target: with 4, a quarter of songs left the wanted key
CLOSING_ROWS = 16
CHUNK_STEPS = 24
BAND_CHUNK_STEPS = 64  # of a band, whose bars have more notes
CLOSING_STEPS = 8
_SPAN_TOKENS = 4096  # random numbers of a span; a long one takes more, and the next begins later
_MOST_BAR_TOKENS = 256  # of a span that takes more: three times those of a band's dense bar
_STRIDE = 1 << 20  # between the random numbers of two candidates: those of all spans
_WINDOW = 64  # notes in which degenerate repetition is looked for
# Added to the temperature while no candidate is new.
_TEMPERATURES_ADDED = (0.0, 0.25, 0.5)
_BAND_TEMPERATURES_ADDED = (0.0, 0.0, 0.1)
_MOST_DENSITY = 2.0  # times that of the game's music, before a candidate is given up


@dataclass(frozen=True)
class _Place:
    """Where a song stands.

    Attributes:
        state: The model's.
        cursor: The codec's, in the song's ticks.
        quote_state: What the song shares with the collection.
        has_begun: Whether there is a note before it; a first one waits for none.
        position: The first random number that no span has taken.
    """

    state: SongState
    cursor: Cursor
    quote_state: QuoteState = NO_QUOTES
    has_begun: bool = True
    position: int = 0


@dataclass(frozen=True)
class _Row:
    """A candidate for a span that is being sampled.

    Attributes:
        number: Which of the candidates.
        place: Where it stands.
        sampled: All its notes, those before the span and after it too.
        tokens: How many it has sampled.
        has_ended: Whether it has reached the span's end.
        is_degenerate: Whether its last chunk was degenerate repetition.
    """

    number: int
    place: _Place
    sampled: Notes = field(default_factory=lambda: NO_NOTES)
    tokens: int = 0
    has_ended: bool = False
    is_degenerate: bool = False

    @property
    def quote_state(self) -> QuoteState:
        return self.place.quote_state

    @property
    def sampled_notes(self) -> int:
        return len(self.sampled)


@dataclass(frozen=True)
class _Stretch:
    """What is to be sampled.

    Attributes:
        position: The first of its random numbers, which no other span has.
        most_tokens: That a candidate may take.
        keep_from_ticks: Earlier notes are dropped.
        start_ticks: The span's bar line.
        end_ticks: Later notes are dropped.
        stops: Whether candidates stop there; else they go on, to a chord that comes too late.
        rows: How many candidates.
        usual_tokens: More than the game's music usually takes.
        steps: The tokens of a call.
        before: The song before it.
        known_bars: Its bars.
        round: How often its candidates were sampled before, and none was new.
    """

    position: int
    most_tokens: int
    keep_from_ticks: int
    start_ticks: int
    end_ticks: int
    stops: bool
    rows: int
    usual_tokens: float
    steps: int
    before: Notes
    known_bars: frozenset[Bar]
    round: int = 0

    def within(self, notes: Notes) -> Notes:
        """Return those that are not dropped."""
        kept = (notes.onset_ticks >= self.keep_from_ticks) & (notes.onset_ticks < self.end_ticks)
        return notes[kept]

    def first_chord(self, notes: Notes) -> Notes:
        """Return what is struck first from the span's start on, perhaps after its end."""
        later = notes.onset_ticks[notes.onset_ticks >= self.keep_from_ticks]
        return notes[notes.onset_ticks == later[:1].max(initial=-1)]


class Arranger:
    """Composes one song by its plan."""

    def __init__(
        self,
        sampler: Sampler,
        music: GameMusic,
        plan: Plan,
        most_steps: int = CHUNK_STEPS,
        target: Target = ANYTHING,
    ) -> None:
        """Prepare to compose; a call samples up to `most_steps` tokens, which changes no song."""
        self._sampler = sampler
        self._codec = music.codec
        self._notes_per_beat = music.notes_per_beat
        self._plan = plan
        self._target = target
        self._rows = ROWS if target.is_anything else TARGET_ROWS
        is_band = music.codec.has_roles
        self._chunk_steps = min(most_steps, BAND_CHUNK_STEPS if is_band else CHUNK_STEPS)
        self._temperatures_added = _BAND_TEMPERATURES_ADDED if is_band else _TEMPERATURES_ADDED

    def passages(self, continuation: Continuation) -> Iterator[Passage]:
        """Compose span by span.

        Yields:
            The notes of a span, one or more; nothing that follows changes them.

        Raises:
            NotMusicError: A token is not of the vocabulary, or a candidate never ends.
        """
        state = self._sampler.prefill(continuation.prompt)
        place = _Place(state, continuation.plan_cursor, has_begun=not continuation.is_empty)
        song, unread, quote_state = NO_NOTES, NO_NOTES, NO_QUOTES
        for number, span in enumerate(self._plan.spans):
            if span.is_kept:
                notes = self._kept(continuation.revised, span)
                unread = join([unread, notes])
            elif span.copied_from_bar is not None:
                notes = self._copied(song, span)
                unread = join([unread, notes])
            else:
                start = self._start(span, continuation)
                if start is None:
                    place = self._caught_up(place, unread)
                else:
                    place = self._started(place, span, start)
                unread = NO_NOTES
                is_first = number == 0
                keep_all = is_first and len(continuation.lead) > 0
                following = self._following(span, song, continuation.revised)
                notes, place = self._composed(
                    number, span, place, song, following, keep_all=keep_all
                )
                if start is not None:
                    notes = self._with_held(start.held, notes, span)
            quote_state = self._sampler.quoted(notes, quote_state)
            place = replace(place, quote_state=quote_state)
            song = join([song, notes])
            if len(notes):
                yield Passage(notes, quote_state, 0)

    def _kept(self, revised: Notes, span: Span) -> Notes:
        notes = self._bars(revised, span.start_bar, span.bars)
        is_last = span.sustain_end_bar == self._plan.bars and not self._plan.loops
        return notes if is_last else notes.ending_by(self._plan.ticks(span.sustain_end_bar))

    def _copied(self, song: Notes, span: Span) -> Notes:
        assert span.copied_from_bar is not None
        notes = self._bars(song, span.copied_from_bar, span.bars)
        if span.is_varied:
            notes = with_a_rest(notes, span.start_bar // span.bars)
        bars_later = span.start_bar - span.copied_from_bar
        moved = notes.shifted(bars_later * self._plan.meter.bar_ticks)
        return moved.ending_by(self._plan.ticks(span.sustain_end_bar))

    def _bars(self, song: Notes, start_bar: int, bars: int) -> Notes:
        """Return the notes that start in some bars."""
        ends = self._plan.ticks(start_bar), self._plan.ticks(start_bar + bars)
        first, last = np.searchsorted(song.onset_ticks, ends).tolist()
        return song[first:last]

    def _start(self, span: Span, continuation: Continuation) -> ContrastPrompt | None:
        """Return what a span continues if it begins a contrast to what comes before it."""
        if not span.contrast:
            return None
        contrasts = len(self._plan.contrast_bars)
        return continuation.contrast_prompt(span.contrast, contrasts, self._codec)

    def _started(self, place: _Place, span: Span, start: ContrastPrompt) -> _Place:
        """Let the model read what a contrast continues, instead of what comes before it."""
        onset_ticks = start.cursor.onset_ticks + self._plan.ticks(span.start_bar)
        cursor = replace(start.cursor, onset_ticks=onset_ticks)
        state = self._sampler.prefill(start.prompt)
        return replace(place, state=state, cursor=cursor, has_begun=True)

    def _with_held(self, held: Notes, notes: Notes, span: Span) -> Notes:
        """Add what the model has read as sounding when a span begins."""
        held = held.shifted(self._plan.ticks(span.start_bar))
        together = join([held.ending_by(self._plan.ticks(span.sustain_end_bar)), notes])
        return released(together[cleaning_order(together)])

    def _caught_up(self, place: _Place, notes: Notes) -> _Place:
        """Let the model read what was copied since it composed last."""
        if not len(notes):
            return place
        tokens, cursor = self._sampler.encoded(notes, place.cursor)
        (draw,) = self._sampler.read([place.state], [tokens])
        return replace(place, state=draw.state, cursor=cursor, has_begun=True)

    def _following(self, span: Span, song: Notes, revised: Notes) -> Notes:
        """Give the notes of the known bar after a span, at its place; none where it is new."""
        bar = span.following_bar
        if bar is None:
            return NO_NOTES
        known = revised if bar == span.end_bar else song
        moved_ticks = self._plan.ticks(span.end_bar) - self._plan.ticks(bar)
        return self._bars(known, bar, 1).shifted(moved_ticks)

    def _composed(
        self,
        number: int,
        span: Span,
        place: _Place,
        song: Notes,
        following: Notes,
        *,
        keep_all: bool,
    ) -> tuple[Notes, _Place]:
        """Sample a span's candidates and keep the best."""
        plan = self._plan
        start_ticks = plan.ticks(span.start_bar)
        beats = span.bars * plan.meter.bar_ticks / TICKS_PER_BEAT
        usual_tokens = _MOST_DENSITY * beats * self._notes_per_beat
        stretch = _Stretch(
            position=max(place.position, number * _SPAN_TOKENS),
            most_tokens=max(_SPAN_TOKENS, span.bars * _MOST_BAR_TOKENS),
            keep_from_ticks=place.cursor.onset_ticks if keep_all else start_ticks,
            start_ticks=start_ticks,
            end_ticks=start_ticks + 1 if span.closes else plan.ticks(span.end_bar),
            stops=not span.closes,
            rows=CLOSING_ROWS if span.closes else self._rows,
            usual_tokens=usual_tokens,
            steps=CLOSING_STEPS if span.closes else self._chunk_steps,
            before=song,
            known_bars=frozenset(struck_bars(song, start_ticks, plan.meter.bar_ticks)),
        )
        begins = number == 0 and not keep_all
        rows, candidates = self._candidates(stretch, span, place, following, begins=begins)
        sustain_end_ticks = plan.ticks(span.sustain_end_bar)
        if span.closes:
            row = rows[best_closing(candidates, song, self._target.keys)]
            chord = closed(stretch.first_chord(row.sampled), song, self._target.keys)
            return _held(chord, start_ticks, sustain_end_ticks), place
        row = rows[best(candidates, on_downbeat=begins)]
        notes = stretch.within(row.sampled)
        if begins:
            notes = _from_downbeat(stretch.first_chord(row.sampled), notes, start_ticks)
        after = replace(row.place, position=stretch.position + row.tokens)
        return notes.ending_by(sustain_end_ticks), after

    def _candidates(
        self,
        stretch: _Stretch,
        span: Span,
        place: _Place,
        following: Notes,
        *,
        begins: bool,
    ) -> tuple[list[_Row], list[Candidate]]:
        """Sample candidates, at higher temperatures as long as none of them is right and new.

        Where no known bar follows, candidates that fit and are on target are equal, and the first
        is enough.
        """
        rows: list[_Row] = []
        candidates: list[Candidate] = []
        groups = [(number, range(stretch.rows)) for number in range(len(self._temperatures_added))]
        if not span.closes and not len(following) and not self._target.has_goals:
            groups[:1] = [(0, range(1)), (0, range(1, stretch.rows))]

        def is_enough(one: Candidate, numbers: range) -> bool:
            if span.closes or len(numbers) > 1:
                return span.closes or one.is_new
            return one.fits(begins=begins) and one.distance <= 0

        for number, numbers in groups:
            must_end = not rows and (number, numbers) == groups[-1]
            now = replace(stretch, round=number)
            ended = self._sampled(now, place, numbers, must_end=must_end)
            rows += ended
            candidates += self._judged(now, ended, following)
            if any(is_enough(one, numbers) for one in candidates):
                break
        return rows, candidates

    def _judged(self, stretch: _Stretch, rows: Sequence[_Row], following: Notes) -> list[Candidate]:
        """Look at candidates of a span, which known notes may follow."""
        return [
            Candidate(
                notes=stretch.within(row.sampled),
                start_ticks=stretch.start_ticks,
                end_ticks=stretch.end_ticks,
                bar_ticks=self._plan.meter.bar_ticks,
                known_bars=stretch.known_bars,
                following_log_probability=after,
                distance=self._distance(stretch, row),
            )
            for row, after in zip(
                rows, self._following_log_probability(rows, following), strict=True
            )
        ]

    def _distance(self, stretch: _Stretch, row: _Row) -> float:
        """Say how far a candidate is from the song's target."""
        notes = stretch.within(row.sampled)
        ticks = stretch.end_ticks - stretch.start_ticks
        return self._target.distance(notes, ticks) if len(notes) else 0.0

    def _following_log_probability(self, rows: Sequence[_Row], notes: Notes) -> list[float]:
        """Say for each candidate how likely the notes are that follow it; 0 where none do."""
        if not len(notes) or not rows:
            return [0.0] * len(rows)
        tokens = [self._codec.encode(notes, row.place.cursor).tolist() for row in rows]
        draws = self._sampler.read([row.place.state for row in rows], tokens)
        return [float(draw.log_probability.mean()) for draw in draws]

    def _sampled(
        self, stretch: _Stretch, place: _Place, numbers: Iterable[int], *, must_end: bool
    ) -> list[_Row]:
        """Sample candidates up to the end; none where all go wrong, unless one must end.

        One that quotes too long a run, or repeats itself for ever, is dropped; where all do, their
        last chunk is sampled again, in other ways. Where that does not help, as in a cycle of which
        the model is certain, another round begins before the cycle. One that takes far more notes
        than the game's music does is given up as soon as another has ended.
        """
        going = [_Row(n, place) for n in numbers]
        ended: list[_Row] = []
        for position in range(0, stretch.most_tokens - stretch.steps, stretch.steps):
            going = self._continued(stretch, going, position, has_others=bool(ended))
            if not must_end and not all(self._sampler.is_right(row) for row in going):
                return []
            ended += [row for row in going if row.has_ended]
            going = [row for row in going if not row.has_ended]
            if not going or (ended and position > stretch.usual_tokens):
                break
        if ended:  # those of few notes end first, but are not to be preferred
            return sorted(ended, key=lambda row: row.number)
        raise NotMusicError("a draw that reaches no bar line")

    def _continued(
        self, stretch: _Stretch, rows: Sequence[_Row], position: int, *, has_others: bool
    ) -> list[_Row]:
        """Sample the next chunk of candidates, and keep those that go right."""

        def attempted(number: int, attempt: Attempt) -> list[_Row]:
            return self._attempted(stretch, rows, position, number, attempt)

        return self._sampler.until_right(attempted, may_drop_all=has_others)

    def _attempted(
        self,
        stretch: _Stretch,
        rows: Sequence[_Row],
        position: int,
        number: int,
        attempt: Attempt,
    ) -> list[_Row]:
        number += stretch.round * len(ATTEMPTS)
        first = stretch.position + position
        sampling = self._sampler.sampling(attempt, self._temperatures_added[stretch.round])
        draws = self._sampler.sample(
            [
                self._bounded(
                    DecodeRow(
                        row.place.state,
                        first + (row.number + CLOSING_ROWS * number) * _STRIDE,
                        stretch.steps,
                        sampling,
                    ),
                    row.place,
                    stretch,
                )
                for row in rows
            ]
        )
        return [self._after(row, draw, stretch) for row, draw in zip(rows, draws, strict=True)]

    def _bounded(self, row: DecodeRow, place: _Place, stretch: _Stretch) -> DecodeRow:
        """Bound a song's next tokens to the notes that are not dropped."""
        here = place.cursor.onset_ticks if place.has_begun else self._plan.ticks(0)
        start_ticks = self._codec.start_ticks(max(0, stretch.keep_from_ticks - here))
        stop_ticks = self._codec.stop_ticks(stretch.end_ticks - here)
        return replace(
            row, start_ticks=start_ticks, stop_ticks=stop_ticks if stretch.stops else NO_STOP
        )

    def _after(self, row: _Row, draw: Draw, stretch: _Stretch) -> _Row:
        place = row.place
        notes, cursor = self._begun(place, *self._sampler.chunk_decoded(draw, place.cursor))
        quote_state = self._sampler.quoted(stretch.within(notes), place.quote_state)
        sampled, tokens = join([row.sampled, notes]), row.tokens + len(draw.tokens)
        before = join([stretch.before, sampled[:-_WINDOW]])
        has_stopped = len(draw.tokens) < stretch.steps
        return _Row(
            number=row.number,
            place=_Place(draw.state, cursor, quote_state, place.has_begun or len(notes) > 0),
            sampled=sampled,
            tokens=tokens,
            has_ended=has_stopped or cursor.onset_ticks >= stretch.end_ticks,
            is_degenerate=is_degenerate(sampled[-_WINDOW:], min(tokens, _WINDOW), before),
        )

    def _begun(self, place: _Place, notes: Notes, cursor: Cursor) -> tuple[Notes, Cursor]:
        """Let a song's first note start at its first bar line."""
        if place.has_begun or not len(notes):
            return notes, cursor
        early_ticks = self._plan.ticks(0) - int(notes.onset_ticks[0])
        moved = replace(cursor, onset_ticks=cursor.onset_ticks + early_ticks)
        return notes.shifted(early_ticks), moved


def _held(chord: Notes, start_ticks: int, end_ticks: int) -> Notes:
    """Strike a chord at a bar line and hold it to another."""
    count = len(chord)
    ticks = np.where(chord.is_melodic, end_ticks - start_ticks, chord.duration_ticks)
    return Notes.of([start_ticks] * count, ticks, chord.pitch, chord.role)


def _from_downbeat(first: Notes, notes: Notes, start_ticks: int) -> Notes:
    """Let a song begin on its first downbeat: what is struck first is struck there."""
    waited = first.onset_ticks - np.int32(start_ticks)
    moved = replace(
        first,
        onset_ticks=first.onset_ticks - waited,
        duration_ticks=first.duration_ticks + waited,
    )
    return join([moved, notes[len(first) :]])
