"""Files are written completely or not at all."""

import pytest

from training.errors import WritingError
from training.writing import stream_whole, write_whole


def test_a_file_is_written_with_its_folders(tmp_path):
    write_whole(tmp_path / "a" / "b.json", b"{}")
    assert (tmp_path / "a" / "b.json").read_bytes() == b"{}"


def test_a_failed_write_keeps_the_old_file_and_leaves_no_other(tmp_path):
    path = tmp_path / "b.json"
    path.write_bytes(b"old")

    def write(file):
        file.write(b"new")
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        stream_whole(path, write)
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_write_error_names_the_file_and_the_reason(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(WritingError, match=r"cannot write .*/file/b\.json: "):
        write_whole(tmp_path / "file" / "b.json", b"{}")
