import grpc
import pytest
import tensorflow as tf
from tensorflow_serving.apis import (
    classification_pb2,
    get_model_metadata_pb2,
    predict_pb2,
    prediction_service_pb2_grpc,
)

from tests.serving.support import predict_request

INVALID = grpc.StatusCode.INVALID_ARGUMENT
NOT_FOUND = grpc.StatusCode.NOT_FOUND
PRECONDITION = grpc.StatusCode.FAILED_PRECONDITION

PAIRS = [[1, 2], [3, 4]]


def test_a_response_has_typed_values_with_their_shape(affine):
    y = affine.predict(x=[1.0, 2.0]).outputs["y"]
    assert y.dtype == tf.float32.as_datatype_enum
    assert [axis.size for axis in y.tensor_shape.dim] == [2]
    assert list(y.float_val) == [3.0, 5.0]
    assert not y.tensor_content


def test_a_scalar_has_a_shape_too(affine):
    factor = affine.predict(x=[1.0]).outputs["factor"]
    assert factor.HasField("tensor_shape")
    assert not factor.tensor_shape.dim
    assert list(factor.float_val) == [2.0]


def test_integers_and_strings_are_typed_values_too(affine):
    outputs = affine.predict(signature="echo", a=PAIRS, b=[b"x", b"\xff"]).outputs
    assert list(outputs["a"].int_val) == [1, 2, 3, 4]
    assert list(outputs["b"].string_val) == [b"x", b"\xff"]


def test_a_response_has_its_version_and_signature(affine):
    spec = affine.predict(x=[1.0]).model_spec
    assert (spec.name, spec.version.value, spec.signature_name) == ("affine", 1, "serving_default")


def test_a_request_may_be_typed_or_packed(affine):
    packed = tf.make_tensor_proto([1.0, 2.0])
    typed = tf.make_tensor_proto([1.0, 2.0])
    typed.ClearField("tensor_content")
    typed.float_val[:] = [1.0, 2.0]
    assert packed.tensor_content
    assert affine.predict(x=packed).outputs == affine.predict(x=typed).outputs


def test_only_the_requested_outputs_are_returned(affine):
    assert set(affine.predict(x=[1.0], outputs=["y"]).outputs) == {"y"}
    assert set(affine.predict(x=[1.0]).outputs) == {"y", "factor"}


@pytest.mark.parametrize(
    ("request_", "code", "opening", "fitting"),
    [
        pytest.param(
            predict_pb2.PredictRequest(), INVALID, "Missing ModelSpec", "", id="no model spec"
        ),
        pytest.param(
            predict_request(name=""), INVALID, "ModelSpec has no name specified.", "", id="no name"
        ),
        pytest.param(
            predict_request(name="other"),
            NOT_FOUND,
            "Servable not found for request: Latest(other)",
            "Available: affine/1",
            id="unknown model",
        ),
        pytest.param(
            predict_request(version=3),
            NOT_FOUND,
            "Servable not found for request: Specific(affine, 3)",
            "Available: affine/1",
            id="unknown version",
        ),
        pytest.param(
            predict_request(label="stable"),
            INVALID,
            "Unrecognized servable version label: stable",
            "Labels of affine: none",
            id="unknown label",
        ),
        pytest.param(
            predict_request(signature="other"),
            PRECONDITION,
            'Serving signature key "other" not found.',
            "echo(a int32[?,2]; b string[?])",
            id="unknown signature",
        ),
        pytest.param(
            predict_request(signature="echo", a=PAIRS),
            INVALID,
            "input size does not match signature: 1!=2",
            "Missing but required: {b}. The signature is echo(a int32[?,2]; b string[?])",
            id="missing input",
        ),
        pytest.param(
            predict_request(x=[1.0], z=[1.0]),
            INVALID,
            "input size does not match signature: 2!=1",
            "Sent extra: {z}. Missing but required: {}. The signature is serving_default(x",
            id="excess input",
        ),
        pytest.param(
            predict_request(z=[1.0]),
            INVALID,
            "Signature input alias: x(feed name: ",
            "Sent extra: {z}. Missing but required: {x}.",
            id="misnamed input",
        ),
        pytest.param(
            predict_request(x=[1]),
            INVALID,
            "Expects arg[0] to be float but int32 is provided",
            "x float32[?]",
            id="wrong type",
        ),
        pytest.param(
            predict_request(x=[1.0], outputs=["z"]),
            INVALID,
            "output tensor alias not found in signature: z",
            "{factor,y}",
            id="unknown output",
        ),
        pytest.param(
            predict_request(x=[1.0], outputs=["y", "y"]),
            INVALID,
            "duplicate output tensor alias: y",
            "",
            id="output asked for twice",
        ),
        pytest.param(
            predict_request(signature="pick", row=[7], wait=0.0),
            INVALID,
            "indices[0] = 7 is not in [0, 3)",
            "",
            id="failing operation",
        ),
    ],
)
def test_an_invalid_request_is_refused_with_the_valid_inputs(
    affine, request_, code, opening, fitting
):
    with pytest.raises(grpc.RpcError) as raised:
        affine.predict(request_)
    assert raised.value.code() is code
    assert raised.value.details().startswith(opening)
    assert fitting in raised.value.details()
    assert "Traceback" not in raised.value.details()
    assert affine.y() == [3.0], "the server answers on"


def test_metadata_are_the_signatures_of_the_bundle(affine):
    response = affine.metadata()
    signatures = get_model_metadata_pb2.SignatureDefMap()
    assert response.metadata["signature_def"].Unpack(signatures)
    assert {"serving_default", "echo", "pick"} <= set(signatures.signature_def)
    x = signatures.signature_def["serving_default"].inputs["x"]
    assert (x.dtype, [axis.size for axis in x.tensor_shape.dim]) == (1, [-1])
    assert (response.model_spec.name, response.model_spec.version.value) == ("affine", 1)


@pytest.mark.parametrize(
    ("name", "fields", "code", "opening"),
    [
        ("affine", [], INVALID, "GetModelMetadataRequest must specify at least one metadata_field"),
        ("affine", ["weights"], INVALID, "Metadata field weights is not supported"),
        ("other", ["signature_def"], NOT_FOUND, "Servable not found for request: Latest(other)"),
    ],
)
def test_metadata_of_another_kind_or_model_are_refused(affine, name, fields, code, opening):
    with pytest.raises(grpc.RpcError) as raised:
        affine.metadata(name, fields)
    assert raised.value.code() is code
    assert raised.value.details().startswith(opening)


def test_calls_that_are_not_built_are_unimplemented(affine):
    stub = prediction_service_pb2_grpc.PredictionServiceStub(affine.channel)
    with pytest.raises(grpc.RpcError) as raised:
        stub.Classify(classification_pb2.ClassificationRequest())
    assert raised.value.code() is grpc.StatusCode.UNIMPLEMENTED
