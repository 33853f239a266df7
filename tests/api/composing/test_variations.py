"""Variations: an uploaded theme is section A, note for note, and the rest follows from it."""

import json

import pytest

from music.form.plan import Plan, Section
from music.midi import to_midi
from music.notes import Notes
from music.piece import TimeSignature, constant_tempo
from tests.api.primers import uploaded

BAR_TICKS = 48
FOUR_FOUR, THREE_FOUR = TimeSignature(0, 4, 4), TimeSignature(0, 3, 4)
THEME = Notes.of(range(0, 4 * BAR_TICKS, 12), [12] * 16, [60 + 7 * n % 24 for n in range(16)])


def midi_of(notes=THEME, *signatures):
    meters = signatures or (FOUR_FOUR,)
    return to_midi(notes, tempos=constant_tempo(90.0), time_signatures=meters, name="", text="")


def long_theme(bars):
    """Write a bar of rest after every note."""
    return midi_of(Notes.of(range(0, bars * BAR_TICKS, BAR_TICKS), [48] * bars, [60] * bars))


def varied(client, query="", theme=None, seed=7):
    url = f"/generate?game=zelda&seed={seed}&format=json&variation_of=primer{query}"
    return client.post(url, **uploaded(theme or midi_of()))


def section(song, number, bars=4, start_ticks=0):
    """Return the notes of a section, counted from its start."""
    start = start_ticks + number * bars * BAR_TICKS
    end = start + bars * BAR_TICKS
    onsets = [(round(12 * n["start_beats"]), n) for n in song["notes"]]
    return [
        (ticks - start, round(12 * n["duration_beats"]), n["pitch"])
        for ticks, n in onsets
        if start <= ticks < end
    ]


def rows(notes):
    return list(zip(*(column.tolist() for column in notes.columns[:3]), strict=True))


def test_the_theme_is_section_a_and_returns_where_the_form_says(client):
    song = varied(client).json
    assert [(s["name"], s["start_bar"], s["bars"]) for s in song["plan"]["sections"]] == [
        ("A", 1, 4),
        ("A", 5, 4),
        ("B", 9, 4),
        ("A", 13, 4),
    ]
    for number in (0, 1):
        assert section(song, number) == rows(THEME)
    assert section(song, 2)
    assert section(song, 2) != rows(THEME)
    last = section(song, 3)
    assert last[:12] == rows(THEME)[:12]  # but for the bar that closes the song
    assert last[12][:2] == (3 * BAR_TICKS, BAR_TICKS)
    assert song["origin"]["variation_of"] == "primer"
    assert len(song["origin"]["primer_sha256"]) == 64


def test_a_form_is_given_and_a_varied_return_has_new_bars_at_its_end(client):
    song = varied(client, "&form=ABA'&ending=false").json
    assert song["plan"]["form"] == "ABA'"
    assert section(song, 0) == rows(THEME)
    assert section(song, 2)[:12] == rows(THEME)[:12]
    assert section(song, 2)[12:] != rows(THEME)[12:]


def test_the_new_section_is_judged_by_how_it_leads_back_to_the_theme(client, loopback):
    varied(client, "&form=ABA")
    reads = [call for call in loopback.calls if call.model_spec.signature_name == "read"]
    assert max(call.inputs["lengths"].tensor_shape.dim[0].size for call in reads) > 1


def test_the_same_seed_gives_the_same_bytes_and_another_one_another_section(client):
    first = varied(client)
    assert varied(client).data == first.data
    other = varied(client, seed=8).json
    assert section(other, 0) == section(first.json, 0)
    assert section(other, 2) != section(first.json, 2)


def test_a_loop_of_a_theme_has_no_note_over_its_end_nor_over_that_of_a_section(client):
    hanging = Notes.of(THEME.onset_ticks, [*THEME.duration_ticks[:-1], 60], THEME.pitch)
    song = varied(client, "&loop=true", midi_of(hanging)).json
    assert song["plan"]["loop"] == {**song["plan"]["loop"], "start_beats": 0, "length_beats": 64}
    assert section(song, 0) == section(song, 1) == section(song, 3) == rows(THEME)


def test_a_theme_that_begins_within_a_bar_returns_within_a_bar(client):
    theme = midi_of(THEME.shifted(36)[:13])
    song = varied(client, "&form=AAB&ending=false", theme).json
    assert song["time_signatures"][0]["start_beats"] == -3
    assert song["plan"]["sections"][1]["start_beats"] == 13
    assert section(song, 0, start_ticks=-36) == section(song, 1, start_ticks=-36)
    assert section(song, 1, start_ticks=-36) == rows(THEME.shifted(36)[:13])


def test_a_theme_in_json_is_varied_too(client):
    theme = {"notes": [{"pitch": 60 + n, "start_beats": n, "duration_beats": 1} for n in range(8)]}
    meter = [{"start_beats": 0, "numerator": 4, "denominator": 4}]
    content = json.dumps({**theme, "time_signatures": meter}).encode()
    song = varied(client, "&form=AB", content).json
    assert section(song, 0, bars=2) == [(12 * n, 12, 60 + n) for n in range(8)]


FIXED = (
    "cannot be given with variation_of: the song starts with the theme, and every section is as "
    "long."
)
FORM = "form must start with A, the theme, and have another section: AABA."


@pytest.mark.parametrize(
    ("query", "theme", "detail"),
    [
        ("&bars=16", None, f"bars {FIXED}"),
        ("&notes=16", None, f"notes {FIXED}"),
        ("&seconds=16", None, f"seconds {FIXED}"),
        ("&include_primer=true", None, f"include_primer {FIXED}"),
        ("&loop=true&intro_bars=1", None, f"intro_bars {FIXED}"),
        ("&keep=1-2", None, f"keep {FIXED}"),
        ("&form=AA", None, FORM),
        ("&form=BA", None, FORM),
        (
            "",
            long_theme(65),
            "The primer must be a theme of up to 64 bars, for 4 sections of its length, not 65.",
        ),
        (
            "",
            midi_of(THEME, FOUR_FOUR, TimeSignature(96, 3, 4)),
            "The primer must be a song in one meter.",
        ),
        (
            "&loop=true",
            midi_of(THEME.shifted(36)),
            "The primer must be a theme that begins on a bar line, where the song is to loop.",
        ),
        (
            "",
            midi_of(THEME.transposed(-24)),
            "The primer must be a song whose notes the game's model can read.",
        ),
        (
            "",
            b"{}",
            "The primer cannot be read: no notes in it.",
        ),
    ],
)
def test_invalid_values_are_refused_with_valid_ones(client, query, theme, detail):
    response = varied(client, query, theme)
    assert response.status_code == 422
    assert response.json["detail"] == detail


def test_a_variation_needs_an_upload(client):
    response = client.post("/generate?game=zelda&variation_of=primer")
    assert response.status_code == 422
    assert response.json["detail"] == "variation_of needs an uploaded primer (with POST)."


def test_a_theme_is_kept_once_and_copied_where_it_returns():
    form = tuple(Section(name, 4) for name in ("A", "B", "A"))
    plan = Plan(FOUR_FOUR, form, kept_bars=(0, 1, 2, 3))
    found = [
        (s.start_bar, s.bars, s.is_kept, s.copied_from_bar, s.following_bar, s.closes)
        for s in plan.spans
    ]
    assert found == [
        (0, 4, True, None, None, False),
        (4, 4, False, None, 0, False),
        (8, 3, False, 0, None, False),
        (11, 1, False, None, None, True),
    ]
