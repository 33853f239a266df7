"""The model card: every source with its licence, every author whose licence requires the name."""

from datetime import date
from pathlib import Path

import keras

from tests.training.base.conftest import SONGS, midi, source, write
from tests.training.conftest import TINY
from training.base.card import card
from training.base.kinds import PIANO
from training.base.music import MusicFinder
from training.corpus.corpus import read_corpus
from training.fetching.repositories.sources import Credit
from training.fitting.fit import Fitted
from training.fitting.history import Epoch, History

EXPECTED = Path(__file__).with_name("card.md")
DANCES = {
    "Trad__O1__dance.1__dance.1_0.mid": midi(40),
    "Trad__O1__dance.2__dance.2_0.mid": midi(41),
    "Bach__prelude__prelude_0.mid": midi(42),
    "Copy__copy__copy_0.mid": midi(42) + b"\0",  # the same notes once more: set aside
}
CREDITS = (
    Credit("Eve", "CC-BY-2.5", pieces=("Trad__*",)),
    Credit("Carl", "CC-BY-4.0", "https://carl.example", pieces=("Copy__*",)),
    Credit("the others", "public domain"),
)
GAME = {"level 1.mid": midi(50)}
NOTICE = "Copyright © 2001\nThe makers of the game.  All rights reserved."


def test_the_card_is_as_expected(tmp_path):
    write(tmp_path / "songs", SONGS)
    write(tmp_path / "dances", DANCES)
    write(tmp_path / "game", GAME)
    bsd = (Credit("the makers of the game", "BSD-3-Clause", "https://game.example"),)
    sources = [
        source(),
        source("dances", DANCES, weight=2.5, credits=CREDITS, statement="each file"),
        source("game", GAME, weight=0.5, credits=bsd, notice=NOTICE, statement="COPYING"),
        source("elsewhere", {"x.mid": midi(30)}),
    ]
    music = MusicFinder(tmp_path, say=lambda _: None).find(sources)
    corpus = read_corpus(music.collection, tmp_path / "cache")
    history = History("", (Epoch(2.0, 1.5, 100.0), Epoch(1.25, 1.0, 80.0)))
    fitted = Fitted(keras.Model(), history, 2.125, interrupted=False)
    text = card(PIANO, music, corpus, TINY, fitted, date(2026, 1, 2))
    assert text == EXPECTED.read_text(encoding="utf-8")
