"""A tensor of another shape than its signature declares: the graph decides."""

import grpc
import pytest
import tensorflow as tf

from tests.serving.support import serve


class Line(tf.Module):
    """y = x/2 + 2, row by row, and a product that only fits vectors of two numbers."""

    def __init__(self) -> None:
        super().__init__()
        self.slope, self.offset = tf.Variable(0.5), tf.Variable(2.0)

    @tf.function(input_signature=[tf.TensorSpec([None, 1], tf.float32, "x")])
    def line(self, x):
        return {"y": self.slope * x + self.offset}

    @tf.function(input_signature=[tf.TensorSpec([None, 2], tf.float32, "x")])
    def product(self, x):
        return {"y": tf.linalg.matmul(x, tf.constant([[1.0], [1.0]]))}


def save_with_functions(path) -> None:
    module = Line()
    signatures = {"serving_default": module.line, "product": module.product}
    tf.saved_model.save(module, str(path), signatures=signatures)


def save_with_a_graph_alone(path) -> None:
    """As TensorFlow 1 did, and as the models are with which TensorFlow Serving is tested."""
    with tf.Graph().as_default(), tf.compat.v1.Session() as session:
        x = tf.compat.v1.placeholder(tf.float32, [None, 1], "x")
        slope = tf.compat.v1.get_variable("slope", initializer=0.5)
        y = tf.add(slope * x, 2.0, "y")
        session.run(tf.compat.v1.global_variables_initializer())
        tf.compat.v1.saved_model.simple_save(session, str(path), {"x": x}, {"y": y})


@pytest.fixture(scope="module", params=[save_with_functions, save_with_a_graph_alone])
def line(request, tmp_path_factory):
    base_path = tmp_path_factory.mktemp("line")
    request.param(base_path / "00000123")
    with serve(model_name="line", model_base_path=str(base_path)) as client:
        yield client


@pytest.mark.parametrize(
    ("x", "shape", "y"),
    [
        ([[2.0]], [1, 1], [3.0]),
        ([2.0], [1], [3.0]),
        (2.0, [], [3.0]),
        ([[2.0, 4.0]], [1, 2], [3.0, 4.0]),
    ],
    ids=str,
)
def test_operations_that_take_any_shape_are_run(line, x, shape, y):
    response = line.predict(name="line", x=x)
    assert list(response.outputs["y"].float_val) == y
    assert [axis.size for axis in response.outputs["y"].tensor_shape.dim] == shape
    assert response.model_spec.version.value == 123


def test_an_operation_that_takes_no_such_shape_says_so(tmp_path):
    save_with_functions(tmp_path / "1")
    with serve(model_name="line", model_base_path=str(tmp_path)) as client:
        with pytest.raises(grpc.RpcError) as raised:
            client.predict(name="line", signature="product", x=[[1.0, 2.0, 3.0]])
        assert raised.value.code() is grpc.StatusCode.INVALID_ARGUMENT
        assert "Matrix size-incompatible" in raised.value.details()
        response = client.predict(name="line", signature="product", x=[[1.0, 2.0]])
        assert list(response.outputs["y"].float_val) == [3.0]
