"""Ctrl-C and SIGTERM take effect between two steps, and only there."""

import signal

import pytest

from training.fitting.interruption import interruptible

SIGNALS = pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])


@SIGNALS
def test_it_is_put_off_until_the_next_check(number):
    steps = []
    with pytest.raises(KeyboardInterrupt), interruptible() as check:
        for step in range(5):
            check()
            if step == 2:
                signal.raise_signal(number)
            steps.append(step)
    assert steps == [0, 1, 2]


@SIGNALS
def test_a_second_one_ends_at_once(number):
    with pytest.raises(KeyboardInterrupt), interruptible():
        signal.raise_signal(signal.SIGTERM)
        signal.raise_signal(number)
        pytest.fail("the second one was put off too")


@SIGNALS
def test_the_previous_handler_is_restored(number):
    before = signal.getsignal(number)
    with interruptible() as check:
        check()
    assert signal.getsignal(number) is before
