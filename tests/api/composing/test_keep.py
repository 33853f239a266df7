"""Bars that are kept stay note for note, and the others are recomposed."""

import json
import re

import pytest

from music.errors import KeepError
from music.expression.articulation import Articulation, LengthShare
from music.form.plan import Plan, Section, kept_bars, kept_bars_text
from music.midi import to_midi
from music.notes import Notes
from music.piece import TempoChange, TimeSignature, constant_tempo
from tests.api.loopback import description
from tests.api.primers import uploaded

BAR_TICKS = 48
FOUR_FOUR, THREE_FOUR = TimeSignature(0, 4, 4), TimeSignature(0, 3, 4)
TUNE = Notes.of(range(0, 8 * BAR_TICKS, 12), [12] * 32, [60 + 7 * n % 24 for n in range(32)])

DECIDED = "cannot be given with keep: the uploaded song decides on it."


def midi_of(notes=TUNE, *signatures):
    meters = signatures or (FOUR_FOUR,)
    return to_midi(notes, tempos=constant_tempo(90.0), time_signatures=meters, name="", text="")


def revised(client, keep, query="", midi=None, seed=7):
    url = f"/generate?game=zelda&seed={seed}&format=json&keep={keep}{query}"
    return client.post(url, **uploaded(midi or midi_of()))


def bars(notes, *numbers):
    return [
        [(n["start_beats"], n["pitch"], n["duration_beats"]) for n in notes if number == bar_of(n)]
        for number in numbers
    ]


