"""The table of the parameters of a song."""

from api.composing.song import SEEDS, THEME, Primer
from api.formats.registry import FORMAT_NAMES
from api.http.request.character import METER_PATTERN
from api.http.request.instruments import INSTRUMENTS, MOST_MELODIC_PARTS
from api.http.request.parameter import Kind, Parameter
from api.model_server.port import Label
from music.character.wanted import MOODS
from music.composing.length import MOST_NOTES
from music.composing.planning import VARIATION_FORM
from music.form.plan import (
    FORM_PATTERN,
    KEEP_PATTERN,
    MOST_BARS,
    MOST_INTRO_BARS,
    MOST_SECTIONS,
)
from music.keys import KEY_PATTERN, Mode
from music.midi import TEMPO_RANGE_BPM
from music.sampling import TEMPERATURE, TOP_K, TOP_P

LENGTHS = ("notes", "seconds", "bars")  # one of them says how long a song is
DRAWN_SEEDS = 1 << 32
MOST_EXACT = SEEDS - 1  # the largest integer that is exact in every JSON parser
MOST_SONGS = 16
MOST_KEEP_CHARACTERS = 200
MOST_INSTRUMENTS_CHARACTERS = 500

PARAMETERS = (
    Parameter(
        name="game",
        kind=Kind.NAME,
        effect="the game whose music the model was trained on",
        required=True,
    ),
    Parameter(
        name="notes",
        kind=Kind.WHOLE,
        effect="how many notes the song has; with a form, a loop, an ending or a character, about "
        "so many",
        lowest=1,
        highest=MOST_NOTES,
    ),
    Parameter(
        name="seconds",
        kind=Kind.NUMBER,
        effect=f"the song's duration, instead of notes; at most {MOST_NOTES} notes. With a form, a "
        f"loop, an ending or a character, as many bars as last about so long, at most {MOST_BARS}",
        lowest=1,
        highest=600,
    ),
    Parameter(
        name="bars",
        kind=Kind.WHOLE,
        effect="how many bars the song has, without an intro; if bars, notes and seconds are "
        "absent, about as many as 500 notes of the game's music fill, 1,500 of a band's",
        lowest=1,
        highest=MOST_BARS,
    ),
    Parameter(
        name="form",
        kind=Kind.TEXT,
        effect="the song's sections, all of the same length. Equal letters are the same music, and "
        "' marks a return with a new ending (AABA'), in a band without one of the parts. Default: "
        "the form of one of the game's pieces",
        lowest=1,
        highest=2 * MOST_SECTIONS,
        pattern=FORM_PATTERN,
    ),
    Parameter(
        name="ending",
        kind=Kind.FLAG,
        effect="whether the last bar closes the song; default: true, unless the song loops",
    ),
    Parameter(
        name="loop",
        kind=Kind.FLAG,
        effect="whether the song can be played in a loop: its end leads to its start, and files "
        "mark the loop",
        default=False,
    ),
    Parameter(
        name="intro_bars",
        kind=Kind.WHOLE,
        effect="how many bars are played once before the loop",
        lowest=0,
        highest=MOST_INTRO_BARS,
        default=0,
    ),
    Parameter(
        name="temperature",
        kind=Kind.NUMBER,
        effect="lower values give fewer surprises; 0 always takes the most likely value",
        lowest=0,
        highest=2,
        default=TEMPERATURE,
    ),
    Parameter(
        name="top_k",
        kind=Kind.WHOLE,
        effect="samples pitches only from this many of the most likely; 0 allows all",
        lowest=0,
        highest=1024,
        default=TOP_K,
    ),
    Parameter(
        name="top_p",
        kind=Kind.NUMBER,
        effect="samples pitches only from the most likely that add up to this probability; 1 "
        "allows all",
        lowest=0,
        lowest_fits=False,
        highest=1,
        default=TOP_P,
    ),
    Parameter(
        name="seed",
        kind=Kind.WHOLE,
        effect="the same seed returns the same song; random if absent",
        lowest=0,
        highest=MOST_EXACT,
    ),
    Parameter(
        name="songs",
        kind=Kind.WHOLE,
        effect="how many songs are composed, best first: by the seed, the seed + 1 and so on. The "
        "response is a ZIP archive of files, or JSON with all songs",
        lowest=1,
        highest=MOST_SONGS,
        default=1,
    ),
    Parameter(
        name="tempo",
        kind=Kind.NUMBER,
        effect="beats per minute; default: the tempo of the music that the song continues",
        lowest=TEMPO_RANGE_BPM[0],
        highest=TEMPO_RANGE_BPM[1],
    ),
    Parameter(
        name="key",
        kind=Kind.TEXT,
        effect="the song's key: C, F#m or Bb; m is minor. The song continues an excerpt of that "
        "mode, transposed",
        lowest=1,
        highest=20,
        pattern=KEY_PATTERN,
    ),
    Parameter(
        name="mode",
        kind=Kind.CHOICE,
        effect="the mode of the song's key, whatever its tonic",
        choices=tuple(Mode),
    ),
    Parameter(
        name="meter",
        kind=Kind.TEXT,
        effect="the song's time signature (3/4), one in which a piece of the game begins",
        lowest=1,
        highest=20,
        pattern=METER_PATTERN,
    ),
    Parameter(
        name="density",
        kind=Kind.WHOLE,
        effect="how many notes there are per beat, as a percentile of the game's own pieces: 0 is "
        "as sparse as its sparsest, 100 as dense as its densest",
        lowest=0,
        highest=100,
    ),
    Parameter(
        name="register",
        kind=Kind.WHOLE,
        effect="how high the notes are, as a percentile of the game's own pieces: 0 is as low as "
        "its lowest, 100 as high as its highest",
        lowest=0,
        highest=100,
    ),
    Parameter(
        name="mood",
        kind=Kind.CHOICE,
        effect="a name for a mode, a density and a register, where they are absent: "
        + "; ".join(f"{name} is {character.terms}" for name, character in MOODS.items()),
        choices=tuple(MOODS),
    ),
    Parameter(
        name=INSTRUMENTS,
        kind=Kind.TEXT,
        effect="who plays the song, if the game's music is for a band: names, families or program "
        "numbers of General MIDI, and drums (flute, harp, strings, drums); piano for one piano. A "
        f"name that is repeated is a further part; up to {MOST_MELODIC_PARTS} and drums. Default: "
        "the instruments of one of the game's pieces",
        lowest=1,
        highest=MOST_INSTRUMENTS_CHARACTERS,
    ),
    Parameter(
        name="primer",
        kind=Kind.CHOICE,
        effect="the music that the song continues: corpus is the opening of one of the game's "
        "pieces, none is no music; or upload a file, from whose end the song continues: MIDI, or a "
        "song's JSON",
        choices=tuple(Primer),
        may_be_file=True,
        default=Primer.CORPUS.value,
    ),
    Parameter(
        name="include_primer",
        kind=Kind.FLAG,
        effect="whether the song starts with the uploaded primer, before the new notes",
        needs_file=True,
        default=False,
    ),
    Parameter(
        name="keep",
        kind=Kind.TEXT,
        effect="bars of an uploaded primer that stay as they are (1-8,13-16); the others are "
        "recomposed, to lead on to the next bar that stays",
        lowest=1,
        highest=MOST_KEEP_CHARACTERS,
        needs_file=True,
        pattern=KEEP_PATTERN,
    ),
    Parameter(
        name="variation_of",
        kind=Kind.CHOICE,
        effect=f"{THEME}: the uploaded primer is the song's theme. It stays as section A, and the "
        f"other sections follow from it, as long as it is; default form: {''.join(VARIATION_FORM)}",
        choices=(THEME,),
        needs_file=True,
    ),
    Parameter(
        name="dynamics",
        kind=Kind.FLAG,
        effect="whether velocities follow meter, voice and phrase; false sets all of them to 80",
        default=True,
    ),
    Parameter(
        name="max_quote",
        kind=Kind.WHOLE,
        effect="how many successive notes the song may share with a piece of the training data, in "
        "any key; default: as many as those pieces share with each other",
        lowest=4,
        highest=MOST_NOTES,
    ),
    Parameter(
        name="title",
        kind=Kind.TEXT,
        effect="the song's title, used in its score, its MIDI track and its file name; default: "
        "Song and its seed",
        lowest=1,
        highest=100,
    ),
    Parameter(
        name="version",
        kind=Kind.VERSION,
        effect="the version of the game's model: its number, as a song's origin has it; or canary "
        "for the newest, stable for the one promoted last. Default: stable if it is ready, "
        "otherwise the newest version that is ready",
        lowest=1,
        highest=MOST_EXACT,
        choices=tuple(Label),
    ),
    Parameter(
        name="format",
        kind=Kind.CHOICE,
        effect="the format of the response; overrides the Accept header",
        choices=FORMAT_NAMES,
    ),
)
BY_NAME = {parameter.name: parameter for parameter in PARAMETERS}
