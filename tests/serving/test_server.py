import re
import signal
import socket
import sys
import threading

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc

from serving.errors import ConfigurationError, FlagError
from serving.flags import Flags
from serving.server import Server
from tests.serving.processes import configure, model, started
from tests.serving.support import Client, client_of, serve, until


def test_the_configuration_file_is_read_again(bundles, tmp_path):
    config = tmp_path / "models.config"
    configure(config, model("first", bundles / "affine"))
    with serve(model_config_file=str(config), model_config_file_poll_wait_seconds=1) as client:
        assert client.y(name="first") == [3.0]
        configure(config, model("second", bundles / "affine"))
        until(lambda: client.states("first") == {1: "END"}, "the first model is gone")
        until(lambda: client.states("second") == {1: "AVAILABLE"}, "the second is there")
        assert client.y(name="second") == [3.0]


def test_a_configuration_that_breaks_later_changes_nothing(bundles, tmp_path, caplog):
    config = tmp_path / "models.config"
    configure(config, model("affine", bundles / "affine"))
    with serve(model_config_file=str(config), model_config_file_poll_wait_seconds=1) as client:
        config.write_text("model_config_list {")
        until(lambda: "Failed to read ModelServerConfig" in caplog.text, "the file is read again")
        assert (
            f"Failed to read ModelServerConfig file: Invalid protobuf file: '{config}'"
            in caplog.text
        )
        assert client.y() == [3.0]
        configure(config, model("second", bundles / "affine"))
        until(lambda: client.states("second") == {1: "AVAILABLE"}, "it is read again when mended")


def test_the_health_service_says_that_the_process_serves(affine):
    stub = health_pb2_grpc.HealthStub(affine.channel)
    response = stub.Check(health_pb2.HealthCheckRequest())
    assert response.status == health_pb2.HealthCheckResponse.SERVING


def test_messages_may_be_larger_than_grpc_allows_by_default(affine):
    x = [0.5] * 2_000_000
    assert len(affine.predict(x=x, outputs=["y"]).outputs["y"].float_val) == len(x)


def test_calls_run_side_by_side(affine):
    answers = []
    threads = [threading.Thread(target=lambda: answers.append(affine.y())) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [[3.0]] * 16


def test_a_server_that_cannot_be_built_says_why(tmp_path):
    server = Server(Flags(port=0, model_base_path="models"))
    with pytest.raises(ConfigurationError, match="Expected model default to have an absolute path"):
        server.load()
    with pytest.raises(FlagError, match=f"--port={server.port} cannot be bound.*MODEL_SERVER_PORT"):
        Server(Flags(port=server.port, model_base_path=str(tmp_path)))
    server.stop()


# Where Linux reaches a server that listens on every address, and no other.
ELSEWHERE = "127.0.0.2"
on_linux = pytest.mark.skipif(sys.platform != "linux", reason=f"{ELSEWHERE} is not everywhere")


def answers(host: str, port: int) -> bool:
    try:
        socket.create_connection((host, port), timeout=5).close()
    except OSError:
        return False
    return True


def has_ipv6() -> bool:
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        return False
    return True


@pytest.fixture
def server_on(tmp_path):
    """Starts servers of no model, by the arguments of a Server."""
    configure(tmp_path / "models.config")
    servers = []

    def start(*host):
        server = Server(Flags(port=0, model_config_file=str(tmp_path / "models.config")), *host)
        servers.append(server)
        server.load()
        server.start()
        return server.port

    yield start
    for server in servers:
        server.stop()


@on_linux
def test_only_this_machine_reaches_the_server(server_on):
    port = server_on()
    assert answers("127.0.0.1", port)
    assert answers("localhost", port)
    assert answers("::1", port) is has_ipv6()
    assert not answers(ELSEWHERE, port)


@on_linux
@pytest.mark.parametrize("host", ["0.0.0.0", "::", "[::]"])  # noqa: S104
def test_the_server_can_be_opened_to_other_machines(server_on, host):
    if ":" in host and not has_ipv6():
        pytest.skip("there is no IPv6 here")
    assert answers(ELSEWHERE, server_on(host))


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_process_serves_until_it_gets_a_signal(bundles, number):
    with started(
        "--port=0", "--model_name", "affine", f"--model_base_path={bundles / 'affine'}"
    ) as process:
        assert process.stderr is not None
        lines = []
        for line in process.stderr:
            lines.append(line)
            if ready := re.search(r"Serving on port (\d+)", line):
                break
        assert ready, "".join(lines)
        client = client_of(int(ready[1]))
        assert client.y() == [3.0]
        under_way = client.begin(signature="pick", row=[1], wait=9000.0)
        assert client.y() == [3.0]  # calls are taken in order: the one before runs by now
        process.send_signal(number)
        process.send_signal(signal.SIGTERM)  # as when Ctrl-C reaches a whole group of processes
        rest = process.stderr.read()
        assert list(under_way.result().outputs["picked"].int_val) == [20]
        client.channel.close()
        assert process.wait(timeout=30) == 0
    said = [*lines, *rest.splitlines()]
    assert [line for line in said if not re.match(r"\d{4}-\d\d-\d\d .* [IWE] ", line)] == []


@on_linux
@pytest.mark.slow
@pytest.mark.parametrize(("host", "is_open"), [("", False), ("0.0.0.0", True)])  # noqa: S104
def test_the_process_listens_where_its_environment_says(tmp_path, host, is_open):
    configure(tmp_path / "models.config")
    arguments = ("--port=0", f"--model_config_file={tmp_path / 'models.config'}")
    with started(*arguments, MODEL_SERVER_HOST=host) as process:
        assert process.stderr is not None
        ready = next(filter(None, (re.search(r"on port (\d+)", line) for line in process.stderr)))
        assert answers(ELSEWHERE, int(ready[1])) is is_open
        process.send_signal(signal.SIGTERM)
        assert "Traceback" not in process.stderr.read()


@pytest.mark.slow
def test_the_process_refuses_an_unknown_flag():
    with started("--model_basepath=/models") as process:
        _, said = process.communicate(timeout=60)
    assert process.returncode == 2
    assert "unknown argument: --model_basepath=/models; did you mean --model_base_path?" in said


def test_grpc_is_set_up_by_the_arguments_for_it(bundles):
    with serve(
        model_name="affine",
        model_base_path=str(bundles / "affine"),
        grpc_channel_arguments="grpc.max_receive_message_length=1000,grpc.primary_user_agent=x",
    ) as client:
        assert client.y() == [3.0]
        with pytest.raises(grpc.RpcError) as refusal:
            client.predict(x=[1.0] * 1000)
        assert refusal.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED


def test_a_unix_socket_serves_in_addition_to_the_port(bundles, tmp_path):
    socket_path = tmp_path / "serving.sock"
    with (
        serve(
            model_name="affine",
            model_base_path=str(bundles / "affine"),
            grpc_socket_path=str(socket_path),
        ) as client,
        grpc.insecure_channel(f"unix:{socket_path}") as channel,
    ):
        assert Client(channel).y() == [3.0]
        assert client.y() == [3.0]


def test_a_unix_socket_that_cannot_be_bound_is_refused(bundles, tmp_path):
    path = tmp_path / "missing" / "serving.sock"
    flags = Flags(port=0, model_base_path=str(bundles / "affine"), grpc_socket_path=str(path))
    with pytest.raises(FlagError, match=f"^--grpc_socket_path={path} cannot be bound"):
        Server(flags)