def bar_of(note):
    return int(note["start_beats"] // 4) + 1


def of_tune(*numbers):
    notes = [
        {"start_beats": onset / 12, "duration_beats": ticks / 12, "pitch": pitch}
        for onset, ticks, pitch in rows(TUNE)
    ]
    return bars(notes, *numbers)


def rows(notes):
    return list(zip(*(column.tolist() for column in notes.columns[:3]), strict=True))


@pytest.mark.parametrize(
    ("keep", "kept", "new"),
    [
        ("1-2,5-8", (1, 2, 5, 6, 7, 8), (3, 4)),
        ("3-8", (3, 4, 5, 6, 7, 8), (1, 2)),
        ("1-6", (1, 2, 3, 4, 5, 6), (7, 8)),
        ("4", (4,), (1, 2, 3, 5, 6, 7, 8)),
    ],
)
def test_kept_bars_stay_note_for_note_and_the_others_are_new(client, keep, kept, new):
    song = revised(client, keep).json
    assert bars(song["notes"], *kept) == of_tune(*kept)
    for bar in new:
        assert bars(song["notes"], bar) != of_tune(bar)
    assert song["plan"]["bars"] == 8
    assert song["origin"]["keep"] == keep
    assert max(map(bar_of, song["notes"])) == 8


def test_the_same_seed_gives_the_same_bytes_and_another_one_others(client):
    first, same = (revised(client, "1-2,7-8").data for _ in range(2))
    assert first == same
    other = revised(client, "1-2,7-8", seed=8).json
    assert bars(other["notes"], 3, 4, 5, 6) != bars(
        revised(client, "1-2,7-8").json["notes"], 3, 4, 5, 6
    )


def test_candidates_are_judged_by_the_kept_bar_that_follows(client, loopback):
    revised(client, "1-2,5-8")
    reads = [call for call in loopback.calls if call.model_spec.signature_name == "read"]
    rows = [call.inputs["lengths"].tensor_shape.dim[0].size for call in reads]
    assert max(rows) > 1


def test_a_waltz_keeps_its_bars(client):
    waltz = midi_of(TUNE[:24], THREE_FOUR)
    song = revised(client, "1-2", midi=waltz).json
    assert song["time_signatures"][0]["numerator"] == 3
    assert song["plan"]["bars"] == 8


def pickup(*tempos):
    """Write the tune so that it begins on the fourth beat of a bar."""
    return to_midi(
        TUNE.shifted(36)[:29],
        tempos=tempos or constant_tempo(90.0),
        time_signatures=(FOUR_FOUR,),
        name="",
        text="",
    )


def test_a_bar_within_which_the_song_begins_is_its_first(client):
    song = revised(client, "1-3,5-8", midi=pickup()).json
    assert song["time_signatures"] == [{"start_beats": -3, "numerator": 4, "denominator": 4}]
    old = [(onset / 12, pitch) for onset, _, pitch in rows(TUNE[:29])]
    new = [(note["start_beats"], note["pitch"]) for note in song["notes"]]

    def other_bars(notes):
        return [(start, pitch) for start, pitch in notes if not 9 <= start < 13]

    assert other_bars(new) == other_bars(old)
    assert new != old
    assert song["plan"]["bars"] == 8
    assert song["plan"]["sections"][0]["start_beats"] == 0


WITHOUT_REST = TUNE[3:].shifted(-36)  # from the fourth beat of its first bar


@pytest.mark.parametrize(
    ("notes", "meters"),
    [
        (WITHOUT_REST, [TimeSignature(-36, 4, 4)]),  # as songs are written
        (WITHOUT_REST, [TimeSignature(0, 1, 4), TimeSignature(12, 4, 4)]),
        (WITHOUT_REST, [FOUR_FOUR, TimeSignature(12, 4, 4)]),
        (TUNE[3:], [FOUR_FOUR]),
    ],
    ids=["ours", "a short bar", "4/4 twice", "a rest"],
)
@pytest.mark.parametrize(("keep", "new"), [("1-3,5-8", 4), ("2-8", 1)])
def test_a_pickup_is_bar_1_in_every_way_of_writing_one(client, notes, meters, keep, new):
    song = revised(client, keep, midi=midi_of(notes, *meters)).json
    starts_within = new != 1
    assert [meter["start_beats"] for meter in song["time_signatures"]] == [-3 * starts_within]
    moved = [
        {**note, "start_beats": note["start_beats"] + 3 * starts_within} for note in song["notes"]
    ]
    others = [number for number in range(1, 9) if number != new]
    assert bars(moved, *others[1:]) == of_tune(*others[1:])
    if starts_within:
        assert bars(moved, 1) == [of_tune(1)[0][3:]]
    assert song["plan"]["bars"] == 8


def test_the_bars_of_a_song_with_a_pickup_have_the_numbers_of_its_score(client):
    url = "/generate?game=zelda&seed=7&keep=1-3,5-8&format="
    first = client.post(f"{url}midi", **uploaded(pickup()))
    score = client.post(f"{url}musicxml", **uploaded(first.data)).text
    measures = re.findall(r'<measure implicit="(yes|no)" number="(\d+)"', score)
    assert measures[:3] == [("yes", "1"), ("no", "2"), ("no", "3")]
    again = revised(client, "1-3,5-8", midi=first.data).json
    before = revised(client, "1-3,5-8", midi=pickup()).json
    assert bars(again["notes"], *range(1, 4)) == bars(before["notes"], *range(1, 4))


def test_a_new_first_bar_is_a_whole_one(client):
    changes = TempoChange(0, 90.0), TempoChange(84, 70.0)
    song = revised(client, "2-8", midi=pickup(*changes)).json
    assert song["time_signatures"][0]["start_beats"] == song["notes"][0]["start_beats"] == 0
    assert bars(song["notes"], 2) == [
        [(4 + beat, pitch, 1) for beat, pitch in enumerate(TUNE.pitch[1:5].tolist())]
    ]
    assert [(t["start_beats"], t["tempo"]) for t in song["tempos"]] == [(0, 90.0), (7, 70.0)]


def test_a_pickup_of_more_beats_than_a_midi_file_counts_is_written(client):
    note = {"pitch": 60, "start_beats": 0, "duration_beats": 1}
    meter = {"start_beats": -0.5, "numerator": 64, "denominator": 1}
    song = json.dumps({"notes": [note], "time_signatures": [meter]}).encode()
    url = "/generate?game=zelda&seed=7&notes=1&include_primer=true"
    assert client.post(url, **uploaded(song)).status_code == 200


@pytest.mark.parametrize("media_format", ["midi", "musicxml", "wav"])
def test_a_song_that_begins_within_a_bar_is_written_in_every_format(client, media_format):
    url = f"/generate?game=zelda&seed=7&format={media_format}&keep=1-3,5-8"
    assert client.post(url, **uploaded(pickup())).status_code == 200


def test_a_loop_stays_a_loop_and_its_new_end_is_judged_by_its_start(client, loopback):
    hanging = Notes.of([*TUNE.onset_ticks], [*TUNE.duration_ticks[:-1], 60], [*TUNE.pitch])
    song = revised(client, "1-2", "&loop=true&intro_bars=1").json
    assert song["plan"]["loop"] == {**song["plan"]["loop"], "start_beats": 4, "length_beats": 28}
    assert [section["name"] for section in song["plan"]["sections"]] == ["Intro", "A"]
    assert max(n["start_beats"] + n["duration_beats"] for n in song["notes"]) <= 32
    assert "read" in loopback.signatures()
    song = revised(client, "2-8", "&loop=true", midi=midi_of(hanging)).json
    assert max(n["start_beats"] + n["duration_beats"] for n in song["notes"]) == 32


def test_a_song_is_revised_by_its_own_json(client, loopback):
    articulation = Articulation(0.8, (LengthShare(3, 0.5),))
    loopback.descriptions["zelda"] = description(articulation=articulation).to_json()
    loopback.versions["zelda"] = {5: "AVAILABLE"}
    url = "/generate?game=zelda&bars=8&ending=false&format=json&seed="
    first = client.post(f"{url}3&primer=none")
    song = revised(client, "1-4,7-8", "&ending=false", midi=first.data).json
    assert bars(song["notes"], 1, 2, 3, 7, 8) == bars(first.json["notes"], 1, 2, 3, 7, 8)
    assert bars(song["notes"], 5, 6) != bars(first.json["notes"], 5, 6)
    assert song["plan"]["bars"] == 8
    assert song["tempos"] == first.json["tempos"]
    shares = {round(n["sounding_beats"] / n["duration_beats"], 2) for n in song["notes"]}
    assert shares == {0.5, 0.8}
    assert song["primer_warnings"] == []


def test_json_that_is_no_song_is_refused_with_what_would_fit(client):
    response = revised(client, "1", midi=b' {"notes": [{"pitch": 60.5}]}')
    assert response.status_code == 422
    assert response.json["detail"] == (
        "The primer cannot be read: notes[0].duration_beats must be a number from 0 to 10000."
    )


@pytest.mark.parametrize(
    ("keep", "query", "midi", "detail"),
    [
        ("0", "", None, "keep must be bars from 1 to 256: 1-8,13-16."),
        ("8-1", "", None, "keep must be bars from 1 to 256: 1-8,13-16."),
        ("1-300", "", None, "keep must be bars from 1 to 256: 1-8,13-16."),
        ("1,", "", None, "keep must be bars from 1 to 256: 1-8,13-16."),
        ("1-8", "", None, "keep must be some, not all, of the song's 8 bars."),
        ("9", "", None, "keep must be some, not all, of the song's 8 bars."),
        ("1", "&bars=4", None, f"bars {DECIDED}"),
        ("1", "&form=AB", None, f"form {DECIDED}"),
        (
            "1",
            "&loop=true",
            pickup(),
            "keep must be bars of a song that begins on a bar line, where it is to loop.",
        ),
        ("1", "&ending=true&loop=true", None, "ending=true and loop=true exclude each other."),
        (
            "1",
            "&loop=true&intro_bars=8",
            None,
            "keep must be bars of a song of more than 8 bars, which the intro has.",
        ),
        (
            "1",
            "",
            midi_of(TUNE, FOUR_FOUR, TimeSignature(96, 3, 4)),
            "keep must be bars of a song in one meter.",
        ),
    ],
)
def test_invalid_values_are_refused_with_valid_ones(client, keep, query, midi, detail):
    response = revised(client, keep, query, midi)
    assert response.status_code == 422
    assert response.json["detail"] == detail


def test_keep_needs_an_upload(client):
    response = client.post("/generate?game=zelda&keep=1-2")
    assert response.status_code == 422
    assert response.json["detail"] == "keep needs an uploaded primer (with POST)."


@pytest.mark.parametrize(
    ("text", "bars", "canonical"),
    [("1", (0,), "1"), ("1-3", (0, 1, 2), "1-3"), ("5,1-2,2", (0, 1, 4), "1-2,5")],
)
def test_bars_are_read_and_written(text, bars, canonical):
    assert kept_bars(text) == bars
    assert kept_bars_text(bars) == canonical


@pytest.mark.parametrize("text", ["", "a", "1-", "-1", "3-2", "257", "1 2"])
def test_text_that_names_no_bars_is_refused(text):
    with pytest.raises(KeepError, match="bars from 1 to 256"):
        kept_bars(text)


@pytest.mark.parametrize(
    ("kept", "following"), [((0, 1), 1), ((0,), None), ((2, 3), 1), ((0, 1, 7), 7)]
)
def test_the_end_of_a_loop_leads_on_to_its_first_bar_where_that_is_known(kept, following):
    form = (Section("Intro", 1), Section("A", 7))
    plan = Plan(FOUR_FOUR, form, ends=False, loops=True, intro_bars=1, kept_bars=kept)
    last_new = [span for span in plan.spans if not span.is_kept][-1]
    assert last_new.following_bar == following


def test_new_bars_lead_on_to_the_next_kept_bar():
    plan = Plan(FOUR_FOUR, (Section("A", 8),), kept_bars=(0, 1, 4))
    found = [(s.start_bar, s.bars, s.is_kept, s.following_bar, s.closes) for s in plan.spans]
    assert found == [
        (0, 2, True, None, False),
        (2, 2, False, 4, False),
        (4, 1, True, None, False),
        (5, 2, False, None, False),
        (7, 1, False, None, True),
    ]
