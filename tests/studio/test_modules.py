"""The page's modules agree with the service."""

import io
import random

import mido
import numpy as np
import pytest

from api.formats.song_json import note_members, part_members
from music.meter import measures, pickup
from music.notes import Notes, cleaned
from music.performance import plain
from music.piece import TempoChange, TimeSignature, constant_tempo
from music.reading import read_song
from music.score.hands import hands
from music.tempo import seconds_at
from tests.music.bands import LINE_UP, NOTES
from tests.studio.conftest import columns

pytestmark = pytest.mark.slow


def raw_song(seed, notes=200):
    """Draw notes as a model may: in order, with doublings and keys that are struck again."""
    rng = random.Random(seed)  # noqa: S311
    onset, rows = 0, []
    for _ in range(notes):
        onset += rng.choice([0, 0, 3, 4, 6, 12]) if rows else 0
        rows.append((onset, rng.choice([3, 6, 12, 24, 60]), rng.randint(40, 90)))
    return rows


PIECE = """async ([rows, signatures]) => {
    const {Piece} = await import('/studio/piece.js');
    const piece = new Piece({});
    piece.keepTime([{start: 0, tempo: 120}], signatures.map(
        ([start, numerator, denominator]) => ({start, numerator, denominator})));
    for (let at = 0; at < rows.length; at += 17) {
        piece.add(rows.slice(at, at + 17).map(([start, duration, pitch]) => ({
            start_beats: start / 12, duration_beats: duration / 12, pitch,
            sounding_beats: duration / 12, velocity: 80})));
    }
    const notes = piece.notes.map((n) => [n.start, n.duration, n.pitch, n.isRight]);
    const bars = [...piece.barLines.between(-1000, piece.endTicks - 1)];
    return {notes, bars: bars.map((bar) => [bar.number, bar.start, bar.ticks, bar.beatTicks])};
}"""

METERS = (
    (),
    ((0, 3, 4),),
    ((-24, 3, 4),),
    ((-6, 6, 8), (138, 2, 2), (186, 5, 16)),
    ((0, 4, 4), (50, 7, 8), (51, 3, 2), (700, 12, 8)),
    ((0, 9, 4), (30, 2, 4)),
    ((24, 3, 4), (96, 4, 32)),
)


@pytest.mark.parametrize("meters", METERS)
def test_a_piece_is_cleaned_barred_and_parted_as_the_score_is(page, meters):
    for seed in range(8):
        rows = raw_song(seed)
        whole = cleaned(Notes.of(*zip(*sorted(rows), strict=True)))
        told = page.evaluate(PIECE, [rows, meters])
        assert [note[:3] for note in told["notes"]] == [list(note) for note in columns(whole)]
        bars = measures(signatures_of(whole, meters), whole.end_ticks)
        assert told["bars"] == [
            [number, bar.start_ticks, bar.ticks, bar.meter.beat_ticks]
            for number, bar in enumerate(bars, 1)
        ]
        right, left = (
            {(onset, pitch) for onset, _, pitch in columns(hand)} for hand in hands(whole)
        )
        assert {(n[0], n[2]) for n in told["notes"] if n[3]} == right
        assert {(n[0], n[2]) for n in told["notes"] if not n[3]} == left


def signatures_of(notes, meters):
    """The time signatures that a score is written in."""
    if not meters:
        return [TimeSignature(-pickup(notes), 4, 4)]
    initial = [TimeSignature(0, 4, 4)] if meters[0][0] > 0 else []
    return initial + [TimeSignature(*meter) for meter in meters]


CLOCK = """async ([tempos, ticks]) => {
    const {TempoMap} = await import('/studio/tempo.js');
    const clock = new TempoMap(tempos.map(([start, tempo]) => ({start, tempo})));
    return ticks.map((tick) => [clock.seconds(tick), clock.ticks(clock.seconds(tick))]);
}"""


@pytest.mark.parametrize("tempos", [((0, 90),), ((0, 60), (36, 180), (40, 33.3))])
def test_the_clock_follows_the_tempo_map_there_and_back(page, tempos):
    ticks = [0, 5, 36, 37, 40, 500]
    there, back = zip(*page.evaluate(CLOCK, [tempos, ticks]), strict=True)
    changes = [TempoChange(*change) for change in tempos]
    assert there == pytest.approx(seconds_at(changes, ticks).tolist())
    assert back == pytest.approx(ticks)


def test_its_midi_files_open_and_no_note_hangs(page):
    written = page.evaluate(
        """async () => {
            const {toMidi} = await import('/studio/midi.js');
            const notes = [[0, 12, 60], [0, 6, 64], [12, 300, 60], [5000, 12, 70]];
            const named = notes.map(
                ([start, duration, pitch]) =>
                    ({start, duration, pitch, sounding: duration, velocity: pitch + 1}));
            const about = {tempos: [{start: 0, tempo: 97}], signatures: [], name: 'Dusk',
                provenance: 'x'.repeat(200)};
            return [...toMidi(named, about)];
        }"""
    )
    song = mido.MidiFile(file=io.BytesIO(bytes(written)))
    held, tick, seen = {}, 0, []
    for message in song.tracks[0]:
        tick += message.time * 12 / song.ticks_per_beat
        if message.type == "note_on":
            assert message.note not in held
            assert message.velocity == message.note + 1
            held[message.note] = tick
        elif message.type == "note_off":
            seen.append((held.pop(message.note), tick, message.note))
    assert held == {}
    assert sorted(seen) == [(0, 6, 64), (0, 12, 60), (12, 312, 60), (5000, 5012, 70)]
    (tempo,) = (message.tempo for message in song.tracks[0] if message.type == "set_tempo")
    assert mido.tempo2bpm(tempo) == pytest.approx(97, abs=0.01)


