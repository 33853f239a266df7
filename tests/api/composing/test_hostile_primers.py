"""Mutated MIDI files, sent to a running service: refused or played, and nothing else."""

import http.client
import json
import os
from collections import Counter
from pathlib import Path

import mido
import pytest

from music.midi import to_midi
from music.notes import Notes
from music.piece import constant_tempo
from tests.api.processes import running_api
from tests.music.reading.support import midi_file, note
from tests.mutants import mutants

MUTANTS = 2_000
PATIENCE_S = 60
MOST_GROWTH_BYTES = 30 * 2**20

SONG = json.dumps(
    {
        "notes": [{"pitch": 60 + n, "start_beats": n / 4, "duration_beats": 0.5} for n in range(9)],
        "tempos": [{"start_beats": 0, "tempo": 99.5}],
        "time_signatures": [{"start_beats": -1, "numerator": 3, "denominator": 4}],
    }
).encode()
HEAD = b'--x\r\nContent-Disposition: form-data; name="primer"; filename="x.mid"\r\n\r\n'


def whole_files():
    """Files that pass, small ones of all kinds."""
    notes = Notes.of(range(0, 240, 3), [6] * 80, [60 + 7 * n % 24 for n in range(80)])
    tempos = [
        mido.MetaMessage("set_tempo", tempo=300_000 + 1000 * n, time=n % 2) for n in range(50)
    ]
    pedal = [mido.Message("control_change", control=64, value=n % 128) for n in range(60)]
    tracks = [note(60 + n, 480, wait=n, channel=n % 16) for n in range(20)]
    return [
        to_midi(notes, tempos=constant_tempo(100), name="intro", text="x" * 200),
        midi_file(tempos, note(60, 480) * 30),
        midi_file(pedal, *tracks),
        midi_file([mido.Message("program_change", program=5), *note(64, 96)], ticks_per_beat=96),
        SONG,
    ]


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
        files = list(mutants(whole_files(), MUTANTS, seed=2025))
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
