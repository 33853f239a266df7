"""Names of instruments in scores: English, German, Italian and French, and the codes of kern.

Source of the programs: General MIDI System Level 1 (MIDI Association), here counted from 0. Of
kern's codes: https://www.humdrum.org/guide/appendix2/.
"""

import re
import unicodedata
from collections.abc import Iterable

PIANO_PROGRAM = 0
VOICE_PROGRAM = 52  # choir aahs: General MIDI has no singer

# Stems of names without accents, in any place of a name, since German joins words. The first that
# fits counts: a bass clarinet is a clarinet, and a violoncello no violin.
_STEMS = {
    r"tubular bell|rohrenglocke|campane tubolari|cloches tubulaires": 14,
    r"harpsichord|cemba|clavecin|spinet|virginal|continuo": 6,
    r"clavichord|klavichord|clavinet": 7,
    r"electric piano|\be piano|rhodes": 4,
    r"celest": 8,
    r"glockenspiel|campanelli|jeu de timbres": 9,
    r"vibra(?:phon|fon)": 11,
    r"marimba": 12,
    r"[xs]y?i?lo(?:phon|fon)": 13,
    r"harmonium|reed organ": 20,
    r"ac+ordeon|ac+ordion|ak+ordeon|fisarmonica": 21,
    r"harmonica|armonica": 22,
    r"organ|orgel|orgue": 19,
    r"bass guitar|bassgitarre|electric bass|\be bass|basso elettrico|basse electrique": 33,
    r"banjo": 105,
    r"guit|gitar|chitar|\blut[eh]|laute|liuto|theorb|tiorba|vihuela|mandolin|ukulele": 24,
    r"soprano? ?sax": 64,
    r"tenor ?sax|sax\w* tenor": 66,
    r"baritone? ?sax|sax\w* bar[iy]ton": 67,
    r"sax": 65,
    r"english horn|englischhorn|cor anglais|corno inglese": 69,
    r"bassoon|basson|fag": 70,
    r"clarine|klarine|\bclars?\b|basset": 71,
    r"oboe|oboi|hautbois": 68,
    r"recorder|blockflote|flauto dolce|flute a bec": 74,
    r"pan ?flute|panflote|flute de pan": 75,
    r"piccolo|ottavino": 72,
    r"flut|flot|flaut|\bfl\b|\bflt|travers": 73,
    r"ocarina|okarina": 79,
    r"bagpipe|dudelsack|cornemuse|zampogna": 109,
    r"trombon|posaune|sackbut|\btromb\b": 57,
    r"trumpet|trompet|tromb[ae]|\btromp|cornet|clarino|flugelhorn": 56,
    r"tuba|tuben|euphonium|ophicleide": 58,
    r"horn|\bcorn[oi]\b|\bcors?\b": 60,
    r"timpan|pauke|timbales": 47,
    r"harp|harfe|\barpa": 46,
    r"cell[oi]|violoncel|gamb|\bvc": 42,
    r"contrabb?ass|kontrabass|contrebasse|double bass|string bass|violone|\bcbass|\bcb\b": 43,
    r"violin|violon|\bvioln|geige|\bvln|fiddle": 40,
    r"viol|bratsche|\bvla": 41,
    r"string|streicher|archi|cordes": 48,
    r"piano|klavier|keyboard": PIANO_PROGRAM,
    r"vo[ci]|vox|cant|\bchant|stimme|gesang|singer|sanger|superius|disc?ant|treble": VOICE_PROGRAM,
    r"sopran|mezzo|\balt|contralt|tenor|bar[iy]ton|\bbass": VOICE_PROGRAM,
    r"choir|chor|coro|choeur|women|\bmen\b": VOICE_PROGRAM,
}
_WORD = re.compile("[a-z]+")
_PROGRAM_OF_STEM = [(re.compile(stem), program) for stem, program in _STEMS.items()]


def program_of_name(name: str) -> int | None:
    """Return the General MIDI program of an instrument's name; None if it is unknown."""
    parted = unicodedata.normalize("NFKD", name.casefold())  # letters, then their accents
    plain = " ".join(_WORD.findall(parted.encode("ascii", "ignore").decode()))
    return next((program for stem, program in _PROGRAM_OF_STEM if stem.search(plain)), None)


def program_of_names(names: Iterable[str]) -> int:
    """Return the program of the first name that is known, else a piano's."""
    known = (program_of_name(name) for name in names)
    return next((program for program in known if program is not None), PIANO_PROGRAM)
