from dataclasses import replace

import pytest

from api import create_app
from tests.api.contract import CheckedClient


@pytest.fixture
def limited(config):
    """Build an app with a rate limit; gives its client, which checks the contract."""

    def client(rate, **settings):
        app = create_app(replace(config, rate_limit=rate, **{"workers": 1, **settings}))
        app.test_client_class = CheckedClient
        return app.test_client()

    return client
