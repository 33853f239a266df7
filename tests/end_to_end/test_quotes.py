"""A song keeps the bound on quotes, and continues an uploaded primer."""

import io
import json
import urllib.request

import mido
import pytest

from tests.end_to_end.conftest import GAME, serving
from tests.end_to_end.replicas import publish_copy
from tests.quoting import longest_shared

pytestmark = pytest.mark.slow

END_OF_TRACK = b"\x00\xff\x2f\x00"  # one file lacks it, which mido does not read


def strikes_of(file):
    """Read onsets, in twelfths of a beat, and pitches, by a library that is not ours."""
    song, strikes = mido.MidiFile(file=file), []
    for track in song.tracks:
        ticks = 0
        for message in track:
            ticks += message.time
            if message.type == "note_on" and message.velocity:
                strikes.append((round(ticks * 12 / song.ticks_per_beat), message.note))
    return sorted(strikes)


@pytest.fixture(scope="module")
def collection(work_dir):
    files = [path.read_bytes() for path in (work_dir / "midi" / GAME).glob("Link's*.mid")]
    whole = (file if file.endswith(END_OF_TRACK) else file + END_OF_TRACK for file in files)
    return [strikes_of(io.BytesIO(file)) for file in whole]


@pytest.fixture(scope="module")
def first_version(work_dir, trained, tmp_path_factory):  # noqa: ARG001  it must be there
    """Serve the first version alone: other tests publish networks that have learned less."""
    models_dir = tmp_path_factory.mktemp("first")
    publish_copy(models_dir, work_dir / "models" / GAME / "1")
    with serving(models_dir) as running:
        yield running


@pytest.fixture(scope="module")
def quoted(first_version, collection):
    """Compose, and count the longest run that is shared with any of the pieces."""

    def in_song(seed, max_quote):
        answer = first_version.ask(
            f"/generate?game={GAME}&notes=60&max_quote={max_quote}&seed={seed}"
        )
        assert answer.status == 200
        song = strikes_of(io.BytesIO(answer.body))
        return max(longest_shared(song, piece) for piece in collection)

    assert len(collection) == 4
    return in_song


def test_unbounded_songs_quote(quoted):
    assert max(quoted(seed, 4000) for seed in range(20)) > 5


@pytest.mark.parametrize("max_quote", [5, 12])
def test_of_200_songs_none_quotes_more_than_it_may(quoted, max_quote):
    assert max(quoted(seed, max_quote) for seed in range(200)) <= max_quote


def test_a_song_continues_an_uploaded_primer_end_to_end(service, work_dir):
    primer = (work_dir / "midi" / GAME / "Link's scale 1.mid").read_bytes()
    head = b'--x\r\nContent-Disposition: form-data; name="primer"; filename="x.mid"\r\n\r\n'
    request = urllib.request.Request(  # noqa: S310
        f"{service.url}/generate?game={GAME}&seed=7&notes=60&include_primer=true&format=json",
        data=head + primer + b"\r\n--x--\r\n",
        headers={"Content-Type": "multipart/form-data; boundary=x"},
    )
    with urllib.request.urlopen(request, timeout=60) as response:  # noqa: S310
        song = json.load(response)
    own = strikes_of(io.BytesIO(primer))
    told = [(round(12 * note["start_beats"]), note["pitch"]) for note in song["notes"]]
    assert told[: len(own)] == own
    assert len(told) == len(own) + 60
    assert song["tempo"] == pytest.approx(91, abs=0.01)
    assert song["primer_notes"] == len(own)
