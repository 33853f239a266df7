"""Labels of versions, applied and refused as ``ServerCore::ReloadConfig`` does."""

import grpc
import pytest
from google.protobuf import text_format
from tensorflow_serving.apis import model_management_pb2, model_service_pb2_grpc

from serving.errors import ConfigurationError
from serving.flags import Flags
from serving.server import Server
from tests.serving.support import save, serve, until

NOT_AVAILABLE = (
    "Request to assign label to version {} of model affine, which is not currently available for "
    "inference"
)
STABLE = 'version_labels { key: "stable" value: 1 }'
CANARY = 'version_labels { key: "canary" value: %d }'


@pytest.fixture(scope="module")
def base_path(tmp_path_factory):
    """Three versions of a model, of which the answer to 1.0 is 2, 3 and 4."""
    root = tmp_path_factory.mktemp("labels") / "affine"
    for version in (1, 2, 3):
        save(root, version, factor=float(version))
    return root


def specific(*versions: int) -> str:
    listed = " ".join(f"versions: {version}" for version in versions)
    return f"model_version_policy {{ specific {{ {listed} }} }}"


def entry(base_path, *more: str, name: str = "affine", platform: str = "tensorflow") -> str:
    described = f'name: "{name}" base_path: "{base_path}" model_platform: "{platform}"'
    return f"config {{ {described} {' '.join(more)} }}"


def config(*entries: str) -> str:
    return f"model_config_list {{ {' '.join(entries)} }}"


def reload(client, text: str) -> None:
    request = model_management_pb2.ReloadConfigRequest()
    text_format.Parse(text, request.config)
    model_service_pb2_grpc.ModelServiceStub(client.channel).HandleReloadConfigRequest(
        request, timeout=30
    )


def assert_refused(client, text: str, code: grpc.StatusCode, opening: str) -> None:
    with pytest.raises(grpc.RpcError) as raised:
        reload(client, text)
    assert raised.value.code() is code
    assert raised.value.details().startswith(opening)


@pytest.fixture
def served(base_path, tmp_path):
    """A server of version 1, whose label is stable; with the flag that production has."""
    path = tmp_path / "models.config"
    path.write_text(config(entry(base_path, specific(1), STABLE)))
    with serve(
        model_config_file=str(path), allow_version_labels_for_unavailable_models=True
    ) as client:
        yield client


def test_a_request_may_name_a_label(base_path, served):
    reload(served, config(entry(base_path, specific(1, 2))))
    until(lambda: served.states() == {1: "AVAILABLE", 2: "AVAILABLE"}, "both are there")
    reload(served, config(entry(base_path, specific(1, 2), STABLE, CANARY % 2)))
    assert served.y(label="stable") == [2.0]
    assert served.y(label="canary") == [3.0]
    assert served.y(version=1) == [2.0]
    assert served.y() == [3.0]
    with pytest.raises(grpc.RpcError, match="Unrecognized servable version label: best") as raised:
        served.y(label="best")
    assert raised.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert "Labels of affine: canary, stable." in raised.value.details()


def test_a_label_may_not_be_moved_to_a_version_that_is_not_available(base_path, served):
    moved = config(
        entry(base_path, specific(1, 2), 'version_labels { key: "stable" value: 2 }'),
        entry(base_path, name="other"),
    )
    for _ in range(2):
        assert_refused(served, moved, grpc.StatusCode.FAILED_PRECONDITION, NOT_AVAILABLE.format(2))
    assert served.y(label="stable") == [2.0]
    assert served.states() == {1: "AVAILABLE"}
    assert served.states("other") == {}
    reload(served, config(entry(base_path, specific(1, 2), STABLE)))
    until(lambda: served.states().get(2) == "AVAILABLE", "the version is loaded")
    reload(served, moved)
    assert served.y(label="stable") == [3.0]
    assert served.y(name="other") == [4.0]


def test_a_label_that_is_not_in_use_may_name_a_version_that_is_not_available(base_path, served):
    reload(served, config(entry(base_path, specific(1, 3), STABLE, CANARY % 3)))
    until(lambda: served.states().get(3) == "AVAILABLE", "the version is loaded")
    assert served.y(label="canary") == [4.0]
    # In use, it may still name the same version when that is no longer available.
    reload(served, config(entry(base_path, specific(1), STABLE, CANARY % 3)))
    until(lambda: served.states()[3] == "END", "the version is unloaded")
    reload(served, config(entry(base_path, specific(1), STABLE, CANARY % 3)))
    with pytest.raises(grpc.RpcError, match=r"not found for request: Specific\(affine, 3\)"):
        served.y(label="canary")


