"""The page's modules agree with what the service does."""

import io
import random

import mido
import pytest

from music.meter import upbeat
from music.notes import Notes, cleaned
from music.staves import _hands

pytestmark = pytest.mark.slow


def raw_song(seed, notes=200):
    """Draw notes as a model may: in order, with doublings and keys that are struck again."""
    rng = random.Random(seed)  # noqa: S311
    onset, rows = 0, []
    for _ in range(notes):
        onset += rng.choice([0, 0, 3, 4, 6, 12]) if rows else 0
        rows.append((onset, rng.choice([3, 6, 12, 24, 60]), rng.randint(40, 90)))
    return rows


PIECE = """async (rows) => {
    const {Piece} = await import('/studio/piece.js');
    const piece = new Piece({});
    for (let at = 0; at < rows.length; at += 17) {
        piece.add(rows.slice(at, at + 17).map(([start, duration, pitch]) => ({
            start_beats: start / 12, duration_beats: duration / 12, pitch})));
    }
    const notes = piece.notes.map((n) => [n.start, n.duration, n.pitch, n.isRight]);
    return {notes, upbeat: piece.upbeat};
}"""


@pytest.mark.parametrize("seed", range(8))
def test_a_piece_is_cleaned_barred_and_parted_as_the_score_is(page, seed):
    rows = raw_song(seed)
    ordered = sorted(rows)
    whole = cleaned(Notes.of(*zip(*ordered, strict=True)))
    told = page.evaluate(PIECE, rows)
    columns = (column.tolist() for column in whole.columns)
    assert [tuple(note[:3]) for note in told["notes"]] == list(zip(*columns, strict=True))
    assert told["upbeat"] == upbeat(whole)
    right, left = (
        {
            (int(o) - told["upbeat"], int(p))
            for o, p in zip(hand.onset_ticks, hand.pitch, strict=True)
        }
        for hand in _hands(whole.shifted(told["upbeat"]))
    )
    assert {(n[0], n[2]) for n in told["notes"] if n[3]} == right
    assert {(n[0], n[2]) for n in told["notes"] if not n[3]} == left


def test_its_midi_files_open_and_no_note_hangs(page):
    written = page.evaluate(
        """async () => {
            const {toMidi} = await import('/studio/midi.js');
            const notes = [[0, 12, 60], [0, 6, 64], [12, 300, 60], [5000, 12, 70]];
            const named = notes.map(([start, duration, pitch]) => ({start, duration, pitch}));
            const about = {tempo: 97, name: 'Dusk', provenance: 'x'.repeat(200)};
            return [...toMidi(named, about)];
        }"""
    )
    song = mido.MidiFile(file=io.BytesIO(bytes(written)))
    held, tick, seen = {}, 0, []
    for message in song.tracks[0]:
        tick += message.time * 12 / song.ticks_per_beat
        if message.type == "note_on":
            assert message.note not in held
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
)


@pytest.mark.parametrize("recipe", RECIPES)
def test_a_link_holds_all_that_was_asked_for(page, recipe):
    there_and_back = """async (recipe) => {
        const {fromLink, toLink} = await import('/studio/recipe.js');
        return fromLink(toLink(recipe, 3));
    }"""
    assert page.evaluate(there_and_back, recipe) == {"recipe": recipe, "version": 3}


def test_a_file_that_is_too_large_for_a_link_has_none(page):
    recipe = {**RECIPES[2], "file": {"name": "long.mid", "base64": "A" * 9000}}
    link = "async (recipe) => (await import('/studio/recipe.js')).toLink(recipe, 3)"
    assert page.evaluate(link, recipe) is None
