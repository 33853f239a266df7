import os
from pathlib import Path

import pytest

import serving
from serving.batching.parameters import BatchingParameters, read
from serving.errors import ConfigurationError


def parameters_file(folder: Path, text: str) -> Path:
    path = folder / "batching_parameters.txt"
    path.write_text(text, encoding="utf-8")
    return path


def test_the_defaults_are_those_of_tensorflow_serving(tmp_path):
    assert read(parameters_file(tmp_path, "")) == BatchingParameters(
        max_batch_size=1000,
        batch_timeout_micros=0,
        max_enqueued_batches=10,
        num_batch_threads=os.cpu_count() or 1,
        thread_pool_name="batch_threads",
        allowed_batch_sizes=(),
        pad_variable_length_inputs=False,
    )


@pytest.mark.parametrize(
    ("text", "field", "value"),
    [
        ("max_batch_size { value: 128 }", "max_batch_size", 128),
        ("max_batch_size: { value: 128 }  # as wide as it gets", "max_batch_size", 128),
        ("batch_timeout_micros { value: 500 }", "batch_timeout_micros", 500),
        ("max_enqueued_batches { value: 4 }", "max_enqueued_batches", 4),
        ("max_enqueued_batches { value: 0 }", "max_enqueued_batches", 0),
        ("num_batch_threads { value: 2 }", "num_batch_threads", 2),
        ('thread_pool_name { value: "batches" }', "thread_pool_name", "batches"),
        (
            "max_batch_size { value: 8 } allowed_batch_sizes: 2 allowed_batch_sizes: 8",
            "allowed_batch_sizes",
            (2, 8),
        ),
        ("allowed_batch_sizes: [1, 1000]", "allowed_batch_sizes", (1, 1000)),
        ("pad_variable_length_inputs: true", "pad_variable_length_inputs", True),
        ("pad_variable_length_inputs: false", "pad_variable_length_inputs", False),
    ],
)
def test_a_field_is_read_as_it_is_written(tmp_path, text, field, value):
    assert getattr(read(parameters_file(tmp_path, text)), field) == value


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("max_batchsize { value: 8 }", 'has no field named "max_batchsize"'),
        ("max_batch_size: 8", 'Expected "{"'),
        ("max_batch_size { value: many }", "Couldn't parse integer: many"),
        ("enable_large_batch_splitting { value: true }", 'named "enable_large_batch_splitting"'),
        ("max_batch_size { value: 0 }", "max_batch_size must be positive; was 0"),
        ("num_batch_threads { value: 0 }", "num_batch_threads must be positive; was 0"),
        (
            "batch_timeout_micros { value: -1 }",
            "batch_timeout_micros must be non-negative; was -1",
        ),
        (
            "max_enqueued_batches { value: -1 }",
            "max_enqueued_batches must be non-negative; was -1",
        ),
        (
            "max_batch_size { value: 8 } allowed_batch_sizes: 4",
            "Last entry in allowed_batch_sizes must match max_batch_size; last entry was 4; expect",
        ),
        ("allowed_batch_sizes: 4", "last entry was 4; expected 1000"),
        (
            "max_batch_size { value: 8 } allowed_batch_sizes: [4, 2, 8]",
            "allowed_batch_sizes entries must be monotonically increasing; were [4, 2, 8]",
        ),
    ],
)
def test_a_file_that_makes_no_batches_is_refused(tmp_path, text, message):
    with pytest.raises(ConfigurationError) as raised:
        read(parameters_file(tmp_path, text))
    assert message in str(raised.value)


def test_a_file_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(ConfigurationError, match=r"^.*/missing\.txt; No such file or directory$"):
        read(tmp_path / "missing.txt")


def test_a_batch_is_filled_up_to_the_next_size_that_is_allowed():
    some = BatchingParameters(max_batch_size=8, allowed_batch_sizes=(1, 4, 8))
    assert [some.filled_up(rows) for rows in range(1, 9)] == [1, 4, 4, 4, 8, 8, 8, 8]
    every = BatchingParameters(max_batch_size=8)
    assert [every.filled_up(rows) for rows in range(1, 9)] == [1, 2, 3, 4, 5, 6, 7, 8]


def test_our_own_file_pads_has_room_for_128_callers_and_does_not_wait():
    ours = read(Path(serving.__file__).with_name("batching_parameters.txt"))
    assert ours.pad_variable_length_inputs
    assert ours.batch_timeout_micros == 0
    assert ours.max_batch_size * (ours.num_batch_threads + ours.max_enqueued_batches) > 128