def test_a_removed_label_may_be_used_again(base_path, served):
    reload(served, config(entry(base_path, specific(1))))
    with pytest.raises(grpc.RpcError, match="Labels of affine: none"):
        served.y(label="stable")
    reload(
        served,
        config(entry(base_path, specific(1, 2), 'version_labels { key: "stable" value: 2 }')),
    )
    until(lambda: served.states().get(2) == "AVAILABLE", "the version is loaded")
    assert served.y(label="stable") == [3.0]


def test_labels_are_updated_before_models_are(base_path, served):
    wrong_platform = config(
        entry(base_path, specific(1), STABLE, CANARY % 1),
        entry(base_path, name="other", platform="pytorch"),
    )
    assert_refused(
        served,
        wrong_platform,
        grpc.StatusCode.INVALID_ARGUMENT,
        "Model other requests unsupported platform pytorch",
    )
    assert served.y(label="canary") == [2.0]


def test_what_a_model_runs_on_is_checked_before_labels_are(base_path, served):
    assert_refused(
        served,
        config(entry(base_path, CANARY % 1, platform="pytorch")),
        grpc.StatusCode.INVALID_ARGUMENT,
        "Illegal to change a model's platform. For model affine platform was tensorflow and new",
    )
    with pytest.raises(grpc.RpcError, match="Unrecognized servable version label: canary"):
        served.y(label="canary")


def test_without_the_flag_no_label_may_name_a_version_that_is_not_available(base_path, tmp_path):
    path = tmp_path / "models.config"
    path.write_text(config(entry(base_path, specific(1), STABLE)))
    server = Server(Flags(port=0, model_config_file=str(path)))
    with pytest.raises(ConfigurationError) as raised:
        server.load()
    assert raised.value.status.startswith(f"FAILED_PRECONDITION: {NOT_AVAILABLE.format(1)}")
    server.stop()
    path.write_text(config(entry(base_path, specific(1))))
    with serve(model_config_file=str(path)) as client:
        reload(client, config(entry(base_path, specific(1), STABLE)))
        assert client.y(label="stable") == [2.0]
        both = config(entry(base_path, specific(1, 2), STABLE, CANARY % 2))
        assert_refused(client, both, grpc.StatusCode.FAILED_PRECONDITION, NOT_AVAILABLE.format(2))


def test_a_file_that_moves_a_label_with_a_new_version_is_refused_at_every_poll(
    base_path, tmp_path, caplog
):
    """The file of a game that was trained twice, when publishing still wrote labels into it."""
    path = tmp_path / "models.config"
    path.write_text(config(entry(base_path, specific(1), STABLE, CANARY % 1)))
    refusal = f"PollFilesystemAndReloadConfig failed to ReloadConfig: {NOT_AVAILABLE.format(2)}"
    with serve(
        model_config_file=str(path),
        model_config_file_poll_wait_seconds=1,
        allow_version_labels_for_unavailable_models=True,
    ) as client:
        path.write_text(config(entry(base_path, specific(1, 2), STABLE, CANARY % 2)))
        until(lambda: caplog.text.count(refusal) >= 2, "two polls have failed")
        assert client.states() == {1: "AVAILABLE"}
        assert client.y(label="canary") == client.y(label="stable") == [2.0]
        path.write_text(config(entry(base_path, specific(1, 2))))
        until(lambda: client.states().get(2) == "AVAILABLE", "a file without labels is applied")
        with pytest.raises(grpc.RpcError, match="Unrecognized servable version label: canary"):
            client.y(label="canary")


def test_an_empty_configuration_is_none_at_the_start_and_refused_later(base_path, tmp_path, caplog):
    caplog.set_level("INFO", "serving.core")
    path = tmp_path / "models.config"
    path.write_text("")
    with serve(model_config_file=str(path), model_config_file_poll_wait_seconds=1) as client:
        assert "Taking no action for empty config." in caplog.messages
        with pytest.raises(grpc.RpcError, match=r"Model labels does not init yet\.") as raised:
            client.y(label="stable")
        assert raised.value.code() is grpc.StatusCode.UNAVAILABLE
        path.write_text(config(entry(base_path, specific(1))))
        until(lambda: client.states() == {1: "AVAILABLE"}, "the first models are there")
        path.write_text("")
        until(lambda: "Cannot transition to requested config." in caplog.text, "it is refused")
        assert client.y() == [2.0]
