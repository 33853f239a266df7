import shutil

import grpc
import pytest

from tests.serving.support import calling, log_of, predict_request, save, serve, until


@pytest.fixture
def base_path(tmp_path):
    save(tmp_path / "affine", 1, factor=1.0)
    return tmp_path / "affine"


def break_version(base_path, version: int) -> None:
    (base_path / str(version)).mkdir()
    (base_path / str(version) / "saved_model.pb").write_bytes(b"not a saved model")


def serve_affine(base_path, **flags: int):
    return serve(model_name="affine", model_base_path=str(base_path), **flags)


def test_a_new_version_takes_over_without_a_call_failing(base_path):
    with serve_affine(base_path) as client:
        with calling(client) as answers:
            until(lambda: answers, "the old version answers")
            save(base_path, 2, factor=9.0)
            until(lambda: answers[-1] == 10.0, "the new version answers")
        assert set(answers) == {2.0, 10.0}
        until(lambda: client.states() == {2: "AVAILABLE", 1: "END"}, "the old version is gone")
        with pytest.raises(grpc.RpcError, match=r"Servable not found.*Specific\(affine, 1\)"):
            client.y(version=1)


def test_a_call_under_way_finishes_on_the_version_it_began_with(base_path):
    with serve_affine(base_path) as client:
        client.predict(signature="pick", row=[1], wait=0.0)
        under_way = client.begin(signature="pick", row=[1], wait=40000.0)
        assert client.y() == [2.0]  # calls are taken in order: the one before runs by now
        save(base_path, 2)
        until(lambda: client.states().get(2) == "AVAILABLE", "the new version is there")
        assert under_way.result().model_spec.version.value == 1
        until(lambda: client.states()[1] == "END", "the old version is gone")


def test_a_broken_version_replaces_no_good_one(base_path):
    with serve_affine(base_path, max_num_load_retries=0) as client, calling(client) as answers:
        until(lambda: answers, "the good version answers")
        break_version(base_path, 2)
        until(lambda: client.states() == {2: "END", 1: "AVAILABLE"}, "the broken one is reported")
        (status,) = client.status(version=2)
        assert status.status.error_message.startswith("Could not load the SavedModel at ")
        assert status.status.error_code == grpc.StatusCode.UNKNOWN.value[0]
        save(base_path, 3, factor=9.0)
        until(lambda: answers[-1] == 10.0, "a later good version takes over")


def test_a_version_whose_warm_up_fails_replaces_no_good_one(base_path):
    with serve_affine(base_path, max_num_load_retries=0) as client:
        save(base_path, 2, warmup=[log_of(predict_request(z=[1.0]))])
        until(lambda: client.states().get(2) == "END", "the version has failed")
        assert client.status(version=2)[0].status.error_message.startswith("A warm-up request")
        assert client.y() == [2.0]


def test_a_version_that_fails_is_loading_until_it_is_mended(base_path):
    with serve_affine(
        base_path, load_retry_interval_micros=10_000, max_num_load_retries=10**6
    ) as client:
        break_version(base_path, 2)
        until(lambda: client.states() == {2: "LOADING", 1: "AVAILABLE"}, "it is tried")
        assert client.y() == [2.0]
        shutil.copytree(base_path / "1", base_path / "2", dirs_exist_ok=True)
        until(lambda: client.states().get(2) == "AVAILABLE", "it is mended")
        assert client.predict(x=[1.0]).model_spec.version.value == 2


def test_a_version_is_tried_again_as_often_as_the_flag_says(base_path, caplog):
    caplog.set_level("INFO", "serving.core.manager")
    flags = {"load_retry_interval_micros": 1, "max_num_load_retries": 2}
    with serve_affine(base_path, **flags) as client:
        break_version(base_path, 2)
        until(lambda: client.states().get(2) == "END", "the version has failed")
        save(base_path, 3)
        until(lambda: client.states().get(3) == "AVAILABLE", "several polls have passed")
    failures = [
        text for text in caplog.messages if "Loading servable: {name: affine version: 2}" in text
    ]
    retries = [text.rpartition(" ")[2] for text in failures if "retry: " in text]
    assert retries == ["1", "2"]
    assert len(failures) == 3 + 2


def test_a_failed_version_is_loaded_again_when_it_is_restored(base_path, tmp_path):
    with serve_affine(base_path, max_num_load_retries=0) as client:
        break_version(base_path, 2)
        until(lambda: client.states().get(2) == "END", "the version has failed")
        (base_path / "2").rename(tmp_path / "withdrawn")
        save(base_path, 3, factor=9.0)
        until(lambda: client.states().get(3) == "AVAILABLE", "another version is there")
        (base_path / "3").rename(tmp_path / "withdrawn too")
        save(base_path, 2, factor=5.0)
        until(lambda: client.states().get(2) == "AVAILABLE", "the version is back")
        assert client.y() == [6.0]


def test_without_load_threads_a_version_that_fails_keeps_all_others_waiting(base_path, tmp_path):
    with serve_affine(base_path) as client:
        break_version(base_path, 2)
        until(lambda: client.states() == {2: "LOADING", 1: "AVAILABLE"}, "it waits for a retry")
        save(tmp_path / "other", 1)
        with pytest.raises(grpc.RpcError, match="Deadline"):
            client.reload(affine=base_path, other=tmp_path / "other", timeout_s=3)
        assert client.states("other") == {}
        assert client.y() == [2.0]


def test_with_load_threads_a_version_that_fails_keeps_no_other_waiting(base_path, tmp_path):
    with serve_affine(base_path, num_load_threads=2) as client:
        break_version(base_path, 2)
        until(lambda: client.states() == {2: "LOADING", 1: "AVAILABLE"}, "it waits for a retry")
        save(tmp_path / "other", 1)
        client.reload(affine=base_path, other=tmp_path / "other")
        assert client.y(name="other") == [3.0]


def test_a_version_withdrawn_while_it_fails_is_not_retried(base_path, tmp_path):
    flags = {"load_retry_interval_micros": 10_000, "max_num_load_retries": 10**6}
    with serve_affine(base_path, num_load_threads=1, **flags) as client:
        break_version(base_path, 2)
        until(lambda: client.states().get(2) == "LOADING", "it is tried")
        (base_path / "2").rename(tmp_path / "withdrawn")
        save(base_path, 3)
        until(lambda: client.states() == {3: "AVAILABLE", 2: "END", 1: "END"}, "it is given up")


def test_a_restored_version_is_served_again(base_path, tmp_path):
    with serve_affine(base_path) as client:
        save(base_path, 2, factor=9.0)
        until(lambda: client.states() == {2: "AVAILABLE", 1: "END"}, "the new version is there")
        (base_path / "2").rename(tmp_path / "withdrawn")
        until(lambda: client.states() == {2: "END", 1: "AVAILABLE"}, "the old one is back")
        assert client.y() == [2.0]


def test_a_removed_base_path_unloads_nothing(base_path, tmp_path):
    with serve_affine(base_path) as client:
        base_path.rename(tmp_path / "away")
        save(tmp_path / "other", 1)
        with pytest.raises(grpc.RpcError, match="Deadline"):
            client.reload(affine=base_path, other=tmp_path / "other", timeout_s=3)
        assert client.y(name="affine") == [2.0]
        (tmp_path / "away").rename(base_path)
        until(lambda: client.states("other") == {1: "AVAILABLE"}, "polls are back")
