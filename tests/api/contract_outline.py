"""The outline of the contract: every path, method and status, with its media types and headers.

Headers that every response has are left out.

`python -m tests.api.contract_outline` writes it beside this file, for a change that is meant.
"""

from pathlib import Path

from api.http.openapi import document

GOLDEN = Path(__file__).with_name("contract_outline.txt")
EVERY = {"Cache-Control", "Leitmotif-Api-Version", "X-Request-Id"}


def outline() -> str:
    return "\n".join(_lines(document())) + "\n"


def _lines(contract):
    for path, item in contract["paths"].items():
        for method, operation in item.items():
            yield f"{method.upper()} {path}"
            for status, answer in operation["responses"].items():
                media_types = " ".join(answer.get("content", ())) or "no content"
                headers = " ".join(name for name in answer["headers"] if name not in EVERY)
                yield f"    {status} {media_types}{f' [{headers}]' if headers else ''}"


if __name__ == "__main__":
    GOLDEN.write_text(outline())
