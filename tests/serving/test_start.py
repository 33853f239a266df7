"""The end of the process if it cannot start, or gets a signal before it has started."""

import signal

import pytest

from tests.serving.processes import configure, model, started

pytestmark = pytest.mark.slow


def test_a_model_whose_only_version_is_broken_ends_the_process(tmp_path):
    broken = tmp_path / "broken"
    (broken / "1").mkdir(parents=True)
    with started(
        "--port=0", f"--model_base_path={broken}", "--load_retry_interval_micros=1"
    ) as process:
        output, log = process.communicate(timeout=60)
    assert process.returncode == 255
    assert output == (
        "Failed to start server. Error: UNKNOWN: 1 servable(s) did not become available: "
        "{{{name: default version: 1} due to error: NOT_FOUND: Could not find SavedModel .pb or "
        f".pbtxt at supplied export directory path: {broken}/1.}}, }}\n"
    )
    assert log.count("Retrying of Loading servable") == 5
    assert "Traceback" not in log


def test_a_process_that_waits_for_a_model_ends_at_once_on_ctrl_c(tmp_path):
    (tmp_path / "affine").mkdir()
    configure(tmp_path / "models.config", model("affine", tmp_path / "affine"))
    with started("--port=0", f"--model_config_file={tmp_path / 'models.config'}") as process:
        assert process.stderr is not None
        for line in process.stderr:
            if "No versions of servable affine found under base path" in line:
                break
        process.send_signal(signal.SIGINT)
        assert "Traceback" not in process.stderr.read()
    assert process.returncode == -signal.SIGINT
