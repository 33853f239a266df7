"""The parameter `instruments`: the line-up of a song, by names or numbers of General MIDI."""

import difflib
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from api.errors import BadParameterError
from music.band.instruments import INSTRUMENTS as PROGRAM_NAMES
from music.band.instruments import KITS
from music.band.registers import usual_register
from music.players.line_up import MOST_PROGRAM, LineUp
from music.players.roles import DRUMS, FAMILIES, VOICES, family_of_program, role_of, usual_program

INSTRUMENTS = "instruments"
MOST_MELODIC_PARTS = 15  # those that MIDI has channels for, besides drums

_OF_UPLOADS = ("keep", "variation_of", "include_primer")  # with these, an upload has the line-up
_HARMLESS = re.compile(r"[A-Za-z0-9 ()+'-]{1,40}")
_NUMBER = re.compile("[0-9]{1,3}")
_IGNORED = re.compile("[^a-z0-9]")
# Common names for which General MIDI has another one, or several.
_SHORT_NAMES = {
    "grand piano": 0,
    "honky-tonk": 3,
    "electric piano": 4,
    "cembalo": 6,
    "vibes": 11,
    "bells": 14,
    "pipe organ": 19,
    "harmonium": 20,
    "bandoneon": 23,
    "acoustic guitar": 24,
    "nylon guitar": 24,
    "steel guitar": 25,
    "jazz guitar": 26,
    "electric guitar": 27,
    "overdrive guitar": 29,
    "distorted guitar": 30,
    "upright bass": 32,
    "bass guitar": 33,
    "electric bass": 33,
    "slap bass": 36,
    "synth bass": 38,
    "violoncello": 42,
    "double bass": 43,
    "pizzicato": 45,
    "harp": 46,
    "kettledrums": 47,
    "string ensemble": 48,
    "synth strings": 50,
    "choir": 52,
    "voice": 53,
    "horn": 60,
    "synth brass": 62,
    "sax": 65,
    "saxophone": 65,
    "cor anglais": 69,
    "pan pipes": 75,
    "synth": 80,
    "lead": 80,
    "square lead": 80,
    "saw lead": 81,
    "pad": 88,
    "steel drum": 114,
    "taiko": 116,
}
_DRUMS = "drums"


@dataclass(frozen=True)
class _Instrument:
    """An instrument that a request can name.

    Attributes:
        name: As people write it.
        program: Of General MIDI; of drums, that of the kit.
        is_drums: Whether it is a drum kit.
    """

    name: str
    program: int
    is_drums: bool = False

    @property
    def family(self) -> int:
        return family_of_program(self.program)


def _key(name: str) -> str:
    """Return what counts of a name."""
    return _IGNORED.sub("", name.casefold())


def _known() -> list[_Instrument]:
    """List all instruments; of those of the same name, the later counts."""
    return [
        *(_Instrument(name, number) for number, name in enumerate(PROGRAM_NAMES)),
        *(_Instrument(name, program) for name, program in _SHORT_NAMES.items()),
        *(
            _Instrument(name, usual_program(role_of(family, 0)))
            for family, name in enumerate(FAMILIES)
        ),
        *(_Instrument(name, program, is_drums=True) for program, name in KITS.items()),
        _Instrument(_DRUMS, usual_program(DRUMS), is_drums=True),
    ]


_BY_KEY = {_key(instrument.name): instrument for instrument in _known()}


def line_up_of(values: Mapping[str, object]) -> LineUp | None:
    """Read the line-up that a song is to have; None if the request does not say.

    An instrument that is named twice is two voices of its family. The voices of a family are
    ordered by the usual registers of their instruments, from the highest.

    Args:
        values: Of a request, each checked against its row of the table.

    Raises:
        BadParameterError: A name is unknown, there are too many of them or none of an instrument
            with pitches, or the request decides in another way.
    """
    if INSTRUMENTS not in values:
        return None
    for name in _OF_UPLOADS:
        if values.get(name):
            raise _refusal(f"cannot be given with {name}: the uploaded song decides on them.")
    instruments = [_instrument(name.strip()) for name in str(values[INSTRUMENTS]).split(",")]
    melodic = [each for each in instruments if not each.is_drums]
    kits = [each for each in instruments if each.is_drums]
    _check_counts(melodic, kits)
    programs, voices = dict[int, int](), Counter[int]()
    for kit in kits:
        programs[DRUMS] = kit.program
    for each in sorted(melodic, key=lambda each: -usual_register(each.program)):
        programs[role_of(each.family, voices[each.family])] = each.program
        voices[each.family] += 1
    return LineUp.of(programs)


def _instrument(name: str) -> _Instrument:
    """Find an instrument by its name, that of its family, or its program."""
    if _NUMBER.fullmatch(name) and int(name) <= MOST_PROGRAM:
        return _Instrument(PROGRAM_NAMES[int(name)], int(name))
    instrument = _BY_KEY.get(_key(name))
    if instrument is None:
        raise _unknown(name)
    return instrument


def _check_counts(melodic: Sequence[_Instrument], kits: Sequence[_Instrument]) -> None:
    if not melodic:
        raise _refusal("must have an instrument besides drums.")
    if len(kits) > 1:
        raise _refusal("can have one drum kit.")
    (family, most), *_ = Counter(each.family for each in melodic).most_common(1)
    if most > VOICES:
        raise _refusal(f"can have up to {VOICES} of a family; {most} are of {FAMILIES[family]}.")
    if len(melodic) > MOST_MELODIC_PARTS:
        raise _refusal(
            f"can have up to {MOST_MELODIC_PARTS} besides drums, the channels of MIDI; "
            f"{len(melodic)} are given."
        )


def _unknown(name: str) -> BadParameterError:
    """Return the error for an unknown name; it repeats the name only if that is harmless."""
    called = repr(name) if _HARMLESS.fullmatch(name) else "of that name"
    close = difflib.get_close_matches(_key(name[:64]), _BY_KEY, n=1)
    guess = f" Did you mean {_BY_KEY[close[0]].name}?" if close else ""
    return BadParameterError(
        f"There is no instrument {called}.{guess} Available: the names of General MIDI (Violin, "
        f"Flute, Orchestral Harp), its families ({', '.join(FAMILIES)}), its programs (0 to "
        f"{MOST_PROGRAM}), and {_DRUMS}, or a kit ({', '.join(KITS.values())}).",
        INSTRUMENTS,
    )


def _refusal(detail: str) -> BadParameterError:
    return BadParameterError(f"{INSTRUMENTS} {detail}", INSTRUMENTS)
