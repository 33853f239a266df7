"""Fixtures of the report's tests: a report of a small collection."""

from dataclasses import fields, replace

import numpy as np
import pytest

from music.notes import cleaned, join
from music.piece import Piece
from music.players.line_up import LineUp
from music.players.roles import DRUMS, role_of
from tests.training.conftest import TINY, scale
from training.fitting.history import Epoch
from training.report.assessment import SongsOfFold, assess
from training.report.metrics.ngrams import Baseline, Baselines
from training.report.result import NOT_FOR_BANDS, Fold, HeldOutBits, Material, Report, Sampling

FLUTE, STRINGS = role_of(9, 0), role_of(5, 0)


def of_band(piece: Piece, *roles: int) -> Piece:
    """Give a piece to some players in unison."""
    notes = join([replace(piece.notes, role=np.full_like(piece.notes.role, r)) for r in roles])
    return replace(piece, notes=cleaned(notes), line_up=LineUp.usual(roles))


def bits(default: float) -> HeldOutBits:
    return HeldOutBits(
        default=default,
        base=default + 0.5,
        scratch=default + 2,
        scratch_transposed=default + 1,
        unigram=default + 5,
        five_gram=default + 3,
        variable_order=default - 1,
        served_float32=default,
        served_int8=None,
    )


def fold(held_out: str, notes: int, default: float) -> Fold:
    return Fold(
        held_out=(held_out,),
        held_out_notes=notes,
        bits_per_note=bits(default),
        new_material=Material(notes // 4, bits(default + 3)),
        repeated_material=Material(notes - notes // 4, bits(default - 1)),
        baselines=Baselines(Baseline(default + 5, default + 6), Baseline(default + 4, default + 3)),
        default_epochs=(Epoch(2.5, 2.0, 3.0), Epoch(2.0, 1.8, 3.0)),
        scratch_epochs=(Epoch(3.5, 3.0, 3.0),),
        scratch_transposed_epochs=(Epoch(3.2, 2.9, 3.0),),
        song_seeds=(1,),
        duration_s=12.0,
    )


@pytest.fixture(scope="session")
def songs() -> list[Piece]:
    return [scale("Song 1", 61, notes=30), scale("Song 2", 50, notes=25)]


@pytest.fixture(scope="session")
def songs_of_folds(pieces, songs) -> list[SongsOfFold]:
    return [
        SongsOfFold((songs[0],), tuple(pieces[2:]), tuple(pieces[:2])),
        SongsOfFold((songs[1],), tuple(pieces[:2]), tuple(pieces[2:])),
    ]


@pytest.fixture(scope="session")
def report(pieces, songs_of_folds) -> Report:
    return Report(
        game="scales",
        title="Scales & <Arpeggios>",
        collection_notes=200,
        folds=(fold("scale 0", 40, 5.0), fold("scale 1", 120, 7.0)),
        assessment=assess(songs_of_folds, {"other_game": pieces[:2]}),
        sampling=Sampling(notes=30, temperature=1.0, top_k=0, top_p=0.95, seeds=(1, 2)),
        recipe=TINY.as_fields(),
        folds_seed=0,
        versions={"python": "3.11"},
        made_at="2026-01-01T00:00:00Z",
        duration_s=3723.0,
    )


@pytest.fixture(scope="session")
def band_songs(songs) -> list[Piece]:
    return [of_band(songs[0], FLUTE, DRUMS), of_band(songs[1], STRINGS, FLUTE)]


@pytest.fixture(scope="session")
def band_report(report, pieces, band_songs) -> Report:
    """The same report of a band, in which all pieces are duets."""
    duets = tuple(of_band(piece, STRINGS, FLUTE) for piece in pieces)
    songs_of_folds = [
        SongsOfFold((band_songs[0],), duets[2:], duets[:2]),
        SongsOfFold((band_songs[1],), duets[:2], duets[2:]),
    ]
    folds = tuple(
        replace(
            each,
            bits_per_note=_of_band(each.bits_per_note),
            new_material=_material_of_band(each.new_material),
            repeated_material=_material_of_band(each.repeated_material),
            scratch_epochs=(),
            scratch_transposed_epochs=(),
        )
        for each in report.folds
    )
    return replace(report, folds=folds, assessment=assess(songs_of_folds, {}, is_band=True))


def _of_band(found: HeldOutBits) -> HeldOutBits:
    left_out = {field.name for field in fields(HeldOutBits)} & NOT_FOR_BANDS.keys()
    return replace(found, **dict.fromkeys(left_out))


def _material_of_band(material: Material) -> Material:
    return replace(material, bits_per_note=_of_band(material.bits_per_note))
