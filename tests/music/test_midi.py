"""MIDI files that we write can be read by others."""

import hashlib
import io
from dataclasses import replace

import mido
import music21
import numpy as np
import pytest
import symusic
from hypothesis import given
from hypothesis import strategies as st

from music.band.levels import level, panning
from music.band.parts import parts_of
from music.form.plan import Plan, Section
from music.midi import to_midi
from music.notes import Notes, cleaned
from music.performance import FLAT_VELOCITY
from music.piece import TempoChange, TimeSignature, constant_tempo
from music.players.line_up import LineUp
from music.players.roles import DRUMS, ROLES
from music.reading import read_midi
from tests.music.bands import LINE_UP, NAMES, NOTES, PROGRAMS, VIOLA, VIOLIN
from tests.music.support import gridded, raw_notes

THREE = Notes.of([0, 0, 12], [12, 24, 12], [60, 64, 60])


def messages(midi: bytes) -> list[mido.Message]:
    return [m for track in mido.MidiFile(file=io.BytesIO(midi)).tracks for m in track]


def test_a_file_has_its_track_name_and_provenance():
    found = messages(to_midi(THREE, tempos=constant_tempo(90), name="Bach", text="seed=7"))
    assert [m.name for m in found if m.type == "track_name"] == ["Bach"]
    assert [m.text for m in found if m.type == "text"] == ["seed=7"]
    assert [m.program for m in found if m.type == "program_change"] == [0]
    assert [mido.tempo2bpm(m.tempo) for m in found if m.type == "set_tempo"] == [
        pytest.approx(90, abs=0.01)
    ]


@pytest.mark.parametrize("length", [0, 127, 128, 20_000])
def test_a_text_of_any_length_round_trips(length):
    found = messages(to_midi(THREE, tempos=constant_tempo(120), name="x", text="a" * length))
    assert [len(m.text) for m in found if m.type == "text"] == [length]


def test_every_note_sounds_and_ends():
    found = messages(to_midi(THREE, tempos=constant_tempo(120), name="x", text=""))
    on = [m.note for m in found if m.type == "note_on" and m.velocity]
    off = [m.note for m in found if m.type == "note_off" or getattr(m, "velocity", 1) == 0]
    assert sorted(on) == sorted(off) == [60, 60, 64]
    assert {m.velocity for m in found if m.type == "note_on" and m.velocity} == {FLAT_VELOCITY}


def test_a_note_ends_when_its_key_is_struck_again():
    overlapping = Notes.of([0, 6], [24, 6], [60, 60])
    back = read_midi(to_midi(overlapping, tempos=constant_tempo(120), name="x", text=""), "x")
    assert back.notes == Notes.of([0, 6], [6, 6], [60, 60])


@given(raw_notes.map(gridded).filter(len), st.floats(20, 400))
def test_written_notes_are_read_back_exactly(notes, tempo_bpm):
    back = read_midi(to_midi(notes, tempos=constant_tempo(tempo_bpm), name="x", text="y"), "x")
    assert back.notes == notes
    assert back.tempo_bpm == pytest.approx(tempo_bpm, abs=0.01)


WALTZ = TimeSignature(0, 3, 4)


