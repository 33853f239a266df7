"""What `make train` does after it has published a version."""

from pathlib import Path

import pytest

from training.__main__ import _tidy
from training.publishing import promote, publish
from training.settings import Settings


@pytest.mark.parametrize(
    ("promoted", "said"),
    [
        (None, "bach: removed old versions (1, 2); KEEP_VERSIONS is 2\n"),
        (
            1,
            (
                "bach: removed old versions (2); KEEP_VERSIONS is 2\n"
                "bach: version 1 continues to compose, since it was promoted; "
                "make promote GAME=bach promotes version 4\n"
            ),
        ),
    ],
)
def test_old_versions_go_and_the_promoted_one_stays_and_is_named(tmp_path, capsys, promoted, said):
    publish(tmp_path, "bach", Path.mkdir)
    if promoted:
        promote(tmp_path, "bach", promoted)
    for _ in range(3):
        newest = publish(tmp_path, "bach", Path.mkdir)
    _tidy("bach", newest, Settings.of({"MODELS_DIR": str(tmp_path), "KEEP_VERSIONS": "2"}))
    assert capsys.readouterr().out == said
