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


def compiled_pytorch(*settings):
    pytest.importorskip("torch", reason="PyTorch is not installed (make bench PEERS=1)")
    from benchmarks.peers.pytorch import CompiledPyTorch, can_compile  # noqa: PLC0415

    if not can_compile():
        pytest.skip("there is no C++ compiler")
    return CompiledPyTorch(*settings)


@pytest.fixture(params=[onnx_runtime, pytorch])
def library(request):
    """Build a peer from a network's weights, kind of weights, threads, temperature and top-p."""
    return request.param


@pytest.fixture
def compiled_library():
    """The same with PyTorch's compiler, which takes seconds."""
    return compiled_pytorch


@pytest.fixture(params=[FLOAT32, INT8])
def peer_weights(request):
    return request.param