RECIPES = (
    {"game": "zelda", "notes": 5, "temperature": 0, "top_p": 0.3, "seed": 0, "primer": "none"},
    {
        "game": "bach",
        "seconds": 12.5,
        "temperature": 1,
        "top_p": 1,
        "seed": 9007199254740991,
        "tempo": 61.5,
        "max_quote": 7,
        "instruments": "piano,Lead 8 (bass + lead)",
        "primer": "corpus",
    },
    {
        "game": "bach",
        "notes": 4000,
        "temperature": 1.05,
        "top_p": 0.9,
        "seed": 1,
        "primer": "file",
        "file": {"name": "größe & co?.mid", "base64": "TVRoZA+/"},
        "include_primer": True,
    },
    {
        "game": "zelda",
        "seed": 9,
        "ending": False,
        "loop": True,
        "intro_bars": 2,
        "primer": "file",
        "keep": "1-4,9",
        "revised": {"name": "Song 1", "text": "0.60.12.1020_3.62.5.500*0.9050*-36.4.4"},
    },
)


@pytest.mark.parametrize("recipe", RECIPES)
def test_a_link_has_all_parameters(page, recipe):
    there_and_back = """async (recipe) => {
        const {fromLink, toLink} = await import('/studio/recipe.js');
        return fromLink(toLink(recipe, 3));
    }"""
    assert page.evaluate(there_and_back, recipe) == {"recipe": recipe, "version": 3}


def test_a_piece_to_revise_is_the_song_that_the_service_reads(page):
    rows = raw_song(3)
    revised = """async ([rows, signatures]) => {
        const {Piece} = await import('/studio/piece.js');
        const {toSong, toText} = await import('/studio/revised.js');
        const piece = new Piece({});
        const tempos = [{start: 0, tempo: 90.25}, {start: 60, tempo: 120}];
        piece.keepTime(tempos, signatures.map(
            ([start, numerator, denominator]) => ({start, numerator, denominator})));
        piece.add(rows.map(([start, duration, pitch]) => ({
            start_beats: start / 12, duration_beats: duration / 12, pitch,
            sounding_beats: duration / 15, velocity: 80})));
        return toSong(toText(piece));
    }"""
    whole = cleaned(Notes.of(*zip(*sorted(rows), strict=True)))
    for meters in (((-36, 4, 4),), ((0, 3, 4), (72, 6, 8)), ()):
        piece = read_song(page.evaluate(revised, [rows, meters]).encode(), "x")
        assert piece.notes == whole
        assert piece.tempos == (TempoChange(0, 90.25), TempoChange(60, 120))
        assert piece.time_signatures == tuple(signatures_of(whole, meters))
        shares = piece.performance.sounding_ticks / whole.duration_ticks
        assert np.median(shares) == pytest.approx(0.8, abs=0.01)
        assert shares.max() <= 1
    assert "%" not in page.evaluate(
        """async () => {
            const {toLink} = await import('/studio/recipe.js');
            return toLink({game: 'a', seed: 1, revised: {name: 'b', text: '0.60.1_1.2*-3.4'}}, 1);
        }"""
    )


def test_a_band_to_revise_keeps_its_parts_and_its_link_is_short(page):
    text = """async ({parts, notes}) => {
        const {Piece} = await import('/studio/piece.js');
        const {toSong, toText} = await import('/studio/revised.js');
        const {toLink} = await import('/studio/recipe.js');
        const piece = Object.assign(new Piece({}), {parts});
        piece.keepTime([{start: 0, tempo: 90}], [{start: 0, numerator: 4, denominator: 4}]);
        piece.add(notes);
        const revised = {name: 'b', text: toText(piece)};
        return [toSong(revised.text), toLink({game: 'a', seed: 1, revised}, 1)];
    }"""
    told = note_members(NOTES, plain(NOTES), constant_tempo(90), LINE_UP)
    song, link = page.evaluate(text, {**part_members(LINE_UP), "notes": told})
    piece = read_song(song.encode(), "x", band=True)
    assert (piece.notes, piece.line_up) == (NOTES, LINE_UP)
    assert "%" not in link


def test_a_file_that_is_too_large_for_a_link_has_none(page):
    recipe = {**RECIPES[2], "file": {"name": "long.mid", "base64": "A" * 9000}}
    link = "async (recipe) => (await import('/studio/recipe.js')).toLink(recipe, 3)"
    assert page.evaluate(link, recipe) is None
