"""The codecs by their names."""

import pytest

from music.codec import CODECS, as_encoded, learn_codec, open_codec
from music.errors import CodecError
from music.notes import on_grid

PIECE = on_grid([0, 1, 1], [1, 2, 2], [63, 64, 67])


@pytest.mark.parametrize("name", CODECS)
def test_a_codec_opened_by_its_name_and_vocabulary_is_the_one_that_was_learned(name):
    learned = learn_codec(name, [PIECE])
    opened = open_codec(name, learned.vocabulary)
    assert opened.name == name
    assert as_encoded(opened, PIECE) == as_encoded(learned, PIECE)


def test_an_unknown_codec_lists_those_there_are():
    with pytest.raises(
        CodecError, match="codec 'remi' is unknown; it must be one of notetuple, bandtuple, notes"
    ):
        open_codec("remi", [["C4"]])
