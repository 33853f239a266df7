"""Staves: hands, voices, ties and rests, with full bars."""

from hypothesis import given

from music.meter import BAR_TICKS, COMMON_TIME, Measure, measures, quantized
from music.notes import TICKS_PER_BEAT, Notes, cleaned, join
from music.piece import TimeSignature
from music.players.line_up import ONE_PIANO
from music.players.roles import DRUMS
from music.score.hands import hands
from music.score.staves import Head, Rest, Staff, Stem, drum_staff, staff_of
from music.score.written_parts import written_parts
from tests.music.support import gridded, raw_notes

BAR = [Measure(0, BAR_TICKS, COMMON_TIME)]


def right_hand(notes: Notes) -> Staff:
    """What is written for the right hand while the left one holds a bass note."""
    both = cleaned(join([Notes.of([0], [notes.end_ticks], [40]), notes]))
    return staves(both, bars_of(both))[0]


def staves(notes: Notes, bars: list[Measure]) -> tuple[Staff, Staff]:
    right, left = hands(notes)
    return staff_of(right, bars), staff_of(left, bars)


def bars_of(notes: Notes) -> list[Measure]:
    return measures([TimeSignature(0, 4, 4)], notes.end_ticks)


def one_way(raw) -> Notes:
    notes = gridded(raw)
    return quantized(notes, bars_of(notes.shifted(TICKS_PER_BEAT)))


def heads(staff: Staff) -> list[tuple[int, Head]]:
    """All heads of a staff and where they are: ticks from the piece's beginning."""
    return [
        (number * BAR_TICKS + one.start, head)
        for number, bar in enumerate(staff)
        for voice in bar
        for one in voice
        if isinstance(one, Stem)
        for head in one.heads
    ]


def test_a_note_held_while_others_move_gets_its_own_voice():
    notes = Notes.of([0, 0, 12, 24, 36], [48, 12, 12, 12, 12], [72, 62, 64, 65, 64])
    ((upper, lower),) = right_hand(notes)
    assert upper == (Stem(0, 48, (Head(72),)),)
    assert [one.start for one in lower] == [0, 12, 24, 36]


def test_a_note_held_while_one_note_follows_another_is_held_too():
    ((upper, lower),) = right_hand(Notes.of([0, 0, 24], [24, 48, 24], [62, 72, 64]))
    assert upper == (Stem(0, 48, (Head(72),)),)
    assert [one.start for one in lower] == [0, 24]


def test_notes_held_by_the_pedal_are_written_until_the_next_note():
    notes = Notes.of([0, 12, 24, 36], [48, 36, 24, 12], [64, 67, 72, 76])
    ((voice,),) = right_hand(notes)
    assert [one.ticks for one in voice] == [12, 12, 12, 12]


def test_a_touch_of_silence_is_not_written():
    ((voice,),) = right_hand(Notes.of([0, 12, 24, 36], [9, 9, 8, 12], [64, 67, 72, 76]))
    assert [type(one) for one in voice] == [Stem] * 4


def test_a_note_over_a_bar_line_is_tied():
    staff = right_hand(Notes.of([36], [12 + 48 + 12], [76]))
    assert heads(staff) == [(36, Head(76, "start")), (48, Head(76, "continue")),
                            (96, Head(76, "stop"))]  # fmt: skip


def test_a_note_of_no_single_value_is_tied_within_its_bar():
    assert heads(right_hand(Notes.of([0], [30], [76]))) == [
        (0, Head(76, "start")),
        (24, Head(76, "stop")),
    ]


def test_rests_are_hidden_while_the_other_voice_sounds():
    notes = Notes.of([0, 6, 12, 24], [24, 6, 6, 12], [72, 62, 64, 65])
    ((upper, lower),) = right_hand(notes)
    assert {one.is_shown for one in lower if isinstance(one, Rest)} == {False}
    assert upper == (Stem(0, 24, (Head(72),)), Rest(24, 24, is_shown=False))