@pytest.mark.parametrize(
    ("signatures", "written"),
    [
        ((), [(0, 4, 4)]),
        ((WALTZ,), [(0, 3, 4)]),
        ((WALTZ, TimeSignature(36, 6, 8)), [(0, 3, 4), (36, 6, 8)]),
        ((TimeSignature(24, 3, 4),), [(0, 4, 4), (24, 3, 4)]),
        ((TimeSignature(-24, 3, 4),), [(0, 1, 4), (12, 3, 4)]),
        ((TimeSignature(-18, 4, 4),), [(0, 5, 8), (30, 4, 4)]),
        ((TimeSignature(-3, 2, 2),), [(0, 15, 16), (45, 2, 2)]),
        ((TimeSignature(-4, 4, 4),), [(0, 4, 4), (44, 4, 4)]),
    ],
    ids=["none", "3/4", "two", "late", "pickup", "eighths", "sixteenths", "triplets"],
)
def test_bars_start_where_the_time_signatures_say(signatures, written):
    midi = to_midi(THREE, tempos=constant_tempo(90), time_signatures=signatures, name="x", text="")
    now, found = 0, []
    for message in mido.MidiFile(file=io.BytesIO(midi)).tracks[0]:
        now += message.time
        if message.type == "time_signature":
            found.append((now // 40, message.numerator, message.denominator))
    assert found == written


def test_a_tempo_map_round_trips():
    tempos = (TempoChange(0, 60), TempoChange(7, 180))
    midi = to_midi(THREE, tempos=tempos, time_signatures=(WALTZ,), name="x", text="")
    piece = read_midi(midi, "x")
    assert piece.tempos == tempos
    assert piece.time_signatures == (WALTZ,)


def band_midi(notes=NOTES, line_up=LINE_UP, **changes) -> bytes:
    arguments = {"tempos": constant_tempo(90), "name": "Tune", "text": "seed=7"} | changes
    return to_midi(notes, line_up=line_up, **arguments)


def by_mido(midi: bytes) -> list[tuple[str, int, int]]:
    tracks = mido.MidiFile(file=io.BytesIO(midi)).tracks
    kinds = [{m.type: m for m in track} for track in tracks]
    return [
        (t.name, k["program_change"].program, k["note_on"].channel)
        for t, k in zip(tracks, kinds, strict=True)
    ]


def test_a_band_has_a_track_per_part_in_the_order_of_a_score():
    drums = len(NAMES) - 1
    channels = [*range(drums), 9]
    assert by_mido(band_midi()) == list(zip(NAMES, PROGRAMS, channels, strict=True))


def test_mido_symusic_and_music21_open_the_same_tracks_programs_and_notes():
    midi = band_midi()
    opened = symusic.Score.from_midi(midi)
    assert [(t.name, t.program, t.is_drum) for t in opened.tracks] == [
        (name, program, name == "Drums") for name, program in zip(NAMES, PROGRAMS, strict=True)
    ]
    counts = [int((NOTES.role == part.role).sum()) for part in parts_of(LINE_UP)]
    assert [t.note_num() for t in opened.tracks] == counts
    parts = music21.converter.parseData(midi, format="midi").parts
    found = [list(part.recurse().getElementsByClass("Instrument")) for part in parts]
    assert [part.partName for part in parts] == NAMES
    assert [{one.midiProgram for one in some} for some in found] == [{n} for n in PROGRAMS]
    assert isinstance(found[-1][0], music21.instrument.UnpitchedPercussion)
    chords = [list(part.recurse().notes) for part in parts]
    assert [sum(len(getattr(n, "notes", (n,))) for n in some) for some in chords] == counts


def test_a_band_is_read_back_as_the_same_band():
    piece = read_midi(band_midi(), "x", band=True)
    as_read = replace(NOTES, duration_ticks=np.where(NOTES.role == DRUMS, 3, NOTES.duration_ticks))
    assert piece.line_up == LINE_UP
    assert piece.notes == as_read


def test_a_band_has_levels_and_panning_and_its_name_and_origin_as_texts():
    tracks = mido.MidiFile(file=io.BytesIO(band_midi())).tracks
    controls = [{m.control: m.value for m in t if m.type == "control_change"} for t in tracks]
    roles = [part.role for part in parts_of(LINE_UP)]
    assert controls == [{7: level(role), 10: panning(role)} for role in roles]
    parts = "Parts; piano=0; bass=33; strings=40; strings 2=40; pipe=73; drums=0"
    assert [m.text for m in tracks[0] if m.type == "text"] == ["Tune", "seed=7", parts]


LINE_UPS = st.dictionaries(st.integers(0, ROLES - 1), st.integers(0, 127), min_size=1).map(
    lambda programs: LineUp.of(programs | {DRUMS: programs.get(DRUMS, 8)})
)


@given(LINE_UPS, st.lists(st.tuples(st.integers(0, 96), st.integers(21, 108), st.integers(0, 60))))
def test_a_bands_roles_and_silent_players_are_read_back(line_up, rows):
    onsets, pitches, players = zip((0, 36, 0), *rows, strict=True)
    roles = [line_up.roles[player % len(line_up.roles)] for player in players]
    notes = cleaned(Notes.of(onsets, [3] * len(onsets), pitches, roles))
    piece = read_midi(band_midi(notes, line_up), "x", band=True)
    assert (piece.notes, piece.line_up) == (notes, line_up)


VIOLA_ALONE = NOTES[NOTES.role != VIOLIN]  # by its pitches the highest voice of the strings


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"Violin 2", b"Fiddle 2"),
        (b"Parts; piano", b"Parts: piano"),
        (b"strings=40", b"strings=41"),
        (b"strings=40", b"strings=4x"),
        (b"strings 2=40", b"strings 5=40"),
        (b"strings 2=40", b"strings 3=40"),
        (b"bass=33", b"bass=34"),
        (b"bass=33", b"bass=99"),
        (b"drums=0", b"drums=8"),
        (b"pipe=73", b"bass=73"),
    ],
)
def test_the_parts_of_a_changed_file_have_the_roles_of_any_file(old, new):
    midi = band_midi(VIOLA_ALONE)
    assert VIOLA in read_midi(midi, "x", band=True).line_up.roles
    assert old in midi
    changed = read_midi(midi.replace(old, new), "x", band=True)
    assert (VIOLIN in changed.line_up.roles, VIOLA in changed.line_up.roles) == (True, False)


