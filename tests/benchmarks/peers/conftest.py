"""The peers; a test that needs one which is not installed is skipped."""

import pytest

from training.export.quantised_matmul import FLOAT32, INT8


def onnx_runtime(*settings):
    pytest.importorskip("onnx", reason="ONNX is not installed (make bench PEERS=1)")
    pytest.importorskip("onnxruntime", reason="ONNX Runtime is not installed (make bench PEERS=1)")
    from benchmarks.peers.onnx_runtime import OnnxRuntime  # noqa: PLC0415

    return OnnxRuntime(*settings)


def pytorch(*settings):
    pytest.importorskip("torch", reason="PyTorch is not installed (make bench PEERS=1)")
    from benchmarks.peers.pytorch import PyTorch  # noqa: PLC0415

    return PyTorch(*settings)


@pytest.fixture(params=[onnx_runtime, pytorch])
def library(request):
    """Build a peer from a network's weights, kind of weights, threads, temperature and top-p."""
    return request.param


@pytest.fixture(params=[FLOAT32, INT8])
def peer_weights(request):
    return request.param
