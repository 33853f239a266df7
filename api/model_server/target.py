"""Where the model server is: one address, or those of all its replicas."""

import re

_HOST = re.compile(r"[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\]")
_IPV4 = re.compile(r"\d{1,3}(\.\d{1,3}){3}")
_DNS = "dns:///"


def grpc_target(text: str) -> str | None:
    """Write an address, or a list of them, as gRPC's name resolution takes it.

    Args:
        text: `host:port`, of a name all of whose addresses are replicas; the same behind
            `dns:///`; or `address:port,address:port,...`, of IPv4 or of IPv6.

    Returns:
        The target; None where `text` is none of these.
    """
    places = [_place(part.strip()) for part in text.removeprefix(_DNS).split(",")]
    hosts = [place[0] for place in places if place]
    if len(hosts) < len(places):
        return None
    if len(hosts) == 1:
        return text
    written = ",".join(f"{host}:{port}" for host, port in filter(None, places))
    if text.startswith(_DNS):
        return None
    if all(map(_IPV4.fullmatch, hosts)):
        return f"ipv4:{written}"
    return f"ipv6:{written}" if all(host.startswith("[") for host in hosts) else None


def _place(text: str) -> tuple[str, int] | None:
    host, _, port = text.rpartition(":")
    is_port = port.isascii() and port.isdigit() and 1 <= int(port[:20]) <= 65535
    return (host, int(port)) if _HOST.fullmatch(host) and is_port else None
