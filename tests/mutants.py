"""Mutated MIDI files, and the cost of reading them.

`python -m tests.mutants 20000 ../shared/midi ../shared/bands` reads 20,000 mutants of 50 of the
files there as training reads pieces, and reports time and memory.
"""

import random
import re
import resource
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from training.corpus.cache import Reading, read_cached

HUGE = (b"\xff\xff\xff\xff", b"\x7f\xff\xff\xff", b"\x80\x00\x00\x00", b"\xff\xff\xff\x7f")
EVENTS = (
    b"\x00\xff\x51\x03\x00\x00\x01",  # a tempo of a microsecond per beat
    b"\x00\xff\x51\x00",
    b"\xff\xff\xff\x7f\x90\x3c\x40",
    b"\x00\xff\x58\x04\xff\xff\xff\xff",
    b"\x00\xff\x2f\x00",
    b"\x00\xf0\x8f\xff\x7f",
    b"\x00\xf7\x03abc",
    b"\x00\xc0\x05",
    b"\x00\xb0\x40\x7f",
    b"\x00\xb0\x00\x7f\x00\xc0\x05",
    b"MTrk\x00\x00\x00\x00",
)


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


def reordered(midi, _, dice):
    """As many notes as may be, which end in the order of their pitches."""
    keys = [n % 128 for n in range(dice.choice((200, 19_000)))]
    ons, offs = (bytes((1, key, 9)) for key in keys), (bytes((0, key, 0)) for key in sorted(keys))
    events = b"\0\x90\0\0" + b"".join((*ons, *offs))
    midi[8:] = b"\0\1\0\1\1\0MTrk" + len(events).to_bytes(4) + events


WAYS = [flipped] * 40 + [cut] * 15 + [spliced] * 20 + [lying] * 15 + [grown] * 20 + [reordered]


def mutants(files: Sequence[bytes], count: int, seed: int) -> Iterator[bytes]:
    """Mutate files, the same ones for the same seed."""
    dice = random.Random(seed)  # noqa: S311
    for _ in range(count):
        midi = bytearray(dice.choice(files))
        dice.choice(WAYS)(midi, dice.choice(files), dice)
        yield bytes(midi)


def read_as_training_does(midi: bytes, folder: Path) -> Reading:
    path = folder / "mutant.mid"
    path.write_bytes(midi)
    return read_cached(path, folder / "cache")


def main() -> None:
    count, *folders = sys.argv[1:]
    found = sorted(path for folder in folders for path in Path(folder).rglob("*.mid"))
    files = [path.read_bytes() for path in random.Random(1).sample(found, 50)]  # noqa: S311
    verdicts, durations_ms = Counter(), []
    with tempfile.TemporaryDirectory() as folder:
        for midi in mutants(files, int(count), seed=2):
            start_s = time.process_time()
            reading = read_as_training_does(midi, Path(folder))
            durations_ms.append(1000 * (time.process_time() - start_s))
            verdicts["read" if reading.piece else re.sub(r"\d+", "N", reading.reason)] += 1
    sys.stdout.write(
        f"{verdicts.most_common(12)}\n"
        f"median {statistics.median(durations_ms):.1f} ms, longest {max(durations_ms):.0f} ms, "
        f"memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB at most\n"
    )


if __name__ == "__main__":
    main()
