from concurrent.futures import ThreadPoolExecutor

import grpc
import pytest
from tensorflow_serving.apis import (
    get_model_status_pb2,
    model_management_pb2,
    model_service_pb2_grpc,
)

from tests.serving.support import save, serve, until


def test_the_status_of_an_available_version(affine):
    (status,) = affine.status()
    assert (status.version, status.state) == (1, status.AVAILABLE)
    assert (status.status.error_code, status.status.error_message) == (0, "")
    assert affine.status(version=1) == [status]


@pytest.mark.parametrize(
    ("name", "version", "code", "opening"),
    [
        ("other", None, grpc.StatusCode.NOT_FOUND, "Could not find any versions of model other"),
        ("affine", 7, grpc.StatusCode.NOT_FOUND, "Could not find version 7 of model affine"),
        ("", None, grpc.StatusCode.INVALID_ARGUMENT, "ModelSpec has no name specified."),
    ],
)
def test_the_status_of_an_unknown_model(affine, name, version, code, opening):
    with pytest.raises(grpc.RpcError) as raised:
        affine.status(name, version)
    assert raised.value.code() is code
    assert raised.value.details().startswith(opening)


def test_a_status_request_names_a_model(affine):
    stub = model_service_pb2_grpc.ModelServiceStub(affine.channel)
    with pytest.raises(grpc.RpcError, match="Missing ModelSpec"):
        stub.GetModelStatus(get_model_status_pb2.GetModelStatusRequest())


def test_reloading_adds_and_removes_models(bundles, tmp_path):
    save(tmp_path / "other", 4, factor=10.0)
    with serve(model_name="affine", model_base_path=str(bundles / "affine")) as client:
        assert client.y() == [3.0]
        response = client.reload(affine=bundles / "affine", other=tmp_path / "other")
        assert response.status.error_code == 0
        assert (client.y(name="affine"), client.y(name="other")) == ([3.0], [11.0])
        client.reload(other=tmp_path / "other")
        assert client.y(name="other") == [11.0]
        with pytest.raises(
            grpc.RpcError, match=r"Servable not found for request: Latest\(affine\)"
        ):
            client.y(name="affine")
        until(lambda: client.states("affine") == {1: "END"}, "affine is unloaded")


def test_reloading_says_which_new_model_did_not_load(bundles, tmp_path):
    (tmp_path / "broken" / "1").mkdir(parents=True)
    flags = {"model_name": "affine", "model_base_path": str(bundles / "affine")}
    with serve(**flags, max_num_load_retries=0) as client:
        with pytest.raises(grpc.RpcError) as raised:
            client.reload(affine=bundles / "affine", broken=tmp_path / "broken")
        assert raised.value.code() is grpc.StatusCode.UNKNOWN
        assert raised.value.details() == (
            "1 model(s) did not become available: {{{name: broken version: 1} due to error: "
            "NOT_FOUND: Could not find SavedModel .pb or .pbtxt at supplied export directory path: "
            f"{tmp_path}/broken/1.}}, }}"
        )
        assert client.y() == [3.0]


def test_reloading_waits_until_a_new_model_has_a_version(bundles, tmp_path):
    (tmp_path / "later").mkdir()
    with serve(model_name="affine", model_base_path=str(bundles / "affine")) as client:
        with ThreadPoolExecutor() as pool:
            reloading = pool.submit(client.reload, later=tmp_path / "later")
            until(lambda: client.states("affine") == {1: "END"}, "the new configuration is applied")
            assert not reloading.done()
            save(tmp_path / "later", 1)
            assert reloading.result().status.error_code == 0
        assert client.y(name="later") == [3.0]


@pytest.mark.parametrize(
    ("config", "opening"),
    [
        ({}, "ServerModelConfig type not supported by HandleReloadConfigRequest"),
        (
            {"model_config_list": {"config": [{"name": "a", "base_path": "a"}]}},
            "Expected model a to have an absolute path or URI; got base_path()=a",
        ),
        (
            {"model_config_list": {"config": [{"name": "a", "base_path": "/a"}]}},
            "Illegal setting neither ModelServerConfig::model_type",
        ),
    ],
)
def test_a_configuration_that_cannot_be_served_changes_nothing(affine, config, opening):
    stub = model_service_pb2_grpc.ModelServiceStub(affine.channel)
    with pytest.raises(grpc.RpcError) as raised:
        stub.HandleReloadConfigRequest(model_management_pb2.ReloadConfigRequest(config=config))
    assert raised.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert raised.value.details().startswith(opening)
    assert affine.y() == [3.0]
