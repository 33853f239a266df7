"""Songs with a plan: sections return, new bars end on the bar line, the last bar closes."""

import json
import struct
from io import BytesIO

import mido
import mutagen
import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

from api.composing.composer import Composer
from api.deadline import Deadline
from api.http.request.parameter import RequestValue
from api.http.request.song_request import song_request
from api.model_server.games import Games
from api.model_server.grpc_client import GrpcModelServer
from music.description import LearnedPiece
from music.keys import find_key
from music.midi import to_midi
from music.notes import Notes
from music.piece import TimeSignature, constant_tempo
from tests.api.loopback import LoopbackModelServer, description, token, write_models_config

URL = "/generate?game=zelda&seed=7"
BAR_TICKS = 48
NINETY = constant_tempo(90.0)


class Workplace:
    def __init__(self, models_config, server):
        self.server, self.games = server, Games(models_config, server)

    def song(self, chunk_steps=16, **wishes):
        said = [RequestValue(name, value, is_json=True) for name, value in wishes.items()]
        composer, deadline = Composer(self.server, chunk_steps), Deadline.after(30)
        request = song_request([RequestValue("game", "zelda"), *said])
        return composer.song(request, self.games.bundle("zelda", deadline), deadline)


@pytest.fixture(scope="module")
def workplace(tmp_path_factory):
    loopback = LoopbackModelServer().start()
    path = tmp_path_factory.mktemp("models") / "models.config"
    write_models_config(path, "zelda")
    server = GrpcModelServer(loopback.target)
    yield Workplace(path, server)
    server.close()
    loopback.stop()


def bars(song, first, count, bar_ticks=BAR_TICKS):
    """Return the notes that start in some bars, counted from 1, from their bar line."""
    start, end = (first - 1) * bar_ticks, (first - 1 + count) * bar_ticks
    within = (song.notes.onset_ticks >= start) & (song.notes.onset_ticks < end)
    return song.notes[within].shifted(-start)


def strikes(notes):
    """List onsets and pitches; a note is shorter where another strikes its key sooner."""
    return list(zip(notes.onset_ticks.tolist(), notes.pitch.tolist(), strict=True))


seeds = st.integers(0, (1 << 53) - 1)
forms = st.sampled_from(["A", "AB", "AABA", "ABA'"])


@settings(max_examples=15)
@given(seeds, forms, st.integers(1, 4), st.booleans())
def test_a_song_has_its_bars_and_no_note_beyond_them(workplace, seed, form, each, loop):
    count = len(form.replace("'", "")) * each
    song = workplace.song(seed=seed, form=form, bars=count, loop=loop)
    assert song.plan.bars == count
    assert song.notes.onset_ticks[0] == 0
    assert song.notes.end_ticks <= count * BAR_TICKS


@settings(max_examples=10)
@given(seeds)
def test_sections_return_note_for_note(workplace, seed):
    song = workplace.song(seed=seed, form="AABA", bars=16, ending=False)
    first = bars(song, 1, 4)
    assert first == bars(song, 5, 4) == bars(song, 13, 4)
    assert first != bars(song, 9, 4)


@settings(max_examples=10)
@given(seeds)
def test_a_varied_return_is_new_only_at_its_end(workplace, seed):
    song = workplace.song(seed=seed, form="ABA'", bars=24, ending=False)
    assert strikes(bars(song, 1, 6)) == strikes(bars(song, 17, 6))
    assert strikes(bars(song, 7, 2)) != strikes(bars(song, 23, 2))


@settings(max_examples=10)
@given(seeds, st.sampled_from(["none", "corpus"]))
def test_the_last_bar_is_one_chord_on_the_tonic(workplace, seed, primer):
    song = workplace.song(seed=seed, form="AABA", bars=16, primer=primer)
    last = bars(song, 16, 1)
    assert set(last.onset_ticks.tolist()) == {0}
    assert set(last.duration_ticks.tolist()) == {BAR_TICKS}
    before = song.notes[song.notes.onset_ticks < 15 * BAR_TICKS]
    assert last.pitch.min() % 12 == find_key(before).tonic
    assert strikes(bars(song, 1, 3)) == strikes(bars(song, 13, 3))


def test_the_same_request_is_the_same_song(workplace):
    songs = [workplace.song(seed=5, form="ABA'", bars=12) for _ in range(2)]
    assert songs[0].notes == songs[1].notes


def test_another_seed_is_another_song(workplace):
    assert workplace.song(seed=1, bars=8).notes != workplace.song(seed=2, bars=8).notes


