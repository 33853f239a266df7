"""Reads the warm-up requests of a bundle.

Follows TensorFlow Serving's ``servables/tensorflow/saved_model_warmup_util.cc``.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import grpc
import tensorflow as tf
from google.protobuf.message import DecodeError
from tensorflow_serving.apis import prediction_log_pb2

from serving.errors import LoadError

if TYPE_CHECKING:
    from collections.abc import Iterator

REQUESTS_FILE = Path("assets.extra", "tf_serving_warmup_requests")
"""The path of the warm-up requests within a bundle: TFRecords of PredictionLog."""

MAX_RECORDS = 1000


def predict_requests(bundle: Path) -> Iterator[Any]:
    """Yields the bundle's warm-up PredictRequests, if it has any.

    Raises:
        LoadError: the file is not a TFRecord file, or has too many records or records that are not
            Predict logs.
    """
    path = bundle / REQUESTS_FILE
    if not path.exists():
        return
    try:
        for count, record in enumerate(tf.data.TFRecordDataset(str(path)).as_numpy_iterator()):
            if count == MAX_RECORDS:
                raise LoadError(
                    f"Number of warmup records exceeds the maximum ({MAX_RECORDS}) at {path}",
                    grpc.StatusCode.INVALID_ARGUMENT,
                )
            yield _request(record, path)
    except tf.errors.DataLossError as error:
        raise LoadError(
            f"{error.message}. Please verify your warmup data is in TFRecord format: {path}",
            grpc.StatusCode.DATA_LOSS,
        ) from error


def _request(record: bytes, path: Path) -> Any:
    try:
        log = prediction_log_pb2.PredictionLog.FromString(record)
    except DecodeError as error:
        raise LoadError(
            f"Failed to parse warmup record from {path}", grpc.StatusCode.INVALID_ARGUMENT
        ) from error
    if log.WhichOneof("log_type") != "predict_log":
        raise LoadError(
            f"Unsupported log_type for warmup: {log.WhichOneof('log_type')}; "
            f"{path} may hold predict_log only.",
            grpc.StatusCode.UNIMPLEMENTED,
        )
    return log.predict_log.request
