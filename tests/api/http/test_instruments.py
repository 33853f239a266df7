"""The parameter `instruments`: names, families and program numbers of General MIDI."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.errors import BadParameterError
from api.http.request.instruments import INSTRUMENTS, MOST_MELODIC_PARTS, line_up_of
from api.http.request.parameter import RequestValue
from api.http.request.parameters import BY_NAME
from api.http.request.song_request import song_request
from music.band.instruments import INSTRUMENTS as NAMES
from music.band.instruments import KITS
from music.band.parts import instruments_text
from music.players.line_up import ONE_PIANO, LineUp
from music.players.roles import DRUMS, FAMILIES, family_of_program, role_of

STRINGS, PIPE, BRASS = (FAMILIES.index(name) for name in ("strings", "pipe", "brass"))


def read(text):
    return line_up_of({INSTRUMENTS: text})


@pytest.mark.parametrize(
    ("text", "programs"),
    [
        ("piano", {0: 0}),
        ("Acoustic Grand Piano", {0: 0}),
        ("0", {0: 0}),
        ("flute", {role_of(PIPE, 0): 73}),
        (" FLUTE ", {role_of(PIPE, 0): 73}),
        ("french horn", {role_of(BRASS, 0): 60}),
        ("horn", {role_of(BRASS, 0): 60}),
        ("Lead 8 (bass + lead)", {role_of(FAMILIES.index("synth lead"), 0): 87}),
        ("synthlead", {role_of(FAMILIES.index("synth lead"), 0): 80}),
        ("Honky-tonk Piano", {0: 3}),
        ("choir", {role_of(FAMILIES.index("ensemble"), 0): 52}),
        ("guitar", {role_of(FAMILIES.index("guitar"), 0): 24}),
        ("organ", {role_of(FAMILIES.index("organ"), 0): 16}),
        ("127", {role_of(FAMILIES.index("synth effects"), 0): 127}),
        ("flute,drums", {role_of(PIPE, 0): 73, DRUMS: 0}),
        ("flute,Jazz Kit", {role_of(PIPE, 0): 73, DRUMS: 32}),
        (
            "flute,harp,strings,drums",
            {role_of(PIPE, 0): 73, role_of(STRINGS, 0): 40, role_of(STRINGS, 1): 46, DRUMS: 0},
        ),
        ("violin,violin", {role_of(STRINGS, 0): 40, role_of(STRINGS, 1): 40}),
        (
            "cello,viola,violin,violin",
            {
                role_of(STRINGS, 0): 40,
                role_of(STRINGS, 1): 40,
                role_of(STRINGS, 2): 41,
                role_of(STRINGS, 3): 42,
            },
        ),
    ],
)
def test_names_families_and_numbers_are_a_line_up_whose_voices_go_from_high_to_low(text, programs):
    assert read(text) == LineUp.of(programs)


@pytest.mark.parametrize(
    ("text", "detail"),
    [
        ("fluet", "There is no instrument 'fluet'. Did you mean Flute? Available: the names of "),
        ("violon", "There is no instrument 'violon'. Did you mean Violin? "),
        ("drumms", "There is no instrument 'drumms'. Did you mean drums? "),
        ("128", "There is no instrument '128'. Available: "),
        ("-1", "There is no instrument '-1'. "),
        ("flute,,harp", "There is no instrument of that name. Available: "),
        ("flute,", "There is no instrument of that name. "),
        ("<script>", "There is no instrument of that name. "),
        ("drums", "instruments must have an instrument besides drums."),
        ("flute,drums,Jazz Kit", "instruments can have one drum kit."),
        (
            "violin,viola,cello,harp,timpani",
            "instruments can have up to 4 of a family; 5 are of strings.",
        ),
        (
            ",".join(map(str, range(0, 64, 4))),
            "instruments can have up to 15 besides drums, the channels of MIDI; 16 are given.",
        ),
    ],
)
def test_other_instruments_are_refused_with_what_there_is(text, detail):
    with pytest.raises(BadParameterError) as refusal:
        read(text)
    assert str(refusal.value).startswith(detail)
    assert refusal.value.parameter == INSTRUMENTS


def test_the_refusal_of_a_name_lists_families_and_kits():
    with pytest.raises(BadParameterError) as refusal:
        read("theremin")
    assert all(name in str(refusal.value) for name in (*FAMILIES, *KITS.values(), "0 to 127"))


@pytest.mark.parametrize(("program", "name"), list(enumerate(NAMES)))
def test_every_name_of_general_midi_is_its_program(program, name):
    (player,) = read(name).players
    assert player.program == program
    assert player.role == role_of(family_of_program(program), 0)
    assert read(name.lower().replace(" ", "")) == read(str(program)) == read(name)


fewer_than_five = st.lists(st.integers(0, 127), min_size=1, max_size=MOST_MELODIC_PARTS).filter(
    lambda programs: max(map([*map(family_of_program, programs)].count, range(15))) < 5
)


@given(fewer_than_five, st.sampled_from([None, *KITS]))
def test_a_line_up_that_is_named_again_is_the_same_and_fits_the_parameter(programs, kit):
    line_up = read(",".join([*map(str, programs), *([KITS[kit]] if kit is not None else [])]))
    text = instruments_text(line_up)
    assert read(text) == line_up
    assert BY_NAME[INSTRUMENTS].read(RequestValue(INSTRUMENTS, text)) == text
    assert sorted(p.program for p in line_up.players if p.role != DRUMS) == sorted(programs)


def test_a_request_has_no_line_up_unless_it_says_so():
    game = RequestValue("game", "zelda")
    assert song_request([game]).brief.line_up is None
    assert song_request([game, RequestValue(INSTRUMENTS, "piano")]).brief.line_up == ONE_PIANO
