"""The openings of pieces, which songs continue."""

from music.bars import signatures_of
from music.codec import Codec
from music.description import Opening
from music.expression.articulation import learned_articulation
from music.notes import TICKS_PER_BEAT
from music.piece import Piece

_OPENING_TICKS = 16 * TICKS_PER_BEAT  # four bars of 4/4


def opening(piece: Piece, codec: Codec) -> Opening:
    """Cut a piece's first bars; their meter is inferred if the piece's file has none."""
    first_signature, *later = signatures_of(piece)
    begins = piece.notes.onset_ticks < _OPENING_TICKS
    return Opening(
        piece.name,
        tuple(codec.encode(piece.notes[begins]).tolist()),
        piece.tempo_bpm,
        (first_signature, *(each for each in later if each.start_ticks < _OPENING_TICKS)),
        learned_articulation([piece]),
        piece.line_up,
    )
