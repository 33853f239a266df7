"""What a song costs of its caller's rate limit.

One unit is a song of up to 500 notes as MIDI. Writing audio or a score takes more than composing:
for 500 notes, the API needs 0.02 s of a core for MIDI, 0.6 s for WAV, 0.8 s for OGG, 0.6 s for
MusicXML and 1.3 s for SVG. The factors in the table of formats are milder than that.
"""

from music.composing.brief import Brief

NOTES_PER_UNIT = 500
NOTES_PER_SECOND = 8  # of a song whose notes are not requested by number
NOTES_PER_BAR = 16


def song_cost(brief: Brief, effort: int, songs: int = 1) -> int:
    """Compute the cost of a request for songs, in units.

    Args:
        brief: What each song is to be.
        effort: Of the format, as the table of formats has it.
        songs: How many songs are composed.

    Returns:
        1 or more.
    """
    return songs * effort * -(-_notes(brief) // NOTES_PER_UNIT)


def _notes(brief: Brief) -> int:
    """Estimate the notes of a song; 500, the default length, where nothing is requested."""
    if brief.notes is not None:
        return brief.notes
    if brief.seconds is not None:
        return max(1, round(brief.seconds * NOTES_PER_SECOND))
    if brief.bars is not None:
        return (brief.bars + brief.intro_bars) * NOTES_PER_BAR
    return NOTES_PER_UNIT
