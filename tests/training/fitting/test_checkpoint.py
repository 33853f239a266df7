"""A checkpoint belongs to one training at a time, also after it was removed."""

import pytest

from training.errors import CheckpointError
from training.fitting.checkpoint import locked_checkpoint


def refuses_another(folder) -> bool:
    with (
        pytest.raises(CheckpointError, match=r"another training is running in .*bach"),
        locked_checkpoint(folder),
    ):
        pytest.fail("two trainings share a checkpoint")
    return True


def test_a_checkpoint_that_is_locked_refuses_another_training(tmp_path):
    with locked_checkpoint(tmp_path / "bach"):
        assert refuses_another(tmp_path / "bach")
        with locked_checkpoint(tmp_path / "zelda"):
            pass
    with locked_checkpoint(tmp_path / "bach"):
        pass


def test_removing_a_checkpoint_does_not_unlock_it(tmp_path):
    with locked_checkpoint(tmp_path / "bach") as checkpoint:
        checkpoint.remove()
        assert not (tmp_path / "bach").exists()
        assert refuses_another(tmp_path / "bach")
