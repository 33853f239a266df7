"""Notes for tests."""

from hypothesis import strategies as st

from music.notes import Notes, on_grid

raw_notes = st.lists(
    st.tuples(
        st.floats(0, 64, allow_nan=False),
        st.floats(0, 8, allow_nan=False),
        st.integers(0, 127),
    ),
    max_size=40,
)


def gridded(raw) -> Notes:
    onset, duration, pitch = zip(*raw, strict=True) if raw else ((), (), ())
    return on_grid(onset, duration, pitch)