def test_the_upper_voices_rests_are_shown_when_nothing_sounds():
    notes = Notes.of([0, 6, 12], [24, 6, 6], [72, 62, 64])
    ((upper, _),) = right_hand(notes)
    assert upper[1:] == (Rest(24, 24),)


def test_a_bar_without_notes_is_a_rest():
    for ((voice,),) in staves(Notes.of([], [], []), BAR):
        assert voice == (Rest(0, BAR_TICKS),)


def test_notes_after_the_last_bar_are_cut_off():
    notes = Notes.of([0, 24, 48], [24, 72, 48], [72, 74, 76])
    right, _ = written_parts(notes, BAR, ONE_PIANO)[0].staves
    assert heads(right) == [(0, Head(72)), (24, Head(74))]


@given(raw_notes)
def test_every_voice_fills_its_bar(raw):
    notes = one_way(raw)
    for staff in staves(notes, bars_of(notes)):
        assert len(staff) == len(bars_of(notes))
        for bar in staff:
            assert 1 <= len(bar) <= 2
            for voice in bar:
                behind = 0
                for one in voice:
                    assert (one.start, one.ticks > 0) == (behind, True)
                    behind += one.ticks
                assert behind == BAR_TICKS


@given(raw_notes)
def test_every_strike_is_written_once(raw):
    notes = one_way(raw)
    strikes = [
        (tick, head.pitch)
        for staff in staves(notes, bars_of(notes))
        for tick, head in heads(staff)
        if head.tie in (None, "start")
    ]
    assert sorted(strikes) == list(
        zip(notes.onset_ticks.tolist(), notes.pitch.tolist(), strict=True)
    )


@given(raw_notes)
def test_ties_lead_from_head_to_head(raw):
    notes = one_way(raw)
    for staff in staves(notes, bars_of(notes)):
        tied = set()
        for _, head in sorted(heads(staff), key=lambda one: (one[0], one[1].tie != "stop")):
            assert (head.pitch in tied) == (head.tie in ("continue", "stop"))
            if head.tie == "start":
                tied.add(head.pitch)
            elif head.tie == "stop":
                tied.remove(head.pitch)
        assert tied == set()


def drums(*rows: tuple[int, int], bars: int = 1) -> Staff:
    """Write drums that are struck at a tick, each a key."""
    onset, keys = zip(*rows, strict=True)
    notes = Notes.of(onset, [3] * len(rows), keys, [DRUMS] * len(rows))
    return drum_staff(notes, measures([TimeSignature(0, 4, 4)], bars * BAR_TICKS))


def test_hands_and_feet_of_a_drummer_have_a_voice_each():
    ((hands, feet),) = drums((0, 36), (0, 42), (12, 38), (12, 42), (24, 36), (36, 38))
    assert [(one.start, one.ticks, len(one.heads)) for one in hands if isinstance(one, Stem)] == [
        (0, 12, 1),
        (12, 12, 2),
        (36, 12, 1),
    ]
    assert [(one.start, one.ticks) for one in feet if isinstance(one, Stem)] == [(0, 12), (24, 12)]
    assert not any(one.is_shown for one in feet if isinstance(one, Rest))


def test_a_drum_is_written_until_the_next_one_or_the_end_of_the_quarter():
    ((voice,),) = drums((0, 42), (3, 42), (6, 42), (18, 42), (24, 42))
    assert [(one.start, one.ticks) for one in voice if isinstance(one, Stem)] == [
        (0, 3),
        (3, 3),
        (6, 6),
        (18, 6),
        (24, 12),
    ]


def test_drums_are_written_in_their_bars_and_never_tied():
    first, second = drums((0, 36), (45, 36), (48, 38), bars=2)
    assert [head.tie for _, head in heads((first, second))] == [None] * 3
    assert [head.pitch for _, head in heads((second,))] == [38]
