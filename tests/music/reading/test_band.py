"""Reads files as a band: every part has a role, and every role an instrument."""

from pathlib import Path

import mido
import pytest
from hypothesis import given
from hypothesis import strategies as st

from music.errors import UnreadablePieceError
from music.notes import Notes, cleaning_order, released
from music.players.line_up import ONE_PIANO
from music.players.roles import DRUMS, name_of
from music.reading import read_midi, read_piece
from music.reading.band.instrument_names import program_of_name
from music.reading.band.parts import DRUM_TICKS
from music.reading.scores import read_score
from tests.music.reading.support import midi_file, note

SHARED = Path(__file__).parents[4] / "shared"
BEAT = 480
BASS, STRINGS, STRINGS_2, REED = 16, 20, 21, 32  # roles
ACOUSTIC_BASS, VIOLIN, VIOLA, CELLO, ENSEMBLE, OBOE = 32, 40, 41, 42, 48, 68  # programs
HARPSICHORD, VOICE, FLUTE = 6, 52, 73
ROCK_KIT = 16


def program(number, channel=0):
    return [mido.Message("program_change", program=number, channel=channel)]


def part(number, *pitches, channel=0, wait=0, beats=1):
    """A track that plays a program, a beat or more for each pitch, after some beats."""
    first, *others = pitches
    played = note(first, beats * BEAT, wait=wait * BEAT, channel=channel)
    for pitch in others:
        played += note(pitch, beats * BEAT, channel=channel)
    return [*program(number, channel), *played]


def drums(*keys, ticks=BEAT):
    return [each for key in keys for each in note(key, ticks, channel=9)]


def read(*tracks):
    return read_midi(midi_file(*tracks), "x", band=True)


