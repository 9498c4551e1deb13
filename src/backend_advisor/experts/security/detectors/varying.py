"""Cross-origin rights that depend on who asks, in answers that caches may give to others (SEC408)."""

import re
from collections.abc import Iterator

from backend_advisor.code import ir
from backend_advisor.code.seen import CallSeen
from backend_advisor.code.tree import in_whole
from backend_advisor.experts.security.detectors.reading import behind, constants, definitions
from backend_advisor.experts.security.detectors.words import dotted
from backend_advisor.knowledge.detection import Match
from backend_advisor.model import Edit
from backend_advisor.rules.edits import replaced, source_of
from backend_advisor.rules.places import Places
from backend_advisor.rules.registry import CodeContext, detects_in_code
from backend_advisor.rules.standing import is_for_tests

_ALLOWS = re.compile(r"(?i)^access-control-allow-origin$|ACCESS_CONTROL_ALLOW_ORIGIN$")
_READS_ORIGIN = re.compile(
    rb"(?i)headers?\s*(?:\.|\[\s*['\"]|\(\s*['\"]|\.get\(\s*['\"])origin\b|HTTP_ORIGIN|HttpHeaders\.ORIGIN"
    rb"|\bget\(\s*['\"]origin['\"]"
)
_ADDS = {
    "werkzeug.": '{answer}.vary.add("Origin")',
    "starlette.": '{headers}.add_vary_header("Origin")',
}
"""How Python's frameworks add to the header, in which something else may stand already."""
_VARIES = re.compile(rb"(?i)\bvary\b|add_vary|patch_vary")


@detects_in_code("SEC408")
def allowed_origin_without_vary(context: CodeContext) -> Iterator[Match]:
    """An allowed origin taken from the request in a file that sends no `Vary`."""
    for call in context.seen.calls.values():
        if not _allows_an_asker(call) or call.info is None or is_for_tests(call.info.node.decorators):
            continue
        if not _VARIES.search(call.unit.module.source):
            yield Match(
                location=context.location(call.unit, call.node),
                values={"call": context.text(call.unit, call.node)[:60]},
                edits=_varying(call, context.places),
                applicability="unsafe",
            )


def _allows_an_asker(call: CallSeen) -> bool:
    """Whether a call sets the header to the origin that the request names."""
    names = constants(call.properties.get("name")) if "name" in call.properties else []
    if not names or not all(map(_ALLOWS.search, names)) or call.info is None:
        return False
    value = _value(call)
    if value is None or not _READS_ORIGIN.search(call.unit.module.source, call.info.node.start, call.info.node.end):
        return False
    defined = definitions(call.info.node.body)
    return any(_READS_ORIGIN.search(source_of(call.unit, one).encode()) for one in behind(value, defined))


def _value(call: CallSeen) -> ir.Expr | None:
    """What a header is set to."""
    if isinstance(call.node, ir.Call):
        return call.node.args[-1] if call.node.args else None
    assigned = (one for one in in_whole(call.info.node) if isinstance(one, ir.Assign)) if call.info is not None else ()
    return next((one.value for one in assigned if one.target is call.node), None)


def _varying(call: CallSeen, places: Places) -> tuple[Edit, ...]:
    """The edits that send `Vary: Origin` before the header is set, where that stands on a line of its own; before the
    condition on the origin, since those who are refused are answered differently too."""
    unit, node = call.unit, call.node
    body = in_whole(call.info.node) if call.info is not None else ()
    sets = next((one for one in body if node in (getattr(one, "value", None), getattr(one, "target", None))), None)
    text = _sent(call)
    if text is None or not isinstance(sets, ir.Do | ir.Assign):
        return ()
    around = [one for one in body if isinstance(one, ir.If) and one.start < sets.start and sets.end <= one.end]
    first = max(around, key=lambda one: one.start, default=sets)
    if not unit.module.source.startswith(b"if", first.start):
        first = sets
    indent = unit.module.source[unit.module.source.rfind(b"\n", 0, first.start) + 1 : first.start].decode(
        "utf-8", "replace"
    )
    if indent.strip():
        return ()
    return (replaced(unit, ir.Node(first.start, first.start), f"{text}\n{indent}", places),)


def _sent(call: CallSeen) -> str | None:
    node = call.node
    if isinstance(node, ir.Index):
        adds = next((adds for begins, adds in _ADDS.items() if call.role.name.startswith(begins)), None)
        holder = source_of(call.unit, node.value)
        return adds.format(headers=holder, answer=holder.removesuffix(".headers")) if adds is not None else None
    if not isinstance(node, ir.Call) or not isinstance(node.func, ir.Attr) or not dotted(node.func.value):
        return None
    holder = source_of(call.unit, node.func.value)
    if call.unit.language == "java":
        return f'{holder}.addHeader("Vary", "Origin");'
    if call.role.name.startswith("express."):
        return f"{holder}.vary('Origin');"
    return f"{holder}.appendHeader('Vary', 'Origin');" if call.role.name.startswith("http.") else None
