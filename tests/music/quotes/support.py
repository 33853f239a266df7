"""Songs that quote, and a slow search to compare with."""

import itertools

from hypothesis import strategies as st

from music.notes import Notes

# Few pitches and onsets, so that runs are shared.
strikes = st.lists(st.tuples(st.integers(0, 12), st.integers(60, 62)), max_size=14, unique=True)

songs = strikes.map(lambda some: played(*sorted(some)))


def played(*some: tuple[int, int]) -> Notes:
    onset, pitch = zip(*some, strict=True) if some else ((), ())
    return Notes.of(onset, [1] * len(some), pitch)


def shape(notes: Notes) -> tuple[tuple[int, int], ...]:
    """Onsets and pitches, counted from the first note's."""
    pairs = zip(notes.onset_ticks.tolist(), notes.pitch.tolist(), strict=True)
    return tuple(
        (int(onset - notes.onset_ticks[0]), int(pitch - notes.pitch[0])) for onset, pitch in pairs
    )


def longest_by_trying(song: Notes, pieces: list[Notes]) -> int:
    runs = {
        shape(piece[start:stop])
        for piece in pieces
        for start, stop in itertools.combinations(range(len(piece) + 1), 2)
    }
    spans = itertools.combinations(range(len(song) + 1), 2)
    return max(
        (stop - start for start, stop in spans if shape(song[start:stop]) in runs), default=0
    )
