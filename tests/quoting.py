"""The longest run that a song shares with a piece: a slow, independent implementation."""

from collections.abc import Iterable
from itertools import pairwise

Strike = tuple[int, int]  # a note's onset, in ticks, and its pitch


def longest_shared(song: Iterable[Strike], piece: Iterable[Strike]) -> int:
    """Count the notes of the longest run that is in both, in any key and at any time.

    Notes are taken by onset, those of a chord by pitch, and all that counts of a note is how much
    later and how much higher it is than the one before. `lengths[i]` is how many steps the run has
    that ends both with the song's latest step and with step i of the piece.
    """
    song_steps, piece_steps = _steps(song), _steps(piece)
    if song_steps is None or piece_steps is None:
        return 0
    longest, lengths = 0, [0] * len(piece_steps)
    for step in song_steps:
        before = [0, *lengths[:-1]]
        lengths = [
            before[i] + 1 if piece_step == step else 0 for i, piece_step in enumerate(piece_steps)
        ]
        longest = max(longest, *lengths, 0)
    return longest + 1


def _steps(strikes: Iterable[Strike]) -> list[Strike] | None:
    """Return how much later and higher each note is than the one before; None without any note."""
    ordered = sorted(set(strikes))
    if not ordered:
        return None
    return [
        (onset - onset_before, pitch - pitch_before)
        for (onset_before, pitch_before), (onset, pitch) in pairwise(ordered)
    ]
