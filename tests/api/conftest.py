from dataclasses import replace

import pytest

from api import create_app
from api.config import Config
from api.model_server.grpc_client import GrpcModelServer
from tests.api.contract import CheckedClient
from tests.api.loopback import LoopbackModelServer, write_models_config


@pytest.fixture
def loopback():
    """A model server with one game, zelda, that is ready."""
    server = LoopbackModelServer().start()
    yield server
    server.stop()


@pytest.fixture
def model_server(loopback):
    """The real client of that server."""
    client = GrpcModelServer(loopback.target)
    yield client
    client.close()


@pytest.fixture
def config(tmp_path, loopback):
    path = tmp_path / "models.config"
    write_models_config(path, "zelda")
    return Config(model_server=loopback.target, models_config=path, rate_limit=None)


@pytest.fixture
def app(config):
    """An app whose every answer is held against its contract."""
    app = create_app(config)
    app.test_client_class = CheckedClient
    return app


@pytest.fixture
def client(app):
    return app.test_client()


@pytest.fixture
def limited(config):
    """Build an app with a rate limit; gives its client, which checks the contract."""

    def client(rate, **settings):
        app = create_app(replace(config, rate_limit=rate, **{"workers": 1, **settings}))
        app.test_client_class = CheckedClient
        return app.test_client()

    return client
