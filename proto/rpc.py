"""The calls that a model server answers."""

from collections.abc import Callable
from typing import Any

import grpc

from proto.model_server_pb2 import (
    GetModelStatusRequest,
    GetModelStatusResponse,
    PredictRequest,
    PredictResponse,
)

PREDICTION_SERVICE = "tensorflow.serving.PredictionService"
MODEL_SERVICE = "tensorflow.serving.ModelService"
PREDICT = f"/{PREDICTION_SERVICE}/Predict"
GET_MODEL_STATUS = f"/{MODEL_SERVICE}/GetModelStatus"


class ModelServerStub:
    """Both calls, over one channel; safe to share among threads.

    Attributes:
        predict: Takes a `PredictRequest`, `timeout=` in seconds and `metadata=`, pairs of names and
            values; gives a `PredictResponse`.
        get_model_status: The same for `GetModelStatusRequest` and `GetModelStatusResponse`.
    """

    predict: Callable[..., PredictResponse]
    get_model_status: Callable[..., GetModelStatusResponse]

    def __init__(self, channel: grpc.Channel) -> None:
        """Bind the calls to a channel, which stays its maker's to close."""
        self.predict = _bind(channel, PREDICT, PredictRequest, PredictResponse)
        self.get_model_status = _bind(
            channel, GET_MODEL_STATUS, GetModelStatusRequest, GetModelStatusResponse
        )


def _bind(channel: grpc.Channel, path: str, request: Any, response: Any) -> Any:
    return channel.unary_unary(
        path,
        request_serializer=request.SerializeToString,
        response_deserializer=response.FromString,
    )
