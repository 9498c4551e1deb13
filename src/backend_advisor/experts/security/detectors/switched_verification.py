"""Verification of tokens in Python that the token or the request itself can switch off (part of SEC302)."""

import re
from collections.abc import Iterator

from backend_advisor.code import ir
from backend_advisor.code.files import is_test
from backend_advisor.code.program import FunctionInfo, Program
from backend_advisor.code.tree import in_body
from backend_advisor.experts.security.detectors.reading import behind, definitions
from backend_advisor.experts.security.detectors.words import dotted

_SWITCHES = frozenset({"verify_signature", "verify"})
_OF_TOKEN = re.compile(
    r"get_unverified_(?:header|headers|claims)$|^(?:request|self\.request)\.(?:headers|args|GET|META|query_params|cookies|json)\b"
)
_PACKAGES = frozenset({"jwt", "jose", "authlib"})


def switched_off_by_sender(program: Program) -> Iterator[tuple[FunctionInfo, ir.Node]]:
    """`{"verify_signature": header.get("x-signed-by") != GATEWAY}` of a header that nobody has verified."""
    if program.language != "python":
        return
    for info in program.functions():
        roots = {statement.module.partition(".")[0] for statement in info.unit.imports.values()}
        if not roots & _PACKAGES or is_test(info.unit.path):
            continue
        for node, value in _settings(info):
            if isinstance(value, ir.Const):
                continue
            if any(
                isinstance(part, ir.Call | ir.Attr)
                and _OF_TOKEN.search(dotted(part.func if isinstance(part, ir.Call) else part))
                for part in behind(value, definitions(info.node.body))
            ):
                yield info, node


def _settings(info: FunctionInfo) -> Iterator[tuple[ir.Node, ir.Expr]]:
    """What says whether a signature is verified, and the value."""
    for node in in_body(info.node):
        if isinstance(node, ir.Mapping):
            for key, value in node.pairs:
                if isinstance(key, ir.Const) and key.value == "verify_signature":
                    yield node, value
        elif isinstance(node, ir.Call) and dotted(node.func).rpartition(".")[2] == "decode":
            yield from ((node, value) for key, value in node.keywords if key in _SWITCHES)
