"""OGG Vorbis: other libraries read it, its comments have the loop, memory is bounded."""

import io
import re
import tracemalloc

import mutagen
import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st
from mutagen.ogg import OggPage

from music.audio.instrument import SAMPLE_RATE_HZ, Sound
from music.audio.looping import SampleLoop, play_loop
from music.audio.mixing import BLOCK
from music.audio.ogg import read_pages
from music.audio.piano import Piano
from music.audio.vorbis import from_ogg, to_ogg
from music.notes import Notes
from music.performance import plain
from music.piece import constant_tempo

TITLE = {"TITLE": "Regen 雨 = rain"}
NOTES = Notes.of([0, 12, 24, 36, 36], [12, 12, 12, 12, 12], [60, 64, 67, 72, 36])
FAST = constant_tempo(240.0)
NEAR = 0.02  # of full scale: what Vorbis leaves out at 128 kbit/s


def chord(samples):
    """Make a sound of a known length, in blocks as instruments give them."""
    time = np.arange(samples)[:, None] / SAMPLE_RATE_HZ
    frames = 0.3 * np.sin(2 * np.pi * time * [440, 660]).astype(np.float32)
    return Sound(samples, iter(np.split(frames, range(BLOCK, samples, BLOCK))))


def written(sound, comments=TITLE, loop=None):
    return b"".join(to_ogg(sound, comments, loop))


def opened(content):
    return mutagen.File(io.BytesIO(content))


@pytest.mark.parametrize("samples", [1, 1000, BLOCK, 2 * BLOCK + 77])
def test_a_file_decodes_to_its_samples(samples):
    frames, rate_hz = soundfile.read(io.BytesIO(written(chord(samples))), always_2d=True)
    assert rate_hz == SAMPLE_RATE_HZ
    assert frames.shape == (samples, 2)
    expected = np.concatenate(list(chord(samples).blocks))
    assert np.abs(frames - expected).max() < NEAR


def test_the_file_contains_the_pianos_sound():
    played = np.concatenate(list(Piano().play(NOTES, FAST).blocks))
    frames, _ = soundfile.read(io.BytesIO(written(Piano().play(NOTES, FAST))))
    assert frames.shape == played.shape
    noise, signal = (np.square(each).mean() for each in (frames - played, played))
    assert noise < signal / 100


def test_comments_are_the_given_ones_only():
    file = opened(written(chord(1000)))
    assert dict(file.tags) == {"title": [TITLE["TITLE"]]}
    assert file.info.length == pytest.approx(1000 / SAMPLE_RATE_HZ)
    assert (file.info.sample_rate, file.info.channels) == (SAMPLE_RATE_HZ, 2)
    assert "libVorbis" in file.tags.vendor


def test_a_loop_is_in_the_comments_in_samples():
    tags = opened(written(chord(9000), loop=SampleLoop(1234, 7766))).tags
    assert (tags["LOOPSTART"], tags["LOOPLENGTH"]) == (["1234"], ["7766"])


def loop_in_rpg_maker(content):
    """Find the loop as RPG Maker MV does: in the first lacing value's bytes of the comments."""
    at = content.index(b"OggS", 1) + 27  # in the second page, after its header
    segments = content[at - 1]
    first = at + segments
    searched = range(first, first + content[at] - 10)
    texts = [content[n:].split(b"\0")[0] for n in searched if content[n:].startswith(b"LOOP")]
    found = [re.search(rb"LOOP(START|LENGTH)=([0-9]+)", text) for text in texts]
    return {match[1].decode(): int(match[2]) for match in found if match}


@pytest.mark.parametrize("title_bytes", [1, *range(40, 60), 100, 300, 400])
def test_rpg_maker_finds_the_loop_whatever_the_title(title_bytes):
    comments = {"TITLE": "t" * title_bytes, "DESCRIPTION": "d" * 500}
    content = written(chord(9000), comments, SampleLoop(1234, 7766))
    assert loop_in_rpg_maker(content) == {"START": 1234, "LENGTH": 7766}


@pytest.mark.parametrize("length", [0, 1, 254, 255, 256, 509, 510, 511, 60_000])
def test_comments_of_any_length_leave_the_sound_as_it_is(length):
    content = written(chord(3000), {"DESCRIPTION": "x" * length})
    assert opened(content).tags["DESCRIPTION"] == ["x" * length]
    frames, _ = soundfile.read(io.BytesIO(content))
    expected, _ = soundfile.read(io.BytesIO(written(chord(3000), {})))
    assert np.array_equal(frames, expected)


def test_every_page_is_as_mutagen_writes_it():
    content = written(chord(2 * BLOCK))
    file, pages = io.BytesIO(content), []
    while file.tell() < len(content):
        pages.append(OggPage(file))
    assert b"".join(page.write() for page in pages) == content  # with a checksum of its own
    assert [page.sequence for page in pages] == list(range(len(pages)))
    assert len({page.serial for page in pages}) == 1
    assert (pages[0].first, pages[-1].last) == (True, True)
    assert pages[-1].position == 2 * BLOCK


def test_the_same_sound_is_the_same_bytes():
    assert written(chord(BLOCK)) == written(chord(BLOCK))
    assert written(chord(BLOCK)) != written(chord(BLOCK), {"TITLE": "other"})


CONTENT = written(chord(20_000))


@settings(max_examples=30)
@given(st.lists(st.integers(0, len(CONTENT)), max_size=40))
def test_pages_are_read_however_the_stream_is_cut(cuts):
    ends = [*sorted(cuts), len(CONTENT)]
    pieces = [CONTENT[start:end] for start, end in zip([0, *ends], ends, strict=False)]
    assert list(read_pages(pieces)) == list(read_pages([CONTENT]))


def test_a_decoded_loop_restarts_without_a_click():
    sound, loop = play_loop(Piano(), NOTES, FAST, plain(NOTES), (0, 48))
    frames, _ = soundfile.read(io.BytesIO(written(sound, loop=loop)))
    assert len(frames) == loop.samples == SAMPLE_RATE_HZ
    seam = np.abs(frames[0] - frames[-1]).max()
    assert seam <= np.abs(np.diff(frames, axis=0)).max()


def test_a_file_is_written_while_its_sound_is_computed():
    computed = 0

    def counted():
        nonlocal computed
        for block in chord(20 * BLOCK).blocks:
            computed += 1
            yield block

    pieces = to_ogg(Sound(20 * BLOCK, counted()), TITLE)
    assert next(pieces).startswith(b"OggS")
    assert computed == 1


def test_a_long_file_is_never_whole_in_memory():
    block = 0.1 * np.ones((BLOCK, 2), np.float32)
    sound = Sound(400 * BLOCK, (block for _ in range(400)))  # ten minutes, 210 MB
    tracemalloc.start()
    for _ in to_ogg(sound, TITLE):
        pass
    _, peak_bytes = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak_bytes < 4 << 20


def test_a_file_can_be_read_again_as_sound():
    sound = from_ogg(written(chord(2 * BLOCK + 5)))
    assert sound.samples == 2 * BLOCK + 5
    frames = np.concatenate(list(sound.blocks))
    assert frames.dtype == np.float32
    assert np.abs(frames - np.concatenate(list(chord(sound.samples).blocks))).max() < NEAR
