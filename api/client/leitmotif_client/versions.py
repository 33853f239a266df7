"""The versions of the client and of the API, and whether they fit each other."""

import platform
import re

CLIENT = "0.1.0"
API = (1, 0)  # the oldest that this client works with; newer minor versions only add to it
HEADER = "Leitmotif-Api-Version"
USER_AGENT = f"leitmotif-client/{CLIENT} Python/{platform.python_version()}"

_VERSION = re.compile(r"([0-9]{1,9})\.([0-9]{1,9})")


def misfit(header: str) -> str | None:
    """Explain why this client does not work with an API.

    Args:
        header: The version that the API reports; empty if it reports none.

    Returns:
        A sentence; None if the client works with that API.
    """
    needed = f"leitmotif-client {CLIENT} needs an API of version {API[0]}, {_text(API)} or newer"
    found = _VERSION.fullmatch(header)
    if found is None:
        return f"What answers at this address is not Leitmotif, or it is too old: {needed}."
    version = int(found[1]), int(found[2])
    if version < API:
        return f"The API has version {_text(version)}, which is too old: {needed}. Update the API."
    if version[0] > API[0]:
        return (
            f"The API has version {_text(version)}, which is too new: {needed}. "
            "Install the client that comes with the API."
        )
    return None


def _text(version: tuple[int, int]) -> str:
    return f"{version[0]}.{version[1]}"
