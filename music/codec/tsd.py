"""The codec `tsd`: MidiTok's TSD, on our grid.

A note is a Pitch token and a Duration token; a TimeShift token moves on to the next onset.
MidiTok encodes. Decoding needs the vocabulary's names alone, so a process that only decodes
never imports MidiTok, and it works chunk by chunk, while a song is still being drawn.

Source: N. Fradet et al., MidiTok (ISMIR 2021 late-breaking demo); TSD ("Time Shift Duration") is
named in N. Fradet et al., Byte Pair Encoding for Symbolic Music (EMNLP 2023).
"""

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from music.codec.tokens import SPECIAL_TOKENS, START, Codec, Cursor, numbers
from music.errors import TokenError
from music.notes import HIGHEST_PITCH, LOWEST_PITCH, TICKS_PER_BEAT, Notes

# Grid steps per beat, by range of beats: fine where notes are short, coarse where they are long.
STEPS_PER_BEAT = {(0, 4): TICKS_PER_BEAT, (4, 12): 4, (12, 16): 2}

# Beats and steps of a beat, as MidiTok writes them: 1.6.12 is a beat and 6 of its 12 steps.
_NAME = re.compile(r"(?:Pitch_(\d+)|(Duration|TimeShift)_(\d+)\.(\d+)\.([1-9]\d*))")

# Token kind -> the kinds that may follow it. A song that obeys is a song of whole notes.
GRAMMAR = {
    "PAD": {"Pitch", "TimeShift"},
    "BOS": {"Pitch", "TimeShift"},
    "EOS": {"Pitch", "TimeShift"},
    "Pitch": {"Duration"},
    "Duration": {"Pitch", "TimeShift"},
    "TimeShift": {"Pitch", "TimeShift"},
}


@lru_cache(maxsize=1)
def _miditok() -> Any:
    import miditok  # noqa: PLC0415  half a second that decoding does not need

    config = miditok.TokenizerConfig(
        pitch_range=(LOWEST_PITCH, HIGHEST_PITCH),
        beat_res=STEPS_PER_BEAT,
        special_tokens=[name.removesuffix("_None") for name in SPECIAL_TOKENS],
        use_velocities=False,
        use_time_signatures=False,
        use_tempos=False,
        use_pitchdrum_tokens=False,
        encode_ids_split="no",
    )
    return miditok.TSD(config)


class Tsd(Codec):
    """The codec `tsd`. It keeps nothing but its vocabulary's tables."""

    name: ClassVar[str] = "tsd"

    def __init__(self, vocabulary: Sequence[str]) -> None:
        """Read the tokens' meaning off their names, as every codec."""
        super().__init__(vocabulary)
        parsed = [_parse(name) for name in vocabulary]
        self._kinds = [kind for kind, _ in parsed]
        self._values = [value for _, value in parsed]

    @classmethod
    def over(cls, pieces: Sequence[Notes] = ()) -> Self:
        """Make the codec; its vocabulary is the same whatever the pieces."""
        del pieces
        names: dict[str, int] = _miditok().vocab
        return cls(sorted(names, key=names.__getitem__))

    def encode(self, notes: Notes) -> NDArray[np.int32]:
        """Turn notes into tokens, without BOS and EOS.

        Durations that the vocabulary does not have become the nearest that it has.

        Returns:
            int32[T], about 2.5 tokens a note.
        """
        import symusic  # noqa: PLC0415  as MidiTok, not needed to decode

        velocity = np.full(len(notes), 100, dtype=np.int8)
        track = symusic.Track()
        track.notes = symusic.Note.from_numpy(
            notes.onset_ticks, notes.duration_ticks, notes.pitch.astype(np.int8), velocity
        )
        score = symusic.Score(TICKS_PER_BEAT)
        score.tracks.append(track)
        return np.asarray(_miditok().encode(score)[0].ids, dtype=np.int32)

    def decode(self, tokens: ArrayLike, cursor: Cursor = START) -> tuple[Notes, Cursor]:
        """Decode the next tokens of a song.

        What does not make a note (a Duration without a Pitch, a special token) is passed over, and
        a pitch that is struck twice at one onset is struck once.

        Args:
            tokens: int[T].
            cursor: Where the tokens before these ended.

        Returns:
            The notes that these tokens complete, ordered by onset (and by pitch where the tokens
            are), and the cursor behind them.

        Raises:
            TokenError: A token is not in the vocabulary.
        """
        onset, pending, struck = cursor.onset_ticks, cursor.pending_pitch, set(cursor.struck)
        onsets, durations, pitches = [], [], []
        for token in numbers(tokens, len(self.vocabulary)):
            kind, value = self._kinds[token], self._values[token]
            if kind == "TimeShift":
                onset += value
                struck.clear()
            elif kind == "Duration" and pending >= 0 and pending not in struck:
                struck.add(pending)
                onsets.append(onset)
                durations.append(value)
                pitches.append(pending)
            pending = value if kind == "Pitch" else -1
        return Notes.of(onsets, durations, pitches), Cursor(onset, pending, frozenset(struck))

    def followers(self) -> NDArray[np.bool_]:
        """Say which token may follow which.

        Returns:
            bool[V, V]: row by the token before, column by the token after. Special tokens follow
            none.
        """
        may = [[after in GRAMMAR[before] for after in self._kinds] for before in self._kinds]
        return np.array(may)


def _parse(name: str) -> tuple[str, int]:
    """Split a token's name into its kind and its value: a MIDI note number, or ticks."""
    if match := _NAME.fullmatch(name):
        pitch, kind, beats, steps, steps_per_beat = match.groups()
        if pitch:
            return "Pitch", int(pitch)
        ticks = int(beats) * TICKS_PER_BEAT + int(steps) * TICKS_PER_BEAT // int(steps_per_beat)
        return kind, ticks
    if name in SPECIAL_TOKENS:
        return name.removesuffix("_None"), 0
    raise TokenError(f"token {name!r} is of no known kind ({', '.join(GRAMMAR)})")