def ends(midi: bytes) -> list[int]:
    return [sum(m.time for m in track) for track in mido.MidiFile(file=io.BytesIO(midi)).tracks]


LOOP = Plan(TimeSignature(0, 4, 4), (Section("A", 1), Section("B", 1)), ends=False, loops=True)


@pytest.mark.parametrize(
    ("changes", "end_ticks"),
    [
        ({}, 96),
        ({"plan": LOOP}, 96),
        ({"end_ticks": 144}, 144),
        ({"notes": NOTES[NOTES.onset_ticks < 24]}, 48),
    ],
    ids=["last note", "loop", "asked", "short"],
)
def test_the_tracks_of_a_band_end_together(changes, end_ticks):
    assert set(ends(band_midi(**changes))) == {end_ticks * 40}


def test_a_crowd_shares_channels_and_keeps_a_track_per_part():
    roles = [*range(ROLES)]
    crowd = Notes.of([0] * ROLES, [12] * ROLES, [60] * ROLES, roles)
    line_up = LineUp.of({role: min(role * 2, 127) if role != DRUMS else 0 for role in roles})
    tracks = by_mido(band_midi(crowd, line_up))
    assert [name for name, _, _ in tracks] == [part.name for part in parts_of(line_up)]
    assert {channel for *_, channel in tracks} == set(range(16))
    programs: dict[int, set[int]] = {}
    for _, program, channel in tracks:
        programs.setdefault(channel, set()).add(program)
    assert {len(each) for each in programs.values()} == {1}


@pytest.mark.parametrize(
    ("changes", "digest"),
    [
        ({}, "a31bae06d5e83331"),
        ({"time_signatures": (WALTZ,), "plan": LOOP}, "d72ac1c258ae10eb"),
        (
            {"time_signatures": (WALTZ,), "plan": replace(LOOP, ends=True, loops=False)},
            "e3ff0b5f4e7d5ec1",
        ),
    ],
    ids=["plain", "loop", "sections"],
)
def test_a_piano_is_written_as_before_there_were_bands(changes, digest):
    midi = to_midi(THREE, tempos=constant_tempo(90), name="Bach", text="seed=7", **changes)
    assert hashlib.sha256(midi).hexdigest()[:16] == digest
