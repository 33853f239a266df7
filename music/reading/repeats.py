"""The order in which the measures of a score are played: repeats, endings and jumps."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate, groupby, pairwise
from operator import itemgetter

from music.errors import UnreadablePieceError
from music.reading.measures import Marks, Measure

# A long opera act has 3,000 measures and 100,000 notes.
_MOST_MEASURES = 100_000
_MOST_NOTES = 1_000_000


def playing_order(measures: Sequence[Measure], *, repeats: bool = True) -> list[int]:
    """Return the indices of the measures as they are played; movements follow each other.

    After a jump (da capo, dal segno) nothing is repeated and the last endings are played, until
    playback has passed the measure of the jump. A fine continues after that measure, since a file
    may contain more, for example the next verse. Volta brackets without a repeat are ignored, since
    the second one would never be played.

    Args:
        measures: As written.
        repeats: Whether repeats and jumps are played. Without them, every measure is played once,
            except that only the last ending of a repeat is played.

    Raises:
        UnreadablePieceError: Its repeats make it too long.
    """
    order: list[int] = []
    notes = 0
    for steps, index in enumerate(_walk(measures, repeats=repeats), 1):
        if index is not None:
            order.append(index)
            notes += len(measures[index].notes)
        if steps > _MOST_MEASURES or notes > _MOST_NOTES:
            raise UnreadablePieceError(
                f"with its repeats, longer than {_MOST_MEASURES} measures or {_MOST_NOTES} notes"
            )
    return order


def _walk(measures: Sequence[Measure], *, repeats: bool) -> Iterator[int | None]:
    """Return the measures to play; None where one is passed over."""
    marks = [measure.marks for measure in measures]
    starts = [index for index, here in enumerate(marks) if index == 0 or here.starts_movement]
    for start, end in pairwise([*starts, len(marks)]):
        for index in _Player(marks[start:end], repeats=repeats).walk():
            yield None if index is None else start + index


class _Player:
    """Plays a movement."""

    def __init__(self, marks: Sequence[Marks], *, repeats: bool) -> None:
        self._marks = marks
        self._repeats = repeats
        self._passes = _passes(marks)
        self._segnos = _first_places(here.segno for here in marks)
        self._codas = _first_places(here.coda for here in marks)
        self._section = 0  # where the section starts that a repeat goes back to
        self._play = 1  # of the section, counted from 1
        self._jumped_from: int | None = None  # until playback has passed that measure
        self._jumps: set[int] = set()  # each is taken once

    def walk(self) -> Iterator[int | None]:
        """Return the measures to play; None where one is passed over."""
        index = 0
        while index < len(self._marks):
            if index != self._section and self._starts_section(index):
                self._section, self._play = index, 1
            if self._is_skipped(index):
                yield None
                index += 1
            else:
                yield index
                index = self._next(index)

    def _starts_section(self, index: int) -> bool:
        leaves_endings = bool(self._passes[index - 1]) and not self._passes[index]
        return self._marks[index].starts_repeat or leaves_endings

    def _is_skipped(self, index: int) -> bool:
        passes = self._passes[index]
        if not passes:
            return False
        is_last = not self._repeats or self._jumped_from is not None
        play = len(passes) if is_last else self._play
        return passes[min(play, len(passes)) - 1] not in self._marks[index].endings

    def _next(self, index: int) -> int:
        """Return what is played after a measure."""
        here = self._marks[index]
        if not self._repeats:
            return index + 1
        if self._jumped_from is not None:
            return self._next_after_jump(index, self._jumped_from)
        if here.plays > 1:
            if self._play < (len(self._passes[index]) or here.plays):
                self._play += 1
                return self._section
            if not self._passes[index]:
                self._section, self._play = index + 1, 1
        target = 0 if here.da_capo else self._segnos.get(here.dal_segno, index + 1)
        if target > index or index in self._jumps:
            return index + 1
        self._jumps.add(index)
        self._jumped_from = index
        return target

    def _next_after_jump(self, index: int, jumped_from: int) -> int:
        here = self._marks[index]
        target = jumped_from + 1 if here.fine else self._codas.get(here.to_coda, index + 1)
        if target > jumped_from:
            self._jumped_from = None
            self._section, self._play = target, 1
        return target


def _first_places(names: Iterable[str | None]) -> dict[str | None, int]:
    """Map each name to the measure that has it first."""
    places: dict[str | None, int] = {}
    for index, name in enumerate(names):
        if name is not None:
            places.setdefault(name, index)
    return places


def _passes(marks: Sequence[Marks]) -> list[tuple[int, ...]]:
    """List the numbers of the volta brackets that a measure belongs to, one for each play.

    Brackets over neighbouring measures belong together, up to the start of the next repeat. Numbers
    may be left out: endings 1 and 3 are played one after the other.

    Returns:
        For every measure, rising; none where brackets do not matter.
    """
    repeats = accumulate(here.starts_repeat for here in marks)
    keys = [(bool(here.endings), repeat) for here, repeat in zip(marks, repeats, strict=True)]
    passes: list[tuple[int, ...]] = []
    for (has_endings, _), run in groupby(zip(keys, marks, strict=True), key=itemgetter(0)):
        own = [here for _, here in run]
        numbers = set[int]()
        if has_endings and any(here.plays > 1 for here in own):
            numbers.update(*(here.endings for here in own))
            if len(numbers) == 1:  # a single first ending: the second pass skips it
                numbers.add(max(numbers) + 1)
        passes += [tuple(sorted(numbers))] * len(own)
    return passes
