"""The kinds of candidates, and the encoding of candidates and of the position in the bar."""

import numpy as np
from numpy.typing import NDArray

HISTORY_NOTES = 1024  # the last notes, in which candidates are searched
BARS_BACK = (1, 2, 4, 8)
MATCH, TRANSPOSED = 0, 1 + len(BARS_BACK)
CANDIDATES = 2 + len(BARS_BACK)  # the match, the bars back, the transposed match

LONGEST_RUN = HISTORY_NOTES - 1
FEWEST_TRANSPOSED_NOTES = 2  # a single interval matches too many others
MOST_HALF_TURNS = 7
_RUN_BUCKETS = 24
_HALF_TURN_BUCKETS = MOST_HALF_TURNS + 1
RECENT_PREDICTIONS = 8  # the evidence of a candidate some bars back: how many of them were right

MATCH_EVIDENCE = _RUN_BUCKETS * _HALF_TURN_BUCKETS
BARS_BACK_EVIDENCE = 2 + RECENT_PREDICTIONS
EVIDENCE_SIZES = (MATCH_EVIDENCE, *(BARS_BACK_EVIDENCE for _ in BARS_BACK), MATCH_EVIDENCE)
"""The number of values of each candidate's evidence; 0 is no candidate."""

PLACES = 192  # positions in a bar, in ticks; later ones and longer bars count as the last
KEY_HALF_LIVES_TICKS = (48.0, 384.0)  # one bar and eight bars of 4/4
KEY_WEIGHTS = 12 * len(KEY_HALF_LIVES_TICKS)
KEY_WEIGHTS_SUM = 3.0  # the sum for each half-life, so that inputs are as large as embeddings
KEY_WEIGHTS_EXACT = 1 << 10  # weights are multiples of its inverse, so that products are exact
MOST_KEY_TICKS = 48  # a note's weight is its duration, up to this


def run_buckets() -> NDArray[np.int32]:
    """Return the bucket of every run length, 0 to `LONGEST_RUN`: exact up to 12, then coarser."""
    runs = np.arange(LONGEST_RUN + 1)
    coarse = 12 + np.ceil(np.log2(np.maximum(runs, 12) / 12) * 3)
    return np.minimum(np.where(runs <= 12, runs, coarse), _RUN_BUCKETS - 1).astype(np.int32)


def match_evidence(run: NDArray[np.int32], period: NDArray[np.int32]) -> NDArray[np.int32]:
    """Encode the length of a match, and how often it has repeated itself, as one number.

    Args:
        run: int32[N], the length of the match in notes; 0 for no match.
        period: int32[N], how many notes ago the equal run ended.

    Returns:
        int32[N], below `MATCH_EVIDENCE`; 0 for no match.
    """
    half_turns = np.minimum(2 * run // np.maximum(period, 1), MOST_HALF_TURNS)
    bucket = run_buckets()[np.minimum(run, LONGEST_RUN)]
    evidence: NDArray[np.int32] = (bucket * _HALF_TURN_BUCKETS + half_turns).astype(np.int32)
    return evidence
