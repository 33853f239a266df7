"""A game whose music is for a band, for the model server of `tests.api.loopback`."""

from music.codec.notetuple import BandTuple
from music.description import LearnedPiece, Opening
from music.notes import cleaned, join
from music.players.line_up import LineUp
from music.players.roles import DRUMS
from tests.api.loopback import BAND_CODEC, description
from tests.music.bands import BASS, FLUTE, LINE_UP, NOTES, VIOLIN, part

DUO = cleaned(
    join(
        [
            part(VIOLIN, [0, 12, 24, 36], 12, [67, 69, 71, 72]),
            part(BASS, [0, 24], 12, [36, 43]),
        ]
    )
)
DRUMS_FIRST = cleaned(
    join(
        [
            part(DRUMS, [0, 12, 24, 36], 3, [36, 42, 38, 42]),
            part(FLUTE, [36, 48], 12, [84, 86]),
        ]
    )
)


def _opening(name, notes, line_up):
    return Opening(name, tuple(BAND_CODEC.encode(notes).tolist()), 90.0, line_up=line_up)


OPENINGS = (
    _opening("sextet", NOTES, LINE_UP),
    _opening("duo", DUO, LineUp.of({VIOLIN: 40, BASS: 33})),
    _opening("drums first", DRUMS_FIRST, LineUp.of({FLUTE: 75, DRUMS: 32})),
)
LEARNED = tuple(
    LearnedPiece(name, notes)
    for name, notes in (("sextet", NOTES), ("duo", DUO), ("drums first", DRUMS_FIRST))
)


def band_description(openings=OPENINGS, game="zelda"):
    return description(
        game=game,
        codec=BandTuple.name,
        vocabulary=BAND_CODEC.vocabulary,
        openings=openings,
        learned=LEARNED,
        forms=(),
    )


def play_a_band(loopback, openings=OPENINGS):
    """Let the game of a model server be one for a band."""
    loopback.codecs["zelda"] = BAND_CODEC
    loopback.descriptions["zelda"] = band_description(openings).to_json()
    return loopback
