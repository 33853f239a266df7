"""Reads a collection: bad files are set aside by name, and the others are used."""

import hashlib
import os
import signal
from pathlib import Path

import mido
import numpy as np
import pytest

from music.midi import to_midi
from music.performance import Performance
from music.piece import Piece, TempoChange, TimeSignature
from music.players.line_up import ONE_PIANO, LineUp
from music.players.roles import DRUMS
from tests.music.reading.support import midi_file, note
from tests.training.conftest import scale
from training.corpus import cache, corpus
from training.corpus.cache import Reading, read_cached
from training.corpus.collections import Collection, find_collection
from training.corpus.corpus import read_corpus
from training.errors import CollectionError

SHARED = Path(__file__).parents[4] / "shared" / "midi"


def write(path: Path, piece) -> Path:
    path.write_bytes(to_midi(piece.notes, tempos=piece.tempos, name="x", text=path.name))
    return path


def collection(*files: Path) -> Collection:
    return Collection("some_game", "Some Game", files)


def test_good_files_are_read_and_bad_ones_set_aside_with_the_reason(tmp_path):
    good, few, bad, gone = (tmp_path / f"{name}.mid" for name in ("good", "few", "bad", "gone"))
    write(good, scale("good", 60))
    write(few, scale("few", 60, notes=5))
    bad.write_bytes(b"not music")
    corpus = read_corpus(collection(good, few, bad, gone), tmp_path / "cache")
    assert [piece.name for piece in corpus.pieces] == ["good"]
    assert {s.path.name: s.reason for s in corpus.set_aside} == {
        "few.mid": "only 5 notes; at least 16 are needed",
        "bad.mid": "not a MIDI file: it does not begin with MThd",
        "gone.mid": "cannot be opened: No such file or directory",
    }


def test_the_same_piece_under_two_names_counts_once(tmp_path):
    first = write(tmp_path / "first.mid", scale("x", 60))
    second = write(tmp_path / "second.mid", scale("x", 60))
    assert first.read_bytes() != second.read_bytes()
    corpus = read_corpus(collection(first, second), tmp_path / "cache")
    assert [piece.name for piece in corpus.pieces] == ["first"]
    assert [s.reason for s in corpus.set_aside] == ["the same piece as first.mid"]


def test_a_collection_without_any_music_is_an_error_that_names_every_file(tmp_path):
    bad = tmp_path / "bad.mid"
    bad.write_bytes(b"")
    with pytest.raises(CollectionError, match=r"no piece to learn from .bad.mid: not"):
        read_corpus(collection(bad), tmp_path / "cache")


def test_a_file_that_cannot_be_opened_is_set_aside_with_the_reason(readable_by_all, as_nobody):
    good, closed, folder, dangling = (
        readable_by_all / name for name in ("good.mid", "closed.mid", "folder", "dangling.mid")
    )
    write(good, scale("good", 60))
    write(closed, scale("closed", 61)).chmod(0o000)
    folder.mkdir(mode=0o000)
    dangling.symlink_to(readable_by_all / "nowhere.mid")
    with as_nobody():
        read = read_corpus(collection(good, closed, folder, dangling), readable_by_all / "cache")
    assert [piece.name for piece in read.pieces] == ["good"]
    assert {file.name: file.reason for file in read.set_aside} == {
        "closed.mid": "cannot be opened: Permission denied",
        "folder": "cannot be opened: Permission denied",
        "dangling.mid": "cannot be opened: No such file or directory",
    }


@pytest.mark.parametrize(
    ("failure", "reason"),
    [
        (OSError(5, "Input/output error"), "cannot be opened: Input/output error"),
        (MemoryError(), "there is not enough memory to read it"),
    ],
)
def test_a_file_that_fails_while_it_is_read_is_set_aside(tmp_path, monkeypatch, failure, reason):
    def fail(*_, **__):
        raise failure

    path = write(tmp_path / "a.mid", scale("a", 60))
    monkeypatch.setattr(cache, "read_piece", fail)
    assert read_cached(path, tmp_path / "cache") == Reading(
        path, hashlib.sha256(path.read_bytes()).hexdigest(), None, reason
    )


def test_a_score_is_kept_with_its_repeats_and_without(tmp_path):
    path = tmp_path / "a.abc"
    path.write_text("X:1\nT:a\nL:1/4\nM:4/4\nK:C\nCDEF|1 GABc:|2 cBAG|]\n")
    cache_dir = tmp_path / "cache"
    for _ in range(2):  # read, and taken from the cache
        counts = [
            len(read_cached(path, cache_dir, repeats=repeats).piece.notes)
            for repeats in (True, False)
        ]
        assert counts == [16, 8]


