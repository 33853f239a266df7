import pytest
from hypothesis import given
from hypothesis import strategies as st

from serving.core.version_policy import (
    All,
    Latest,
    Load,
    Specific,
    State,
    Unload,
    VersionSnapshot,
    aspired_versions,
    next_action,
)

START, AVAILABLE, UNLOADING, END = State.START, State.AVAILABLE, State.UNLOADING, State.END


@pytest.mark.parametrize(
    ("policy", "aspired"),
    [
        (Latest(), {12}),
        (Latest(2), {3, 12}),
        (Latest(9), {1, 3, 12}),
        (Specific(frozenset({1, 4})), {1}),
        (All(), {1, 3, 12}),
    ],
)
def test_a_policy_chooses_among_the_versions_that_are_there(policy, aspired):
    assert aspired_versions(policy, {1, 3, 12}) == aspired


@pytest.mark.parametrize(
    ("versions", "action"),
    [
        pytest.param([], None, id="nothing is there"),
        pytest.param([(1, True, START)], Load(1), id="the first version is loaded"),
        pytest.param([(1, True, AVAILABLE)], None, id="all is well"),
        pytest.param(
            [(1, False, AVAILABLE), (2, True, START)],
            Load(2),
            id="the new comes before the old goes",
        ),
        pytest.param(
            [(1, False, AVAILABLE), (2, True, AVAILABLE)],
            Unload(1),
            id="the old goes once replaced",
        ),
        pytest.param(
            [(1, False, AVAILABLE), (2, True, END)], None, id="a failed version replaces nothing"
        ),
        pytest.param([(1, False, AVAILABLE)], Unload(1), id="nothing is wanted any more"),
        pytest.param([(1, False, UNLOADING)], None, id="what is unloading is left alone"),
        pytest.param([(1, False, START)], None, id="what is no longer wanted is not loaded"),
        pytest.param(
            [(1, False, AVAILABLE), (2, False, AVAILABLE), (3, True, END)],
            Unload(1),
            id="one old version is enough to stay available",
        ),
        pytest.param([(1, True, START), (2, True, START)], Load(2), id="the largest comes first"),
    ],
)
def test_the_next_action(versions, action):
    assert next_action([VersionSnapshot(*each) for each in versions]) == action


@given(
    st.lists(
        st.builds(
            VersionSnapshot,
            st.integers(0, 9),
            st.booleans(),
            st.sampled_from([START, AVAILABLE, END]),
        ),
        unique_by=lambda each: each.version,
    ),
    st.data(),
)
def test_with_any_failures_an_aspired_model_stays_available_and_the_actions_end(snapshots, data):
    known = {each.version: each for each in snapshots}
    was_available = any(each.state is AVAILABLE for each in snapshots)
    wanted = any(each.is_aspired for each in snapshots)
    for _ in range(2 * len(snapshots)):
        action = next_action(list(known.values()))
        if action is None:
            break
        outcome = END
        if isinstance(action, Load) and data.draw(st.booleans(), label="loads"):
            outcome = AVAILABLE
        old = known[action.version]
        known[action.version] = VersionSnapshot(old.version, old.is_aspired, outcome)
        if was_available and wanted:
            assert any(each.state is AVAILABLE for each in known.values())
    assert next_action(list(known.values())) is None
