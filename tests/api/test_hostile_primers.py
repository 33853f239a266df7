"""Mutated MIDI files, sent to a service that must live: refused or played, and nothing else."""

import http.client
import os
import random
from collections import Counter
from pathlib import Path

import mido
import pytest

from music.midi import to_midi
from music.notes import Notes
from tests.api.test_process import running_api
from tests.music.test_reading import midi_file, note

MUTANTS = 2_000
PATIENCE_S = 60
MOST_GROWTH_BYTES = 30 * 2**20

HEAD = b'--x\r\nContent-Disposition: form-data; name="primer"; filename="x.mid"\r\n\r\n'
HUGE = (b"\xff\xff\xff\xff", b"\x7f\xff\xff\xff", b"\x80\x00\x00\x00", b"\xff\xff\xff\x7f")
EVENTS = (
    b"\x00\xff\x51\x03\x00\x00\x01",  # a tempo of a microsecond a beat
    b"\x00\xff\x51\x00",
    b"\xff\xff\xff\x7f\x90\x3c\x40",
    b"\x00\xff\x58\x04\xff\xff\xff\xff",
    b"\x00\xff\x2f\x00",
    b"\x00\xf0\x8f\xff\x7f",
    b"\x00\xf7\x03abc",
    b"\x00\xc0\x05",
    b"MTrk\x00\x00\x00\x00",
)


def whole_files():
    """Files that pass, small ones of all kinds."""
    notes = Notes.of(range(0, 240, 3), [6] * 80, [60 + 7 * n % 24 for n in range(80)])
    tempos = [
        mido.MetaMessage("set_tempo", tempo=300_000 + 1000 * n, time=n % 2) for n in range(50)
    ]
    pedal = [mido.Message("control_change", control=64, value=n % 128) for n in range(60)]
    tracks = [note(60 + n, 480, wait=n, channel=n % 16) for n in range(20)]
    return [
        to_midi(notes, tempo_bpm=100, name="intro", text="x" * 200),
        midi_file(tempos, note(60, 480) * 30),
        midi_file(pedal, *tracks),
        midi_file([mido.Message("program_change", program=5), *note(64, 96)], ticks_per_beat=96),
    ]


def flipped(midi, _, dice):
    for _ in range(dice.randint(1, 4)):
        midi[dice.randrange(len(midi))] = dice.randrange(256)


def cut(midi, _, dice):
    del midi[dice.randrange(len(midi)) :]


def spliced(midi, other, dice):
    start, at = dice.randrange(len(other)), dice.randrange(len(midi))
    midi[at : at + dice.randrange(40)] = other[start : start + dice.randrange(400)]


def lying(midi, _, dice):
    """A length, or the number of tracks, that is not true."""
    at = dice.choice((4, 10, 18, midi.find(b"MTrk", 30) + 4))
    midi[at : at + 4] = dice.choice((*HUGE, dice.randbytes(4)))


def grown(midi, _, dice):
    """An event of a hostile kind, up to some thousand times."""
    at = dice.randrange(14, len(midi) + 1)
    event = dice.choice(EVENTS) * dice.choice((1, 1, 3, 300, 3000))
    midi[at:at] = event
    track = midi.rfind(b"MTrk", 0, at)
    if track >= 0 and dice.random() < 0.8:
        length = int.from_bytes(midi[track + 4 : track + 8]) + len(event)
        midi[track + 4 : track + 8] = (length % 2**32).to_bytes(4)


def reordered(_, __, dice):
    """A file that is whole, and as hard for the parser as it may be."""
    keys = [n % 128 for n in range(dice.choice((200, 19_000)))]
    ons, offs = (bytes((1, key, 9)) for key in keys), (bytes((0, key, 0)) for key in sorted(keys))
    events = b"\0\x90\0\0" + b"".join((*ons, *offs))
    return whole_files()[1][:10] + b"\0\1\1\0MTrk" + len(events).to_bytes(4) + events


def mutants():
    dice = random.Random(2025)  # noqa: S311
    files = whole_files()
    ways = [flipped] * 40 + [cut] * 15 + [spliced] * 20 + [lying] * 15 + [grown] * 20 + [reordered]
    for _ in range(MUTANTS):
        midi, way = bytearray(dice.choice(files)), dice.choice(ways)
        yield way(midi, dice.choice(files), dice) or bytes(midi)


def workers_of(port):
    """Find the processes of the service at a port, and the memory that each holds, in bytes."""
    found = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if f"\0API_PORT={port}\0".encode() in b"\0" + (folder / "environ").read_bytes():
                pages = int((folder / "statm").read_text().split()[1])
                found[int(folder.name)] = pages * os.sysconf("SC_PAGE_SIZE")
        except OSError:
            continue  # it has ended, or is another user's
    return found


def post(connection, midi):
    connection.request(
        "POST",
        "/generate?game=zelda&seed=7&notes=1",
        HEAD + midi + b"\r\n--x--\r\n",
        {"Content-Type": "multipart/form-data; boundary=x"},
    )
    response = connection.getresponse()
    return response.status, response.read()


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="memory is read from /proc")
def test_no_mutant_breaks_or_hangs_or_swells_the_service(loopback, config, tmp_path):
    with running_api(loopback, config, tmp_path) as (port, _):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE_S)
        files = list(mutants())
        for midi in files[:200]:  # until every thread has its memory
            post(connection, midi)
        before = workers_of(port)
        answers = [post(connection, midi) for midi in files]
        after = workers_of(port)
        connection.close()
    statuses = Counter(status for status, _ in answers)
    assert set(statuses) == {200, 422}, statuses
    assert min(statuses.values()) > MUTANTS / 20, statuses
    assert all(b"primer" in body for status, body in answers if status == 422)
    assert len(before) == 1 + config.workers
    assert after.keys() == before.keys()  # none of them had to be started again
    grown_by = {pid: after[pid] - before[pid] for pid in after}
    assert max(grown_by.values()) < MOST_GROWTH_BYTES, grown_by