@pytest.mark.parametrize(
    ("query", "form", "bars_planned"),
    [
        ("&bars=9&seed=0", "ABA'AB", 9),  # the form of the first piece: 2 bars each
        ("&bars=9&seed=1", "AAA", 9),
        ("&form=AB", "AB", 16),
        ("&form=AB&notes=100", "AB", 6),  # 16 notes a bar, says a game without pieces
        ("&form=AB&seconds=16&tempo=60", "AB", 4),
        ("&loop=true&intro_bars=3&form=A&bars=5", "A", 8),
        ("&form=ABCDEFG&notes=4000", "ABCDEFG", 252),  # 259 would be more than a plan has
    ],
)
def test_the_plan_follows_from_the_request(client, query, form, bars_planned):
    seed = "" if "seed" in query else "&seed=7"
    plan = client.post(f"/generate?game=zelda&primer=none&format=json{seed}{query}").json["plan"]
    assert (plan["form"], plan["bars"]) == (form, bars_planned)


def test_bars_that_do_not_fit_the_form_are_refused_with_those_that_do(client):
    response = client.post(f"{URL}&form=AABA&bars=30")
    assert response.status_code == 422
    assert response.json["parameter"] == "bars"
    assert response.json["detail"] == (
        "bars must be bars of which each of the 4 sections gets as many: 28 or 32."
    )


def test_no_more_bars_than_a_plan_has_are_suggested(client):
    detail = client.post(f"{URL}&form=AABBC&bars=256").json["detail"]
    assert detail.endswith("the 5 sections gets as many: 255.")


@pytest.mark.parametrize("form", ["sse", "ndjson"])
def test_a_stream_starts_with_the_plan_and_has_the_same_song(client, form):
    query = f"{URL}&form=ABA'&bars=12&loop=true"
    whole = client.post(f"{query}&format=json").json
    text = client.post(f"{query}&format={form}").data.decode()
    lines = [line.removeprefix("data: ") for line in text.splitlines() if "{" in line]
    events = list(map(json.loads, lines))
    assert events[0]["plan"] == whole["plan"]
    told = [n for e in events if isinstance(e.get("notes"), list) for n in e["notes"]]
    strikes = [
        sorted((n["start_beats"], n["pitch"]) for n in notes) for notes in (told, whole["notes"])
    ]
    assert strikes[0] == strikes[1]


def test_the_plan_names_its_sections_and_where_they_start(client):
    query = f"{URL}&form=AB&bars=8&loop=true&intro_bars=2&tempo=60&primer=none"
    plan = client.post(f"{query}&format=json").json["plan"]
    starts = [(s["name"], s["start_bar"], s["start_beats"]) for s in plan["sections"]]
    assert starts == [("Intro", 1, 0), ("A", 3, 8), ("B", 7, 24)]
    assert plan["loop"] == {
        "start_beats": 8,
        "length_beats": 32,
        "start_s": 8,
        "length_s": 32,
        "sample_rate_hz": 44100,
        "start_sample": 8 * 44100,
        "length_samples": 32 * 44100,
    }


