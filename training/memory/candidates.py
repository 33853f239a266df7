"""Which candidates there are, and in what numbers they and the place in the bar are written."""

import numpy as np
from numpy.typing import NDArray

HISTORY_NOTES = 1024  # that candidates are looked for in: the last ones
BARS_BACK = (1, 2, 4, 8)
MATCH, TRANSPOSED = 0, 1 + len(BARS_BACK)
CANDIDATES = 2 + len(BARS_BACK)  # the match, those some bars back, the transposed match

LONGEST_RUN = HISTORY_NOTES - 1
FEWEST_TRANSPOSED_NOTES = 2  # one interval alone equals too many others
MOST_HALF_TURNS = 7
_RUN_BUCKETS = 24
_HALF_TURN_BUCKETS = MOST_HALF_TURNS + 1
RECENT_PREDICTIONS = 8  # by whose success a candidate some bars back is judged

MATCH_EVIDENCE = _RUN_BUCKETS * _HALF_TURN_BUCKETS
BARS_BACK_EVIDENCE = 2 + RECENT_PREDICTIONS
EVIDENCE_SIZES = (MATCH_EVIDENCE, *(BARS_BACK_EVIDENCE for _ in BARS_BACK), MATCH_EVIDENCE)
"""How many values the evidence of each candidate has; 0 is no candidate."""

PLACES = 192  # of a bar, in ticks; later places and longer bars count as the last
KEY_HALF_LIVES_TICKS = (48.0, 384.0)  # one bar and eight bars of 4/4
KEY_WEIGHTS = 12 * len(KEY_HALF_LIVES_TICKS)
KEY_WEIGHTS_SUM = 3.0  # of each half-life's: so that inputs are as large as embeddings
KEY_WEIGHTS_EXACT = 1 << 10  # read as multiples of its inverse, so that products are exact
MOST_KEY_TICKS = 48  # a note weighs as long as it lasts, up to this


def run_buckets() -> NDArray[np.int32]:
    """Return the bucket of every run length, 0 to `LONGEST_RUN`: itself up to 12, then coarser."""
    runs = np.arange(LONGEST_RUN + 1)
    coarse = 12 + np.ceil(np.log2(np.maximum(runs, 12) / 12) * 3)
    return np.minimum(np.where(runs <= 12, runs, coarse), _RUN_BUCKETS - 1).astype(np.int32)


def match_evidence(run: NDArray[np.int32], period: NDArray[np.int32]) -> NDArray[np.int32]:
    """Write how long a match is, and how often it has turned in a circle, as one number.

    Args:
        run: int32[N], the notes that are equal; 0 where there is no match.
        period: int32[N], how many notes ago the equal run ended.

    Returns:
        int32[N], below `MATCH_EVIDENCE`; 0 where there is no match.
    """
    half_turns = np.minimum(2 * run // np.maximum(period, 1), MOST_HALF_TURNS)
    bucket = run_buckets()[np.minimum(run, LONGEST_RUN)]
    evidence: NDArray[np.int32] = (bucket * _HALF_TURN_BUCKETS + half_turns).astype(np.int32)
    return evidence
