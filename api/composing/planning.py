"""The plan of a song, from its request and what the song continues."""

from api.composing.prompt import Start
from api.composing.song import SongRequest
from api.errors import BadParameterError
from api.model_server.games import Bundle
from music.errors import FormError
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

NOTES = 500  # of a song whose length nobody gives, about
SECTION_BARS = 8  # of a requested form whose length nobody gives
_WHOLE_FORM = (Section("A", SECTION_BARS),)  # of a game whose pieces have none


def plan_of(request: SongRequest, bundle: Bundle, start: Start, tempo_bpm: float) -> Plan:
    """Decide on a song's meter, sections and bars.

    Args:
        request: What is asked for.
        bundle: The game's pieces have the forms from which the seed chooses.
        start: What the song continues: in its meter, from its next bar line.
        tempo_bpm: Of the new notes.

    Raises:
        BadParameterError: The bars do not fit the form.
    """
    meter = start.plan_meter
    form = _form(request, bundle, meter.bar_ticks / TICKS_PER_BEAT, tempo_bpm)
    intro = (Section(INTRO, request.intro_bars),) if request.intro_bars else ()
    return Plan(
        meter,
        (*intro, *form),
        ends=not request.loop if request.ending is None else request.ending,
        loops=request.loop,
        intro_bars=request.intro_bars,
    )


def _form(request: SongRequest, bundle: Bundle, bar_beats: float, tempo_bpm: float) -> Form:
    if request.form is not None:
        return _requested_form(request, request.form, bundle, bar_beats, tempo_bpm)
    forms = bundle.description.forms
    form = forms[request.seed % len(forms)].sections if forms else _WHOLE_FORM
    if request.bars is not None:
        return fitted_form(form, request.bars)
    bars = _bars(request, bundle, bar_beats, tempo_bpm)
    return fitted_form(form, nearest_bars(form, bars) if request.seconds is None else bars)


def _requested_form(
    request: SongRequest, names: tuple[str, ...], bundle: Bundle, bar_beats: float, tempo_bpm: float
) -> Form:
    if request.bars is not None:
        try:
            return shared_form(names, request.bars)
        except FormError as error:
            raise BadParameterError(f"bars must be {error}.", "bars") from error
    if request.notes is None and request.seconds is None:
        each = min(SECTION_BARS, MOST_BARS // len(names))
    else:
        each = max(1, round(_bars(request, bundle, bar_beats, tempo_bpm) / len(names)))
    return tuple(Section(name, each) for name in names)


def _bars(request: SongRequest, bundle: Bundle, bar_beats: float, tempo_bpm: float) -> int:
    """Say how many bars there are to be, about."""
    if request.seconds is not None:
        beats = request.seconds * tempo_bpm / 60
    else:
        beats = (request.notes or NOTES) / bundle.notes_per_beat
    return min(max(1, round(beats / bar_beats)), MOST_BARS)
