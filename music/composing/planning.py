"""The plan of a song, from its brief and what the song continues."""

from music.composing.brief import Brief
from music.composing.continuation import Continuation
from music.composing.game_music import GameMusic
from music.errors import KeepError, ThemeError
from music.form.plan import (
    INTRO,
    MOST_BARS,
    Form,
    Plan,
    Section,
    fitted_form,
    nearest_bars,
    shared_form,
)
from music.notes import TICKS_PER_BEAT
from music.piece import TimeSignature

NOTES = 500  # the approximate default length of a song
BAND_NOTES = 1_500  # of a band's, whose parts together have more notes in a bar
SECTION_BARS = 8  # the default length of a section in a requested form
VARIATION_FORM = ("A", "A", "B", "A")  # of a theme that is varied, if no form is given
_WHOLE_FORM = (Section("A", SECTION_BARS),)  # of a game whose pieces have none


def plan_of(brief: Brief, music: GameMusic, continuation: Continuation, tempo_bpm: float) -> Plan:
    """Decide on a song's meter, sections and bars.

    Args:
        brief: What the song is to be.
        music: The game's pieces have the forms from which the seed chooses.
        continuation: What the song continues: in its meter, from its next bar line.
        tempo_bpm: Of the new notes.

    Raises:
        FormError: The bars do not fit the form.
        KeepError: The music has not the bars that are to be kept, or no others.
        ThemeError: The theme is too long, or cannot begin a loop.
    """
    meter = continuation.plan_meter
    if brief.varies:
        return _variation(brief, meter, continuation)
    if brief.keep:
        return _revision(brief, meter, continuation)
    form = _form(brief, music, meter.bar_ticks / TICKS_PER_BEAT, tempo_bpm)
    return Plan(
        meter,
        (*_intro(brief), *form),
        ends=_ends(brief),
        loops=brief.loop,
        intro_bars=brief.intro_bars,
    )


def _revision(brief: Brief, meter: TimeSignature, continuation: Continuation) -> Plan:
    """Plan as many bars as the music that is revised has."""
    bars = _revised_bars(meter, continuation)
    if bars > MOST_BARS:
        raise KeepError(f"bars of a song of up to {MOST_BARS} bars, not {bars}")
    if brief.keep[-1] >= bars or len(brief.keep) == bars:
        raise KeepError(f"some, not all, of the song's {bars} bars")
    if brief.loop and meter.start_ticks:
        raise KeepError("bars of a song that begins on a bar line, where it is to loop")
    if brief.intro_bars >= bars:
        raise KeepError(f"bars of a song of more than {brief.intro_bars} bars, which the intro has")
    return Plan(
        meter,
        (*_intro(brief), Section("A", bars - brief.intro_bars)),
        ends=_ends(brief) and brief.keep[-1] != bars - 1,
        loops=brief.loop,
        intro_bars=brief.intro_bars,
        kept_bars=brief.keep,
    )


def _variation(brief: Brief, meter: TimeSignature, continuation: Continuation) -> Plan:
    """Plan sections as long as the theme, which is the first."""
    bars = _revised_bars(meter, continuation)
    names = brief.form or VARIATION_FORM
    if bars * len(names) > MOST_BARS:
        raise ThemeError(
            f"a theme of up to {MOST_BARS // len(names)} bars, for {len(names)} sections of its "
            f"length, not {bars}"
        )
    if brief.loop and meter.start_ticks:
        raise ThemeError("a theme that begins on a bar line, where the song is to loop")
    return Plan(
        meter,
        tuple(Section(name, bars) for name in names),
        ends=_ends(brief),
        loops=brief.loop,
        kept_bars=tuple(range(bars)),
    )


def _revised_bars(meter: TimeSignature, continuation: Continuation) -> int:
    """Count bars up to the one in which the last note starts."""
    last_ticks = int(continuation.revised.onset_ticks[-1])
    return (last_ticks - meter.start_ticks) // meter.bar_ticks + 1


def _intro(brief: Brief) -> Form:
    return (Section(INTRO, brief.intro_bars),) if brief.intro_bars else ()


def _ends(brief: Brief) -> bool:
    return not brief.loop if brief.ending is None else brief.ending


def _form(brief: Brief, music: GameMusic, bar_beats: float, tempo_bpm: float) -> Form:
    if brief.form is not None:
        return _requested_form(brief, brief.form, music, bar_beats, tempo_bpm)
    forms = music.forms
    form = forms[brief.seed % len(forms)].sections if forms else _WHOLE_FORM
    if brief.bars is not None:
        return fitted_form(form, brief.bars)
    bars = _bars(brief, music, bar_beats, tempo_bpm)
    if brief.seconds is None:
        bars = min(nearest_bars(form, bars), MOST_BARS)
    return fitted_form(form, bars)


def _requested_form(
    brief: Brief, names: tuple[str, ...], music: GameMusic, bar_beats: float, tempo_bpm: float
) -> Form:
    if brief.bars is not None:
        return shared_form(names, brief.bars)
    if brief.notes is None and brief.seconds is None:
        each = min(SECTION_BARS, MOST_BARS // len(names))
    else:
        each = max(1, round(_bars(brief, music, bar_beats, tempo_bpm) / len(names)))
        each = min(each, MOST_BARS // len(names))
    return tuple(Section(name, each) for name in names)


def _bars(brief: Brief, music: GameMusic, bar_beats: float, tempo_bpm: float) -> int:
    """Return how many bars there are to be, about."""
    if brief.seconds is not None:
        beats = brief.seconds * tempo_bpm / 60
    else:
        usual = BAND_NOTES if music.codec.has_roles else NOTES
        beats = (brief.notes or usual) / music.notes_per_beat
    return min(max(1, round(beats / bar_beats)), MOST_BARS)
