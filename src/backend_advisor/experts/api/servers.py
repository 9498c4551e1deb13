"""The addresses at which a document says that its API is served."""

import re
from collections.abc import Iterator

from backend_advisor.experts.api.documents import EMPTY, Document
from backend_advisor.placed_yaml import Node

_PRIVATE = re.compile(
    r"(?i)^(?:localhost|0\.0\.0\.0|127\.\S*|10\.\S*|192\.168\.\S*|172\.(?:1[6-9]|2\d|3[01])\.\S*|\[?::1\]?|host\.docker\.internal|"
    r"[\w-]+|.*\.(?:local|localhost|internal|intranet|lan|test|svc|cluster\.local|corp))$"
)
"""Hosts that only the own machine or network knows; a name without a dot is one of a cluster or of Compose."""
_ADDRESS = re.compile(r"^(?P<scheme>[a-z][a-z+]*)://(?P<host>[^/:?#]+)", re.IGNORECASE)


def addresses(document: Document) -> Iterator[tuple[str, str, Node]]:
    """Scheme, host and place of each address that is written out."""
    if document.is_old:
        host = document.root.text_at("host") or ""
        for scheme in (document.root.at("schemes") or EMPTY).items:
            if host and scheme.text and "{" not in host:
                yield scheme.text.lower(), host.partition(":")[0], scheme
        return
    holders = [document.root, *(one.node for one in document.operations)]
    for holder in holders:
        for server in (holder.at("servers") or EMPTY).items:
            url = server.at("url")
            if url is not None and url.text and (found := _ADDRESS.match(url.text)) and "{" not in found["host"]:
                yield found["scheme"].lower(), found["host"], url


def is_private(host: str) -> bool:
    """Whether a host is the own machine or one of an inner network."""
    return _PRIVATE.match(host) is not None


def is_public(document: Document) -> bool:
    """Whether a document names a host that the world can reach."""
    return any(not is_private(host) for _, host, _ in addresses(document))
