"""The allowed connections: NetworkPolicies, and the ports that the compose file publishes."""

import pytest

from tests.docker.deployment import KUBERNETES, compose, documents, manifests

REST_PORT = 8501  # of the model server, for metrics; it serves Predict over REST as well
POD_NAME = "app.kubernetes.io/name"


def policy(name):
    return manifests()["NetworkPolicy", name]["spec"]


def ingress_rules(policies, port):
    """List who may reach a port, as the policies' rules say."""
    return [
        rule
        for each in policies
        for rule in each.get("ingress", ())
        if port in {opened["port"] for opened in rule["ports"]}
    ]


def test_connections_are_denied_unless_a_policy_allows_them():
    assert policy("nobody") == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}


def test_only_the_api_reaches_the_model_servers():
    (rule,) = policy("model-server")["ingress"]
    assert rule == {
        "from": [{"podSelector": {"matchLabels": {POD_NAME: "api"}}}],
        "ports": [{"port": 8500}],
    }


def test_only_prometheus_reaches_the_port_that_serves_rest_predictions_too():
    in_base = [spec["spec"] for (kind, _), spec in manifests().items() if kind == "NetworkPolicy"]
    assert ingress_rules(in_base, REST_PORT) == []
    (monitoring,) = documents(KUBERNETES / "monitoring" / "network.yaml")
    (rule,) = ingress_rules([monitoring["spec"]], REST_PORT)
    assert rule["from"] == [
        {
            "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "monitoring"}},
            "podSelector": {"matchLabels": {POD_NAME: "prometheus"}},
        }
    ]


@pytest.mark.parametrize("protocol", ["UDP", "TCP"])
def test_the_api_reaches_the_dns_server_at_any_address(protocol):
    """A cache on the node has the node's network: no selector of pods matches it."""
    (rule,) = [
        r for r in policy("api")["egress"] if {"port": 53, "protocol": protocol} in r["ports"]
    ]
    assert "to" not in rule
    assert {opened["port"] for opened in rule["ports"]} == {53}


def test_in_compose_only_the_api_is_published_and_shares_the_model_servers_network():
    services = compose()["services"]
    assert [name for name, service in services.items() if "ports" in service] == ["api"]
    assert compose()["networks"]["private"] == {"internal": True}
    private = [
        name for name, service in services.items() if "private" in service.get("networks", ())
    ]
    assert private == ["api", "model-server", "model-server-gpu"]
    for name in ("model-server", "model-server-gpu"):
        assert list(services[name]["networks"]) == ["private"]
