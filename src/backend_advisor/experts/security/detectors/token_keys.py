"""Keys that a token itself names, and that are believed: `jku`, `x5u` and `jwk` of its header (part of SEC302)."""

import re
from collections.abc import Iterator

from backend_advisor.code import ir
from backend_advisor.code.program import FunctionInfo, Program
from backend_advisor.code.tree import in_whole
from backend_advisor.experts.security.detectors.words import dotted

_ABOUT = (b"jku", b"x5u", b"getJWKURL", b"getX509CertURL", b".getJWK()")
_GETTERS = frozenset({"getJWKURL", "getX509CertURL"})
_KEYS = frozenset({"jku", "x5u"})
_FETCHES = re.compile(
    r"(?i)^(?:openConnection|openStream|load|fetch|get|urlopen|request|RemoteJWKSet|JWKSourceBuilder|createRemoteJWKSet|PyJWKClient|jwksClient|axios|got|getForObject|exchange)$"
)
_ALLOWS = re.compile(
    r"(?i)^(?:contains|containsKey|includes|has|equals|startsWith|starts_?with|matches|test|indexOf|is_?(?:allowed|trusted|known)\w*|(?:check|verify|validate|assert|require)_?\w+)$"
)
"""What compares the address with those that are believed."""
_COMPARES = frozenset({"==", "===", "!=", "!==", "in", "not in"})


def named_by_token(program: Program) -> Iterator[tuple[FunctionInfo, ir.Node]]:
    """Functions that ask the address which a token's header names for the key, compared with nothing before."""
    for unit in program.units.values():
        if not any(word in unit.module.source for word in _ABOUT):
            continue
        for info in unit.functions:
            whole = in_whole(info.node)
            asked = next((one for one in whole if _reads(one)), None)
            if asked is None or any(map(_is_compared, whole)):
                continue
            if any(isinstance(one, ir.Call) and _FETCHES.match(dotted(one.func).rpartition(".")[2]) for one in whole):
                yield info, asked


def _reads(node: ir.Node) -> bool:
    """`header.getJWKURL()`, `header.jku`, `header["jku"]`, `header.get("jku")`."""
    if isinstance(node, ir.Call):
        name = dotted(node.func).rpartition(".")[2]
        key = node.args[0].value if name == "get" and node.args and isinstance(node.args[0], ir.Const) else None
        return name in _GETTERS or (isinstance(key, str) and key in _KEYS)
    if isinstance(node, ir.Index):
        return isinstance(node.key, ir.Const) and isinstance(node.key.value, str) and node.key.value in _KEYS
    return isinstance(node, ir.Attr) and node.name in _KEYS


def _is_compared(node: ir.Node) -> bool:
    if isinstance(node, ir.Call):
        name = dotted(node.func).rpartition(".")[2]
        return _ALLOWS.match(name) is not None and not _about_key(node)
    return (
        isinstance(node, ir.Binary)
        and node.op in _COMPARES
        and not any(isinstance(one, ir.Const) and one.value is None for one in (node.left, node.right))
    )


def _about_key(call: ir.Call) -> bool:
    """Whether a question is for the algorithm or the signature, rather than for where the key comes from."""
    return any(re.search(r"(?i)alg|signature|verifier", dotted(one)) is not None for one in (call, *call.args))