def test_a_loop_is_marked_in_midi_and_ends_on_its_bar_line(client):
    query = f"{URL}&form=AABA&bars=8&loop=true&intro_bars=1"
    file = mido.MidiFile(file=BytesIO(client.post(query).data))
    (track,) = file.tracks
    times = np.cumsum([message.time for message in track]).tolist()
    bar = 4 * file.ticks_per_beat
    told = list(zip(times, track, strict=True))
    markers = [(time // bar, m.text) for time, m in told if m.type == "marker"]
    assert markers == [
        *[(0, "Intro"), (1, "A"), (1, "loopStart"), (3, "A"), (5, "B"), (7, "A")],
        (9, "loopEnd"),
    ]
    controls = [(t, m.control) for t, m in told if m.type == "control_change"]
    assert controls == [(bar, 111)]
    assert (times[-1], track[-1].type) == (9 * bar, "end_of_track")
    assert max(time for time, m in told if m.type in {"note_on", "note_off"}) <= 9 * bar


def test_a_loop_is_marked_in_a_wav_file_of_its_length(client):
    query = f"{URL}&form=AB&bars=2&loop=true&tempo=240&primer=none"
    file = client.post(f"{query}&format=wav").data
    loop = client.post(f"{query}&format=json").json["plan"]["loop"]
    at = file.index(b"smpl") + 52
    assert struct.unpack_from("<2I", file, at) == (0, loop["length_samples"] - 1)
    assert len(file) == 44 + 68 + 4 * loop["length_samples"]
    assert (
        b"smpl"
        not in client.post(f"{query.replace('loop=true', 'ending=false')}&format=wav").data[:200]
    )


@pytest.mark.parametrize("intro_bars", [0, 1])
def test_a_loop_is_marked_in_an_ogg_file_of_its_length(client, intro_bars):
    query = f"{URL}&form=AB&bars=2&loop=true&tempo=233&primer=none&intro_bars={intro_bars}"
    file = client.post(f"{query}&format=ogg&title=Rain").data
    loop = client.post(f"{query}&format=json").json["plan"]["loop"]
    tags = mutagen.File(BytesIO(file)).tags
    assert tags["TITLE"] == ["Rain"]
    assert tags["DESCRIPTION"][0].startswith("Leitmotif; game=zelda; version=1; seed=7; ")
    start, length = (int(tags[name][0]) for name in ("LOOPSTART", "LOOPLENGTH"))
    assert length == loop["length_samples"]
    # What dies away of an intro is not what dies away of the loop: the loop follows its first time.
    first_time = loop["start_sample"] + loop["length_samples"]
    assert start == (first_time if intro_bars else 0)
    frames, _ = soundfile.read(BytesIO(file))
    assert len(frames) == start + length


def test_a_song_that_does_not_loop_has_no_loop_in_its_ogg_file(client):
    tags = mutagen.File(BytesIO(client.post(f"{URL}&bars=1&format=ogg").data)).tags
    assert set(tags.as_dict()) == {"title", "description"}


def test_a_score_has_the_sections_as_rehearsal_marks(client):
    text = client.post(f"{URL}&form=AB&bars=4&format=musicxml").data.decode()
    assert text.count("<rehearsal") == 2


def test_a_song_of_exactly_so_many_notes_has_no_plan(client):
    song = client.post(f"{URL}&notes=33&format=json").json
    assert len(song["notes"]) == 33
    assert "plan" not in song


@pytest.mark.parametrize("include", [False, True])
def test_a_primer_is_followed_from_its_next_bar_line(client, include):
    waltz = Notes.of([0, 12, 24, 36, 48], [12] * 5, [60, 64, 67, 62, 65])  # ends in bar 2
    midi = to_midi(
        waltz, tempos=NINETY, time_signatures=(TimeSignature(0, 3, 4),), name="", text=""
    )
    data = {"primer": (BytesIO(midi), "waltz.mid"), "include_primer": str(include).lower()}
    song = client.post(f"{URL}&form=AB&bars=4&format=json", data=data).json
    first_line = 6 if include else 0
    assert [s["start_beats"] for s in song["plan"]["sections"]] == [first_line, first_line + 6]
    end = max(note["start_beats"] + note["duration_beats"] for note in song["notes"])
    assert end == first_line + 12
    assert song["time_signatures"][-1]["numerator"] == 3


def test_a_loop_cuts_what_a_primer_holds_beyond_its_start(client):
    held = Notes.of([0, 24], [400, 24], [48, 60])
    midi = to_midi(held, tempos=NINETY, time_signatures=(TimeSignature(0, 4, 4),), name="", text="")
    data = {"primer": (BytesIO(midi), "held.mid"), "include_primer": "true"}
    song = client.post(f"{URL}&bars=2&loop=true&format=json", data=data).json
    start = song["plan"]["loop"]["start_beats"]
    end = start + song["plan"]["loop"]["length_beats"]
    ends = {n["start_beats"] + n["duration_beats"] for n in song["notes"][: song["primer_notes"]]}
    assert song["primer_notes"] == 2
    assert ends == {start} == {4.0}
    assert max(n["start_beats"] + n["duration_beats"] for n in song["notes"]) <= end


def test_every_candidate_keeps_the_bound_on_quotes(client, loopback):
    heart = tuple(token(2, pitch, 1) for pitch in (0, 4, 7, 12, 9, 5, 2, 11, 14, 7, 3, 10))
    tune = Notes.of(
        range(0, 6 * 12, 6),
        [6] * 12,
        [60 + p for p in (0, 4, 7, 12, 9, 5, 2, 11)] + [*[74, 67, 63, 70]],
    )
    loopback.by_heart = heart
    loopback.descriptions["zelda"] = description(learned=(LearnedPiece("tune", tune),)).to_json()
    lengths = [
        client.post(f"/generate?game=zelda&seed={n}&bars=8&max_quote=7&format=json").json[
            "longest_quote"
        ]
        for n in range(12)
    ]
    assert max(lengths) <= 7


def test_a_model_that_never_reaches_a_bar_line_is_not_music(client, loopback):
    loopback.tune = (token(0, 0, 0), token(0, 3, 0))
    response = client.post(f"{URL}&bars=2")
    assert response.status_code == 502
