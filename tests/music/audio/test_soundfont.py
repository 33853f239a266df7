"""FluidSynth plays a band: each part on its instrument, and parts add up to the song."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from music.audio import fluidsynth
from music.audio.instrument import SAMPLE_RATE_HZ, sample_at
from music.audio.looping import play_loop
from music.audio.loudness import integrated_lufs, measure
from music.audio.mastering import HIGHEST_PEAK_DBTP, TARGET_LUFS, Mastering
from music.audio.soundfont import Soundfont
from music.errors import SoundfontError
from music.notes import Notes, join
from music.performance import plain
from music.piece import constant_tempo
from music.players.line_up import LineUp
from music.players.roles import DRUMS, FAMILIES, PIANO, role_of
from tests.music.bands import LINE_UP, NOTES
from tests.music.soundfonts import needs_fluidsynth, soundfont

pytestmark = needs_fluidsynth

FULL = Path("/usr/share/sounds/sf2/FluidR3_GM.sf2")  # `make sound` installs it
PIPE = role_of(FAMILIES.index("pipe"), 0)
TRIO = LineUp.of({PIANO: 0, PIPE: 73, DRUMS: 0})
TEMPO = constant_tempo(97.0)  # a loop of no whole frames


@pytest.fixture
def small(tmp_path):
    path = tmp_path / "small.sf2"
    path.write_bytes(soundfont())
    return Soundfont(path)


@pytest.fixture
def full():
    if not FULL.exists():
        pytest.skip(f"{FULL} is missing: make sound installs it")
    return Soundfont(FULL)


def trio(roles=(PIANO, PIPE, DRUMS), ticks=48):
    onsets = np.arange(0, ticks, 6)
    return join(
        [
            Notes.of(onsets, [6] * len(onsets), [pitch] * len(onsets), [role] * len(onsets))
            for role, pitch in zip((PIANO, PIPE, DRUMS), (57, 69, 38), strict=True)
            if role in roles
        ]
    )


def samples(sound):
    output = np.concatenate(list(sound.blocks))
    assert len(output) == sound.samples
    return output


def played(instrument, notes, line_up=TRIO):
    return samples(instrument.play(notes, TEMPO, plain(notes), line_up))


def loudest_hz(sound):
    spectrum = np.abs(np.fft.rfft(sound.sum(axis=1)))
    return spectrum.argmax() * SAMPLE_RATE_HZ / len(sound)


@pytest.mark.parametrize(
    ("role", "hz"), [(PIANO, 220), (PIPE, 880), (DRUMS, 73.4)], ids=["piano", "flute", "drums"]
)
def test_each_part_plays_its_instrument(small, role, hz):
    assert loudest_hz(played(small, trio([role]))) == pytest.approx(hz, rel=0.02)


def test_parts_add_up_to_the_band(small):
    together = played(small, trio())
    alone = [played(small, trio([role])) for role in (PIANO, PIPE, DRUMS)]
    np.testing.assert_allclose(sum(alone), together, atol=2e-6)


def test_the_same_song_has_the_same_samples(small):
    sound = small.play(trio(), TEMPO, plain(trio()), TRIO)
    np.testing.assert_array_equal(samples(sound), samples(sound))


@pytest.mark.parametrize("intro_ticks", [0, 48])
@pytest.mark.parametrize("loop_ticks", [48, 96])
def test_a_loop_restarts_with_its_own_decay(small, intro_ticks, loop_ticks):
    end_ticks = intro_ticks + loop_ticks
    notes = trio(ticks=end_ticks)
    sound, loop = play_loop(small, notes, TEMPO, plain(notes), (intro_ticks, end_ticks), TRIO)
    output = samples(sound)
    assert loop.samples == sample_at(TEMPO, end_ticks) - sample_at(TEMPO, intro_ticks)
    assert loop.start + loop.samples == len(output)
    np.testing.assert_array_equal(output, samples(sound))
    in_loop = notes[notes.onset_ticks >= intro_ticks]
    start = sample_at(TEMPO, intro_ticks)
    once = played(small, in_loop)[start:]
    folded = np.zeros((loop.samples, 2))
    for at in range(0, len(once), loop.samples):
        part = once[at : at + loop.samples]
        folded[: len(part)] += part
    np.testing.assert_allclose(output[loop.start :], folded, atol=2e-6)
    steps = np.abs(np.diff(output, axis=0)).max()
    assert np.abs(output[loop.start] - output[-1]).max() <= steps
    if intro_ticks:
        assert np.abs(output[loop.start] - output[loop.start - 1]).max() <= steps


def test_a_key_struck_again_is_released_first(small):
    twice = Notes.of([0, 12], [48, 12], [69, 69])
    sound = played(small, twice)
    once = played(small, Notes.of([0, 12], [12, 12], [69, 69]))
    np.testing.assert_array_equal(sound[: len(once)], once[: len(sound)])


def test_an_ended_reader_frees_its_synthesizer(small, monkeypatch):
    closed = []
    close = fluidsynth.Synthesizer.close
    monkeypatch.setattr(
        "music.audio.fluidsynth.Synthesizer.close", lambda one: (closed.append(one), close(one))
    )
    blocks = iter(small.play(trio(), TEMPO, None, TRIO).blocks)
    next(blocks)
    blocks.close()
    assert len(closed) == 1


def test_a_missing_fluidsynth_is_named(monkeypatch):
    fluidsynth._library.cache_clear()
    monkeypatch.setattr("music.audio.fluidsynth._NAMES", ("libmissing.so.3",))
    monkeypatch.setattr("music.audio.fluidsynth.find_library", lambda _: None)
    with pytest.raises(SoundfontError, match=r"FluidSynth 2 is not installed.*make sound"):
        fluidsynth.version()
    monkeypatch.undo()
    assert fluidsynth.version().startswith("2.")


def test_a_band_by_general_midi_is_at_the_target(full):
    notes = join([NOTES.shifted(n * NOTES.end_ticks) for n in range(4)])
    sound = full.play(notes, TEMPO, plain(notes), LINE_UP)
    output = Mastering.of(sound).applied_to(sound)
    measured = measure(output)
    assert integrated_lufs(measured.power) == pytest.approx(TARGET_LUFS, abs=0.5)
    assert 20 * np.log10(measured.peak.max()) <= HIGHEST_PEAK_DBTP
    # FluidSynth's filters depend slightly on what a voice played before.
    whole = samples(sound)[: 5 * SAMPLE_RATE_HZ]
    parts = [notes[notes.role == role] for role in LINE_UP.roles]
    together = sum(played(full, part, LINE_UP)[: len(whole)] for part in parts)
    assert np.sqrt(np.mean((together - whole) ** 2)) < 0.01 * np.sqrt(np.mean(whole**2))


@pytest.mark.usefixtures("small")
def test_another_process_renders_the_same_samples(tmp_path):
    program = (
        "import sys, hashlib, numpy as np; from pathlib import Path;"
        "from tests.music.audio.test_soundfont import Soundfont, played, trio;"
        "print(hashlib.sha256(played(Soundfont(Path(sys.argv[1])), trio()).tobytes()).hexdigest())"
    )
    hashes = {
        subprocess.run(
            [sys.executable, "-c", program, tmp_path / "small.sf2"],
            check=True,
            capture_output=True,
            text=True,
        ).stdout
        for _ in range(2)
    }
    assert len(hashes) == 1
