"""A bundle's description for tests."""

import tensorflow as tf

from music.description import Description, LearnedPiece, ModelCard, Opening, PieceForm
from music.form.plan import Section
from tests.training.conftest import CODEC, scale


def description() -> Description:
    piece = scale("a", 60)
    return Description(
        game="scales",
        title="Scales — up & down",
        codec=CODEC.name,
        vocabulary=CODEC.vocabulary,
        tempo_bpm=100.0,
        openings=(Opening("a", (42, 93), 100.0),),
        forms=(PieceForm("a", (Section("A", 8),)),),
        learned=(LearnedPiece("a", piece.notes),),
        quote_notes=6,
        card=ModelCard("tiny", 1, 40, 3.5, "2026-01-01T00:00:00+00:00", tf.__version__),
    )