PIANO_MIDI, DUET_MIDI = "piano", "flute and drums"


def midi_of(kind: str, root: int) -> bytes:
    """A MIDI file of 40 melodic notes, and in a duet drums."""
    if kind == PIANO_MIDI:
        return to_midi(scale("x", root).notes, tempos=scale("x", root).tempos, name="x", text="")
    flute = [mido.Message("program_change", program=73)]
    drums = note(36, 480, channel=9) * 4
    return midi_file(flute + [each for key in range(40) for each in note(root + key, 480)], drums)


def mixed(folder: Path, *kinds: str, band: bool | None = None) -> Collection:
    """A collection of files of these kinds."""
    files = [folder / f"{number}.mid" for number in range(len(kinds))]
    for number, (path, kind) in enumerate(zip(files, kinds, strict=True)):
        path.write_bytes(midi_of(kind, 40 + number))
    return Collection("some_game", "Some Game", tuple(files), band)


@pytest.mark.parametrize(
    ("kinds", "of_collection", "requested", "is_band"),
    [
        ([PIANO_MIDI] * 2, None, None, False),
        ([DUET_MIDI] * 2, None, None, True),
        ([DUET_MIDI, PIANO_MIDI], None, None, False),
        ([DUET_MIDI, PIANO_MIDI, DUET_MIDI], None, None, True),
        ([DUET_MIDI] * 2, False, None, False),
        ([DUET_MIDI] * 2, None, False, False),
        ([DUET_MIDI] * 2, False, True, True),
        ([PIANO_MIDI, DUET_MIDI, PIANO_MIDI], None, True, False),
    ],
    ids=[
        "pianos", "bands", "one half", "most", "a collection for piano", "read for piano",
        "read as a band", "pianos, read as bands",
    ],
)  # fmt: skip
def test_a_collection_is_for_a_band_if_most_of_its_pieces_are(
    tmp_path, kinds, of_collection, requested, is_band
):
    corpus = read_corpus(
        mixed(tmp_path, *kinds, band=of_collection), tmp_path / "cache", band=requested
    )
    assert corpus.is_band is is_band
    is_read_as_band = is_band or bool(requested)
    assert [piece.line_up.has_drums for piece in corpus.pieces] == [
        is_read_as_band and kind == DUET_MIDI for kind in kinds
    ]


def test_a_collection_for_piano_is_read_as_without_bands(tmp_path):
    pieces = read_corpus(mixed(tmp_path, PIANO_MIDI, DUET_MIDI), tmp_path / "cache").pieces
    assert [piece.line_up for piece in pieces] == [ONE_PIANO] * 2
    assert [piece.notes for piece in pieces] == [
        read_cached(tmp_path / f"{number}.mid", tmp_path / "other").piece.notes
        for number in range(2)
    ]


def test_the_chorales_are_for_piano():
    assert find_collection("bach", Path("no_data")).band is False


def test_a_band_is_cached_beside_the_piano_reading_of_its_file(tmp_path):
    (path,) = mixed(tmp_path, DUET_MIDI).files
    for _ in ("read", "cached"):
        band = read_cached(path, tmp_path / "cache", band=True).piece
        assert band.line_up == LineUp.of({36: 73, DRUMS: 0})
        assert np.count_nonzero(band.notes.role == DRUMS) == 4
        piano = read_cached(path, tmp_path / "cache").piece
        assert piano.line_up == ONE_PIANO
        assert len(piano.notes) == 40


@pytest.mark.parametrize(
    ("folder", "is_band", "pieces", "not_for_piano"),
    [
        ("midi/final_fantasy", False, 92, 1),
        ("midi/majoras_mask", False, 9, 0),
        ("midi/ocarina_of_time", False, 21, 0),
        ("midi/twilight_princess", False, 7, 0),
        ("midi/wind_waker", False, 15, 0),
        ("bands/final_fantasy_7", True, 83, 83),
        ("bands/touhou", True, 19, 18),
        ("bands/wind_waker", True, 9, 9),
        ("base/easyrpg", True, 13, 12),
    ],
)
def test_real_collections_are_for_a_piano_or_a_band(
    tmp_path, folder, is_band, pieces, not_for_piano
):
    files = tuple(sorted((SHARED.parent / folder).glob("*.mid")))
    if not files:
        pytest.skip("no such pieces here")
    real = Collection("some_game", "Some Game", files)
    assert read_corpus(real, tmp_path).is_band is is_band
    bands = read_corpus(real, tmp_path, band=True).pieces
    assert len(bands) == pieces
    assert sum(not piece.line_up.is_piano for piece in bands) == not_for_piano


