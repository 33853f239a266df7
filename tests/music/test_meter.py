"""The meter: the starts of bars, sixteenths or triplets, values of notation."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from music.meter import COMMON_TIME, Measure, Meter, measures, meter_of, pickup, quantized
from music.notes import TICKS_PER_BEAT, Notes
from music.piece import TimeSignature
from tests.music.support import gridded, raw_notes

IN_SIXTEENTHS, IN_TRIPLETS = {0, 3, 6, 9}, {0, 4, 8}
METERS = [
    meter_of(*signature)
    for signature in (
        (1, 4), (2, 4), (3, 4), (4, 4), (5, 4), (6, 4), (7, 4), (2, 2), (3, 2), (4, 2),
        (3, 8), (4, 8), (5, 8), (6, 8), (7, 8), (8, 8), (9, 8), (12, 8), (3, 16), (7, 16),
    )
]  # fmt: skip


def bars(notes: Notes, numerator: int = 4, denominator: int = 4) -> list[Measure]:
    return measures([TimeSignature(0, numerator, denominator)], notes.end_ticks + TICKS_PER_BEAT)


def in_bars(notes: Notes) -> Notes:
    return quantized(notes, bars(notes))


def test_a_pickup_is_not_taken_for_the_start_of_a_bar():
    onset = [0, *range(12, 12 + 8 * 24, 24)]
    begins = pickup(Notes.of(onset, [12] + [24] * 8, [67] + [72, 71] * 4))
    assert begins > 0
    assert [(begins + tick) % 24 for tick in onset[1:]] == [0] * 8


def test_music_that_starts_on_a_bar_line_has_no_pickup():
    assert pickup(Notes.of([0, 24, 36, 48], [24, 12, 12, 48], [60, 64, 65, 67])) == 0


def test_without_notes_there_is_no_pickup():
    assert pickup(Notes.of([], [], [])) == 0


def test_every_beat_is_in_sixteenths_or_in_triplets_as_is_nearer():
    notes = Notes.of([0, 4, 7, 12, 15, 19], [4, 3, 5, 3, 4, 5], [60, 62, 64, 65, 67, 69])
    assert in_bars(notes).onset_ticks.tolist() == [0, 4, 8, 12, 15, 18]


@pytest.mark.parametrize(("second", "shortest"), [(3, 3), (4, 4)], ids=["sixteenth", "triplet"])
def test_no_note_is_shorter_than_its_beat_is_divided(second, shortest):
    notes = in_bars(Notes.of([0, second], [1, 1], [60, 62]))
    assert notes.duration_ticks.tolist() == [shortest, shortest]


def test_strikes_of_a_key_that_meet_are_one():
    assert len(in_bars(Notes.of([0, 1], [1, 6], [60, 60]))) == 1


@given(raw_notes)
def test_quantized_notes_are_ordered_and_each_beat_is_divided_one_way(raw):
    notes = in_bars(gridded(raw))
    onset, pitch = notes.onset_ticks.tolist(), notes.pitch.tolist()
    strikes = list(zip(onset, pitch, strict=True))
    assert strikes == sorted(set(strikes))
    for beat in {tick // TICKS_PER_BEAT for tick in onset}:
        within = {tick % TICKS_PER_BEAT for tick in onset if tick // TICKS_PER_BEAT == beat}
        assert within <= IN_SIXTEENTHS or within <= IN_TRIPLETS


@pytest.mark.parametrize(
    ("meter", "start", "end", "values"),
    [
        ((4, 4), 0, 48, [48]),
        ((4, 4), 0, 30, [24, 6]),
        ((4, 4), 6, 18, [12]),
        ((4, 4), 18, 30, [6, 6]),
        ((4, 4), 12, 48, [36]),
        ((4, 4), 4, 24, [8, 12]),
        ((4, 4), 9, 9, []),
        ((4, 4), 1, 12, []),
        ((3, 4), 0, 36, [36]),
        ((3, 4), 12, 36, [24]),
        ((3, 4), 18, 36, [6, 12]),
        ((6, 8), 0, 36, [36]),
        ((6, 8), 12, 24, [6, 6]),
        ((6, 8), 6, 18, [12]),
        ((9, 8), 0, 54, [36, 18]),
        ((12, 8), 18, 54, [36]),
        ((5, 4), 0, 60, [36, 24]),
        ((2, 2), 0, 48, [48]),
    ],
)  # fmt: skip
def test_a_sound_is_written_in_values_that_show_the_bar(meter, start, end, values):
    assert [ticks for _, ticks in meter_of(*meter).note_values(start, end)] == values


def test_rests_show_the_beats_that_notes_may_hide():
    assert COMMON_TIME.note_values(6, 18) == [(6, 12)]
    assert COMMON_TIME.rest_values(6, 18) == [(6, 6), (12, 6)]
    assert meter_of(3, 4).rest_values(0, 24) == [(0, 12), (12, 12)]


@pytest.mark.parametrize("meter", METERS, ids=lambda m: f"{m.numerator}/{m.denominator}")
def test_notes_on_a_division_can_be_notated(meter: Meter):
    divisions = (3, 4) if meter.beat_ticks == TICKS_PER_BEAT else (3,)
    for values in (meter.note_values, meter.rest_values):
        for division in divisions:
            places = range(0, meter.bar_ticks + 1, division)
            for start, end in ((start, end) for start in places for end in places if start < end):
                written = values(start, end)
                assert [place for place, _ in written] == [
                    start + sum(ticks for _, ticks in written[:n]) for n in range(len(written))
                ]
                assert sum(ticks for _, ticks in written) == end - start


@pytest.mark.parametrize("meter", METERS, ids=lambda m: f"{m.numerator}/{m.denominator}")
def test_a_meters_bar_has_the_length_of_its_signature(meter: Meter):
    assert meter.bar_ticks == TimeSignature(0, meter.numerator, meter.denominator).bar_ticks
    assert meter.rest_values(0, meter.bar_ticks) == [(0, meter.bar_ticks)]


@pytest.mark.parametrize("signature", [(4, 1), (3, 32), (13, 4), (9, 2), (0, 4), (4, 3)])
def test_a_meter_that_is_not_written_is_written_in_four_four(signature):
    assert meter_of(*signature) == COMMON_TIME


def test_bars_start_where_time_signatures_say():
    signatures = [TimeSignature(-24, 3, 4), TimeSignature(13, 6, 8), TimeSignature(60, 2, 4)]
    found = [(bar.start_ticks, bar.ticks) for bar in measures(signatures, 61)]
    assert found == [(-24, 36), (12, 36), (48, 12), (60, 24)]


def test_a_piece_without_notes_has_a_bar():
    assert measures([TimeSignature(0, 3, 4)], 0) == [Measure(0, 36, meter_of(3, 4))]


def test_eighths_of_a_compound_meter_are_not_triplets():
    notes = Notes.of([0, 4, 8, 12], [4] * 4, [60, 62, 64, 65])
    assert quantized(notes, bars(notes, 6, 8)).onset_ticks.tolist() == [0, 3, 9, 12]


@given(raw_notes, st.sampled_from(METERS), st.integers(0, 60))
def test_notes_in_any_meter_can_be_written(raw, meter, change):
    notes = gridded(raw)
    signatures = [
        TimeSignature(0, 5, 8), TimeSignature(change, meter.numerator, meter.denominator)
    ]  # fmt: skip
    spare = measures(signatures, notes.end_ticks + TICKS_PER_BEAT)
    moved = quantized(notes, spare)
    ends = (moved.onset_ticks + moved.duration_ticks).tolist()
    for place in {*moved.onset_ticks.tolist(), *ends}:
        bar = next(bar for bar in reversed(spare) if bar.start_ticks <= place)
        within = place - bar.start_ticks
        assert within == 0 or sum(t for _, t in bar.meter.note_values(0, within)) == within
