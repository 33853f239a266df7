"""TensorFlow Serving's PredictionService: Predict and GetModelMetadata.

Follows ``servables/tensorflow/predict_impl.cc`` and ``get_model_metadata_impl.cc``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tensorflow_serving.apis import get_model_metadata_pb2, prediction_service_pb2_grpc

from serving.errors import InvalidRequestError
from serving.services.rpc import servable_request, translate_errors

if TYPE_CHECKING:
    from serving.core.server_core import Core

SIGNATURE_DEF = "signature_def"


class PredictionService(prediction_service_pb2_grpc.PredictionServiceServicer):  # type: ignore[misc]
    """Implements Predict and GetModelMetadata; the other methods are UNIMPLEMENTED."""

    def __init__(self, core: Core) -> None:
        """Creates the service for the models of ``core``."""
        self._core = core

    @translate_errors
    def Predict(self, request: Any, context: Any) -> Any:  # noqa: N802
        """Runs a signature; see Servable.predict for the errors."""
        with self._core.borrow(servable_request(request)) as servable:
            return servable.predict(request, context.is_active)

    @translate_errors
    def GetModelMetadata(self, request: Any, _context: Any) -> Any:  # noqa: N802
        """Returns a version's signatures, the only supported kind of metadata."""
        wanted = servable_request(request)
        _check_fields(request.metadata_field)
        response = get_model_metadata_pb2.GetModelMetadataResponse()
        signatures = get_model_metadata_pb2.SignatureDefMap()
        with self._core.borrow(wanted) as servable:
            for name, definition in servable.definitions.items():
                signatures.signature_def[name].CopyFrom(definition)
            response.model_spec.name = servable.id.name
            response.model_spec.version.value = servable.id.version
        response.metadata[SIGNATURE_DEF].Pack(signatures)
        return response


def _check_fields(fields: list[str]) -> None:
    if not fields:
        raise InvalidRequestError(
            "GetModelMetadataRequest must specify at least one metadata_field; "
            f"supported: {SIGNATURE_DEF}."
        )
    for field in fields:
        if field != SIGNATURE_DEF:
            raise InvalidRequestError(
                f"Metadata field {field} is not supported; supported: {SIGNATURE_DEF}."
            )
