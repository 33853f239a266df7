"""TensorFlow Serving's ModelService: GetModelStatus and HandleReloadConfigRequest.

Follows ``model_servers/get_model_status_impl.cc`` and ``model_service_impl.cc``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tensorflow_serving.apis import (
    get_model_status_pb2,
    model_management_pb2,
    model_service_pb2_grpc,
)

from serving.errors import ConfigurationError
from serving.services.rpc import servable_request, translate_errors

if TYPE_CHECKING:
    from serving.core.server_core import Core


class ModelService(model_service_pb2_grpc.ModelServiceServicer):  # type: ignore[misc]
    """Reports and changes the served models."""

    def __init__(self, core: Core) -> None:
        """Creates the service for the models of ``core``."""
        self._core = core

    @translate_errors
    def GetModelStatus(self, request: Any, _context: Any) -> Any:  # noqa: N802
        """Reports the state of a model's versions, largest first."""
        response = get_model_status_pb2.GetModelStatusResponse()
        for status in self._core.statuses(servable_request(request)):
            added = response.model_version_status.add(
                version=status.id.version, state=status.state.value
            )
            added.status.SetInParent()  # OK has only default values, so set it explicitly
            if status.error:
                added.status.error_code = status.error.code.value[0]
                added.status.error_message = str(status.error)
        return response

    @translate_errors
    def HandleReloadConfigRequest(self, request: Any, _context: Any) -> Any:  # noqa: N802
        """Serves the models of a new configuration, and no others."""
        if request.config.WhichOneof("config") != "model_config_list":
            raise ConfigurationError(
                "ServerModelConfig type not supported by HandleReloadConfigRequest. "
                "Only ModelConfigList is currently supported"
            )
        self._core.reload(request.config)
        response = model_management_pb2.ReloadConfigResponse()
        response.status.SetInParent()
        return response