def played(piece):
    """List role, onset in beats and pitch of every note."""
    columns = (piece.notes.role, piece.notes.onset_ticks // 12, piece.notes.pitch)
    return [(name_of(role), *rest) for role, *rest in zip(*map(list, columns), strict=True)]


def line_up(piece):
    return {name_of(player.role): player.program for player in piece.line_up.players}


# MIDI


@pytest.mark.parametrize(
    ("tracks", "programs"),
    [
        ([part(VIOLIN, 76), part(CELLO, 48, channel=1)], {"strings": VIOLIN, "strings 2": CELLO}),
        ([part(CELLO, 48), part(VIOLIN, 76, channel=1)], {"strings": VIOLIN, "strings 2": CELLO}),
        ([part(VIOLIN, 60), part(VIOLA, 60, channel=1)], {"strings": VIOLIN, "strings 2": VIOLA}),
        ([part(VIOLIN, 60), part(OBOE, 72, channel=1)], {"strings": VIOLIN, "reed": OBOE}),
        ([note(60, BEAT), part(OBOE, 72, channel=1)], {"piano": 0, "reed": OBOE}),
        ([part(127, 60)], {"synth effects": 127}),
        ([[*program(ROCK_KIT, 9), *drums(36)]], {"drums": ROCK_KIT}),
        (
            [part(40 + n, 80 - 5 * n, channel=n) for n in range(5)] + [part(44, 60, 62, channel=4)],
            {"strings": 40, "strings 2": 41, "strings 3": 42, "strings 4": 44},
        ),
    ],
    ids=[
        "by pitch", "not by track", "ties by track", "two families", "no program", "sound effects",
        "a kit", "the fourth voice of many",
    ],
)  # fmt: skip
def test_a_midi_file_says_who_plays(tracks, programs):
    assert line_up(read(*tracks)) == programs


def test_voices_below_the_fourth_share_its_role():
    tracks = [part(VIOLIN, 90 - 10 * n, channel=n) for n in range(6)]
    assert [row[0] for row in played(read(*tracks))] == [
        "strings", "strings 2", "strings 3", "strings 4", "strings 4", "strings 4",
    ]  # fmt: skip


def test_a_part_changes_roles_with_its_program():
    changing = [*part(VIOLIN, 60), *part(OBOE, 62), *part(VIOLIN, 64)]
    assert played(read(changing)) == [("strings", 0, 60), ("reed", 1, 62), ("strings", 2, 64)]


def test_a_program_is_for_the_notes_of_its_channel_in_every_track():
    setup = [*program(OBOE, 3), *program(VIOLIN, 4)]
    piece = read(setup, note(60, BEAT, channel=4), note(72, BEAT, channel=3))
    assert played(piece) == [("strings", 0, 60), ("reed", 0, 72)]


@pytest.mark.parametrize(
    ("second", "roles"),
    [
        (part(VIOLIN, 50, channel=1, wait=2), {STRINGS}),
        (part(VIOLIN, 50, channel=1, wait=1), {STRINGS, STRINGS_2}),
        (part(VIOLA, 50, channel=1, wait=2), {STRINGS, STRINGS_2}),
    ],
    ids=["they take turns", "they overlap", "another instrument"],
)
def test_parts_of_a_program_are_one_voice_if_they_take_turns(second, roles):
    first = [*part(VIOLIN, 70, beats=2), *note(72, BEAT, wait=BEAT)]
    assert set(read(first, second).line_up.roles) == roles


def test_a_pianos_hands_are_one_part():
    hands = note(72, BEAT) + note(74, BEAT), note(48, 2 * BEAT, channel=1)
    piece = read(*hands)
    assert piece.line_up == ONE_PIANO
    assert piece == read_midi(midi_file(*hands), "x")


def test_all_instruments_of_the_piano_family_are_one_part():
    piece = read(part(HARPSICHORD, 72, 74), part(0, 48, channel=1), part(OBOE, 60, channel=2))
    assert line_up(piece) == {"piano": HARPSICHORD, "reed": OBOE}


def test_doubled_notes_of_a_role_count_once():
    piano = part(0, 60), part(1, 60, channel=1)
    assert played(read(*piano, part(OBOE, 60, channel=2))) == [("piano", 0, 60), ("reed", 0, 60)]


def test_a_drum_note_lasts_a_sixteenth_or_until_its_key_is_struck_again():
    hits = drums(36, ticks=4 * BEAT) + drums(38, 38, ticks=BEAT // 6)
    piece = read(part(ACOUSTIC_BASS, 40, beats=4), hits)
    assert piece.notes == Notes.of(
        [0, 0, 48, 50], [48, 3, 2, 3], [40, 36, 38, 38], [BASS, *[DRUMS] * 3]
    )
    assert piece.performance.sounding_ticks.tolist() == [48, 3, 2, 3]
    assert piece.performance.velocity.tolist() == [64] * 4


def test_a_key_that_two_roles_strike_sounds_twice():
    piece = read(part(VIOLIN, 60, beats=4), part(OBOE, 60, channel=1, wait=1))
    assert piece.notes == Notes.of([0, 12], [48, 12], [60, 60], [STRINGS, REED])
    assert piece.performance.sounding_ticks.tolist() == [48, 12]


def test_a_file_of_too_many_parts_is_refused_as_a_band_alone():
    tracks = [[each for n in range(128) for each in part(n, 60, channel=c)] for c in range(3)]
    with pytest.raises(UnreadablePieceError, match="it has 384 parts; up to 256 are read"):
        read(*tracks)
    assert len(read_midi(midi_file(*tracks), "x").notes) == 128


TRACKS = st.lists(
    st.lists(
        st.tuples(
            st.integers(0, 15), st.integers(0, 127), st.integers(0, 127), st.integers(0, 960)
        ),
        max_size=12,
    ),
    max_size=5,
)


@given(TRACKS)
def test_a_line_up_has_the_roles_of_the_notes(tracks):
    messages = [
        [
            each
            for channel, number, key, ticks in track
            for each in (*program(number, channel), *note(key, ticks, channel=channel))
        ]
        for track in tracks
    ]
    piece = read(part(OBOE, 60), *messages)
    notes = piece.notes
    assert set(piece.line_up.roles) == set(notes.role.tolist())
    assert released(notes[cleaning_order(notes)]) == notes
    assert (notes.duration_ticks[~notes.is_melodic] <= DRUM_TICKS).all()
    assert len(piece.performance.velocity) == len(notes)
    sounding = piece.performance.sounding_ticks[~notes.is_melodic]
    assert sounding.tolist() == notes.duration_ticks[~notes.is_melodic].tolist()


def test_without_band_a_file_is_for_one_piano_without_drums():
    tracks = part(VIOLIN, 60), part(OBOE, 60, channel=1), drums(36)
    piece = read_midi(midi_file(*tracks), "x")
    assert piece.notes == Notes.of([0], [12], [60])
    assert piece.line_up == ONE_PIANO


# MusicXML


def instrument(number, *, name="", sound="", channel="", program="", unpitched=""):
    """The elements of a part's instrument."""
    midi = {"midi-channel": channel, "midi-program": program, "midi-unpitched": unpitched}
    given = "".join(f"<{tag}>{value}</{tag}>" for tag, value in midi.items() if value)
    named = f"<instrument-name>{name}</instrument-name><instrument-sound>{sound}</instrument-sound>"
    return (
        f'<score-instrument id="{number}">{named}</score-instrument>',
        f'<midi-instrument id="{number}">{given}</midi-instrument>' if given else "",
    )


def score(*parts):
    """A score of parts: their names, instruments, and notes as pairs of content and instrument."""
    listed, written, by_instrument = "", "", '<instrument id="{}"/>'
    for number, (name, instruments, notes) in enumerate(parts):
        described = "".join("".join(elements) for elements in zip(*instruments, strict=True))
        listed += (
            f'<score-part id="P{number}"><part-name>{name}</part-name>{described}</score-part>'
        )
        heads = "".join(
            f"<note>{head}<duration>1</duration>{by and by_instrument.format(by)}</note>"
            for head, by in notes
        )
        attributes = "<attributes><divisions>1</divisions></attributes>"
        written += f'<part id="P{number}"><measure>{attributes}{heads}</measure></part>'
    return f"<score-partwise><part-list>{listed}</part-list>{written}</score-partwise>"


C5, C3 = (f"<pitch><step>C</step><octave>{octave}</octave></pitch>" for octave in (5, 3))
UNPITCHED = (
    "<unpitched><display-step>E</display-step><display-octave>4</display-octave></unpitched>"
)


def read_xml(*parts, band=True):
    return read_score(score(*parts).encode(), ".musicxml", "x", band=band)


@pytest.mark.parametrize(
    ("name", "instruments", "number"),
    [
        ("Piano", [instrument("I", name="Piano", program="41")], VIOLIN),
        ("Violino I", [], VIOLIN),
        ("I", [instrument("I", name="Oboe")], OBOE),
        ("I", [instrument("I", sound="wind.flutes.flute")], FLUTE),
        ("Violin", [instrument("I", name="Oboe")], OBOE),
        ("", [instrument("I", program="no number", name="Viola")], VIOLA),
        ("", [instrument("I", program="129", name="Viola")], VIOLA),
        ("Voice", [instrument("I", sound="voice.vocals", program="69")], VOICE),
        ("Zither of my aunt", [], 0),
        ("", [], 0),
    ],
    ids=[
        "the program", "the part's name", "the instrument's name", "the sound", "both names",
        "a malformed program", "a program out of range", "a voice that an oboe plays",
        "an unknown name", "nothing",
    ],
)  # fmt: skip
def test_a_score_says_who_plays(name, instruments, number):
    piece = read_xml((name, instruments, [(C5, "")]))
    assert [player.program for player in piece.line_up.players] == [number]


def test_the_parts_of_a_score_are_voices_and_its_staves_are_not():
    first, second, cello = ("Violin I", [], [(C5, "")]), ("Violin II", [], [(C5, "")]), (
        "Violoncello", [], [(C3, "")]
    )  # fmt: skip
    hands = ("Piano", [], [(C5, ""), ("<chord/>" + C3, "")])
    assert line_up(read_xml(first, second, cello, hands)) == {
        "piano": 0, "strings": VIOLIN, "strings 2": VIOLIN, "strings 3": CELLO,
    }  # fmt: skip


def test_an_instrument_of_a_part_has_its_own_role():
    both = [instrument("F", name="Flute"), instrument("O", name="Oboe")]
    piece = read_xml(("Woodwind", both, [(C5, "O"), (C5, "F"), (C5, "")]))
    assert played(piece) == [("reed", 0, 72), ("pipe", 1, 72), ("pipe", 2, 72)]


KIT = [
    instrument("K", name="Bass Drum", channel="10", unpitched="37"),
    instrument("S", name="Snare", channel="10", unpitched="39"),
    instrument("N", name="Something", channel="10"),
]


def test_unpitched_notes_are_drums_with_the_keys_of_their_instruments():
    hits = ("Drums", KIT, [(UNPITCHED, "K"), (UNPITCHED, "S"), (UNPITCHED, ""), (UNPITCHED, "N")])
    piece = read_xml(hits, ("Violin", [], [(C5, "")]))
    assert piece.notes == Notes.of(
        [0, 0, 12, 24], [12, 3, 3, 3], [72, 36, 38, 36], [STRINGS, *[DRUMS] * 3]
    )
    assert line_up(piece) == {"strings": VIOLIN, "drums": 0}
    assert len(read_xml(hits, ("Violin", [], [(C5, "")]), band=False).notes) == 1


def test_a_drum_channels_notes_with_pitches_have_those_without_a_key():
    piece = read_xml(("Drums", KIT, [(C3, "N"), (C3, "K")]))
    assert piece.notes.pitch.tolist() == [48, 36]
    assert len(read_xml(("Drums", KIT, [(C3, "N")]), band=False).notes) == 0


# Names, and formats that music21 reads


@pytest.mark.parametrize(
    ("number", "names"),
    [
        (VIOLIN, "Violin I; Violine 2; Violini; Violons; 1st Violin; Geige; Vln. 1"),
        (VIOLA, "Viola; Bratsche; Viole; Violas; Vla."),
        (CELLO, "Violoncello; Cello; Celli; Violoncelle; Violoncelli; Vc.; Viola da Gamba"),
        (43, "Contrabass; Kontrabaß; Kontrabass; Contrabbasso; Contrebasse; Double Bass"),
        (FLUTE, "Flute; Flöte; Flauto; Flûte; Querflöte; Flauti; Alto Flute; Fl. 1"),
        (72, "Piccolo; Flauto piccolo"),
        (74, "Recorder; Blockflöte; Altblockflöte; Flûte à bec"),
        (OBOE, "Oboe; Hautbois; Oboi; Oboe d'amore"),
        (69, "English Horn; Englischhorn; Cor anglais; Corno inglese"),
        (71, "Clarinet in Bb; Klarinette; Clarinetto; Clarinette; Bassklarinette; Bass Clarinet"),
        (70, "Bassoon; Fagott; Fagotto; Basson; Kontrafagott"),
        (60, "Horn in F; French Horn; Corno; Corni; Cor; Waldhorn"),
        (56, "Trumpet in C; Trompete; Tromba; Trombe; Trompette"),
        (57, "Trombone; Posaune; Tromboni; Bass Trombone; Bassposaune"),
        (58, "Tuba; Basstuba"),
        (66, "Tenor Saxophone; Tenorsaxophon; Tenor Sax"),
        (47, "Timpani; Pauken; Timbales"),
        (46, "Harp; Harfe; Arpa; Harpe"),
        (HARPSICHORD, "Harpsichord; Cembalo; Clavecin; Basso continuo"),
        (19, "Organ; Orgel; Organo; Orgue"),
        (24, "Guitar; Gitarre; Chitarra; Guitare; Lute; Laute; Liuto; Luth; Theorbo"),
        (33, "Bass Guitar; Electric Bass; Bassgitarre"),
        (0, "Piano; Klavier; Pianoforte; Grand Piano; keyboard.piano"),
        (VOICE, "Voice; Singstimme; Soprano; Sopran; Alto; Alt; Tenor; Ténor; Bass; Basso; Canto"),
        (VOICE, "Chant; Voix; Mezzo-Soprano; Baritone; Choir; Chor; Coro; voice.vocals"),
        (ENSEMBLE, "Strings; Streicher; Archi; Cordes"),
        (None, "Part 1; ; Zither; ???; 日本"),
    ],
)
def test_instruments_are_known_by_their_names(number, names):
    found = {name: program_of_name(name) for name in names.split("; ")}
    assert found == dict.fromkeys(found, number)


KERN = "**kern\t**kern\t**kern\n*Icello\t*Iflt\t{}\n4C\t4c\t4cc\n*-\t*-\t*-\n"
MEI = (
    '<mei xmlns="http://www.music-encoding.org/ns/mei"><music><body><mdiv><score><scoreDef>'
    '<staffGrp><staffDef n="1" lines="5"><instrDef midi.instrnum="40"/></staffDef></staffGrp>'
    '</scoreDef><section><measure n="1"><staff n="1"><layer><note dur="4" oct="4" pname="c"/>'
    "</layer></staff></measure></section></score></mdiv></body></music></mei>"
)


@pytest.mark.parametrize(
    ("suffix", "text", "programs"),
    [
        (".krn", KERN.format("*"), {"piano": 0, "strings": CELLO, "pipe": FLUTE}),
        (".krn", KERN.format('*I"Canto'), {"strings": CELLO, "ensemble": VOICE, "pipe": FLUTE}),
        (".mei", MEI, {"strings": VIOLIN}),
        (".abc", "X:1\nL:1/4\nK:C\nCD\n", {"piano": 0}),
    ],
    ids=["a code", "a name", "an instrument in MEI", "none in ABC"],
)
def test_kern_mei_and_abc_say_who_plays(suffix, text, programs):
    assert line_up(read_score(text.encode(), suffix, "x", band=True)) == programs


# Real files


@pytest.mark.parametrize(
    ("path", "notes", "programs"),
    [
        (
            "bands/final_fantasy_7/ff7batt.mid",
            5144,
            (
                "chromatic percussion 14, guitar 29, bass 32, strings 47, ensemble 48, "
                "ensemble 2 48, ensemble 3 49, ensemble 4 49, brass 57, pipe 73, drums 0"
            ),
        ),
        (
            "bands/wind_waker/WW_Forbidden_Woods.mid",
            283,
            (
                "chromatic percussion 9, strings 45, ensemble 48, reed 71, reed 2 68, pipe 72, "
                "pipe 2 76"
            ),
        ),
        (
            "base/freedoom/d_bunny.mid",
            1309,
            (
                "organ 17, guitar 30, bass 36, strings 45, ensemble 50, pipe 75, synth lead 81, "
                "synth effects 123, synth effects 2 122, synth effects 3 123, drums 16"
            ),
        ),
    ],
    ids=["final_fantasy_7", "wind_waker", "freedoom"],
)
def test_real_pieces_have_these_line_ups(path, notes, programs):
    if not (SHARED / path).exists():
        pytest.skip("no such piece here")
    piece = read_piece(SHARED / path, band=True)
    described = ", ".join(f"{role} {number}" for role, number in line_up(piece).items())
    assert (len(piece.notes), described) == (notes, programs)
