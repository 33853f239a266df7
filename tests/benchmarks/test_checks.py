"""A benchmark fails if the compared songs differ."""

import numpy as np
import pytest

from benchmarks.checks import (
    SampledSong,
    check_same_file,
    check_same_likelihoods,
    check_same_logits,
    check_same_song,
)
from benchmarks.errors import DifferentLogitsError, DifferentSongsError


def song(way, *tokens):
    return SampledSong(way, np.array(tokens, np.int32))


def test_songs_of_different_lengths_are_compared_up_to_the_shorter():
    check_same_song([song("alone", 5, 6, 7), song("in a batch", 5, 6), song("by RPC", 5, 6, 7, 8)])


def test_songs_that_differ_are_reported_with_the_token():
    songs = [song("alone", 5, 6, 7), song("in chunks", 5, 6, 7), song("by RPC", 5, 6, 9, 9)]
    with pytest.raises(DifferentSongsError, match=r"alone and by RPC: from token 2 of 3 on"):
        check_same_song(songs)


def test_an_empty_song_cannot_be_compared():
    with pytest.raises(DifferentSongsError, match="no tokens to compare, alone and by RPC"):
        check_same_song([song("alone", 5), song("by RPC")])


def test_files_have_to_be_the_same_byte_for_byte():
    check_same_file("in process", b"MThd", b"MThd")
    with pytest.raises(DifferentSongsError, match="the song in process is not the song over HTTP"):
        check_same_file("in process", b"MThd", b"MTrk")


def test_probabilities_may_differ_only_by_rounding():
    keras = np.array([0.5, 0.3, 0.2], np.float32)
    check_same_likelihoods("by RPC", keras, np.array([0.49, 0.31, 0.2], np.float32))
    with pytest.raises(DifferentSongsError, match=r"by RPC .* 10\.0% of the probability"):
        check_same_likelihoods("by RPC", keras, np.array([0.4, 0.4, 0.2], np.float32))


def test_logits_may_differ_only_by_rounding():
    ours = np.zeros((2, 3, 4), np.float32)
    check_same_logits("a peer", ours, ours + np.float32(9e-5))
    with pytest.raises(DifferentLogitsError, match=r"a peer .* differs from ours by 0.0002"):
        check_same_logits("a peer", ours, ours - np.float32(2e-4))
    with pytest.raises(DifferentLogitsError):
        check_same_logits("a peer", ours, ours + np.float32("nan"))
