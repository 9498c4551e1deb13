"""Ciphers that are given the same initialisation vector every time."""

from collections.abc import Iterator

from backend_advisor.code.values import Value
from backend_advisor.knowledge.detection import Match
from backend_advisor.rules.declared import shown
from backend_advisor.rules.registry import CodeContext, detects_in_code

_ZEROS = frozenset({"Buffer.alloc()"})
"""Makers of bytes that are always the same."""


@detects_in_code("SEC232")
def fixed_initialisation_vector(context: CodeContext) -> Iterator[Match]:
    """Calls whose vector is a constant of the program."""
    told: set[tuple[str, int]] = set()
    for call in context.seen.calls.values():
        iv = call.properties.get("iv")
        place = (call.unit.path, call.node.start)
        if iv is None or place in told or "decrypts" in call.properties or not _fixed(iv):
            continue
        told.add(place)
        callee = ".".join(call.role.name.split(".")[-2:])
        yield Match(location=context.location(call.unit, call.node), values={"call": callee, "iv": shown(iv)})


def _fixed(iv: Value) -> bool:
    if iv.consts:
        return all(isinstance(one, str | bytes) and len(one) > 0 for one in iv.consts)
    return iv.name in _ZEROS and not iv.taints