def read_or_die(path: Path) -> Reading:
    """Read as a process does that the kernel kills, because a file takes all memory."""
    if "deadly" in path.name:
        os.kill(os.getpid(), signal.SIGKILL)
    return Reading(path, "", scale(path.stem, 60))


def test_a_file_whose_reading_ends_its_process_is_set_aside_and_the_others_are_read():
    files = [Path(name) for name in ("a", "deadly", "b", "c", "deadly too")]
    readings = list(corpus._in_processes(read_or_die, files))
    assert [reading.path for reading in readings] == files
    assert [reading.piece is not None for reading in readings] == [True, False, True, True, False]
    assert readings[1].reason == "reading it ended the reading process"


def test_pieces_are_read_even_if_the_cache_cannot_be_written(tmp_path):
    (tmp_path / "file").touch()
    path = write(tmp_path / "a.mid", scale("a", 60))
    assert read_cached(path, tmp_path / "file" / "cache").piece is not None


def test_names_of_any_bytes_are_printable(tmp_path):
    path = write(tmp_path / "a.mid", scale("x", 60))
    path = path.rename(tmp_path / os.fsdecode(b"Z\xfcrich\n\xe3\x82\xbc.mid"))
    for _ in ("read", "cached"):
        assert read_cached(path, tmp_path / "cache").piece.name == "Z\ufffdrich\ufffdゼ"
    copy = write(tmp_path / "a.mid", scale("x", 60)).rename(tmp_path / os.fsdecode(b"\xff.mid"))
    (twin,) = read_corpus(collection(path, copy), tmp_path / "cache").set_aside
    assert (twin.name, twin.reason) == ("\ufffd.mid", "the same piece as Z\ufffdrich\ufffdゼ.mid")


def test_scores_and_midi_files_are_read(tmp_path):
    abc = tmp_path / "tune.abc"
    abc.write_text("X:1\nT:Tune\nM:4/4\nL:1/8\nK:C\nCDEFGABc|CDEFGABc|\n")
    corpus = read_corpus(collection(abc), tmp_path / "cache")
    assert [len(piece.notes) for piece in corpus.pieces] == [16]


def test_readings_are_cached_by_content(tmp_path):
    path = write(tmp_path / "a.mid", scale("a", 60))
    first = read_cached(path, tmp_path / "cache")
    (kept,) = (tmp_path / "cache").iterdir()
    moved = path.rename(tmp_path / "b.mid")
    second = read_cached(moved, tmp_path / "cache")
    assert second.piece is not None
    assert second.piece.notes == first.piece.notes
    assert second.piece.name == "b"
    assert list((tmp_path / "cache").iterdir()) == [kept]


def test_all_that_is_known_of_a_piece_is_kept(tmp_path):
    path = tmp_path / "a.mid"
    path.write_bytes(b"its content names what is kept")
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    piece = Piece(
        "a",
        scale("a", 60).notes,
        (TempoChange(0, 60.0), TempoChange(480, 180.02)),
        (TimeSignature(-12, 3, 4), TimeSignature(24, 7, 8)),
        ("the file ends early", "an event is broken"),
        Performance(np.arange(40, 80, dtype=np.int32), np.full(40, 5.4, np.float32)),
    )
    cache._save(tmp_path / f"{digest}-mid-{cache.READER_VERSION}.npz", piece)
    assert read_cached(path, tmp_path).piece == piece


def test_failures_are_retried_next_time(tmp_path):
    path = tmp_path / "a.mid"
    path.write_bytes(b"x")
    assert read_cached(path, tmp_path / "cache").reason
    assert not (tmp_path / "cache").exists()


@pytest.mark.parametrize("left", [0, 50])
def test_a_broken_cache_is_read_past(tmp_path, left):
    path = write(tmp_path / "a.mid", scale("a", 60))
    expected = read_cached(path, tmp_path / "cache")
    (kept,) = (tmp_path / "cache").iterdir()
    kept.write_bytes(kept.read_bytes()[:left])
    assert read_cached(path, tmp_path / "cache").piece.notes == expected.piece.notes


@pytest.mark.skipif(not SHARED.is_dir(), reason="the real pieces are not beside the checkout")
@pytest.mark.parametrize(
    ("game", "pieces", "fewest_notes"),
    [("majoras_mask", 9, 4_600), ("ocarina_of_time", 21, 13_000), ("final_fantasy", 92, 81_000)],
)
def test_all_real_pieces_yield_notes(tmp_path, game, pieces, fewest_notes):
    corpus = read_corpus(find_collection(game, SHARED), tmp_path)
    assert len(corpus.pieces) == pieces
    assert corpus.notes >= fewest_notes
    assert corpus.set_aside == ()
