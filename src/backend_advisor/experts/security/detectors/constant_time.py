"""Comparisons of secrets rewritten so that their time tells nothing of how much is right."""

from backend_advisor.code import ir
from backend_advisor.code.program import Unit
from backend_advisor.model import Edit
from backend_advisor.rules.edits import replaced, source_of
from backend_advisor.rules.places import Places

_DIFFERS = frozenset({"!=", "!=="})
_UTF_8 = "java.nio.charset.StandardCharsets.UTF_8"


def in_constant_time(unit: Unit, node: ir.Node, sides: tuple[ir.Expr, ir.Expr], places: Places) -> tuple[Edit, ...]:
    """The edits that compare two secrets in constant time, with the import that this needs; none where an operand would
    be computed twice or the module is not at hand."""
    differs = isinstance(node, ir.Binary) and node.op in _DIFFERS
    if unit.language == "python":
        return _in_python(unit, node, sides, places, differs=differs)
    if unit.language == "java":
        return _in_java(unit, node, sides, places)
    return _in_javascript(unit, node, sides, places, differs=differs)


def _in_python(
    unit: Unit, node: ir.Node, sides: tuple[ir.Expr, ir.Expr], places: Places, *, differs: bool
) -> tuple[Edit, ...]:
    given = ", ".join(_or_nothing(unit, side) for side in sides)
    made = replaced(unit, node, f"{'not ' if differs else ''}hmac.compare_digest({given})", places)
    known = unit.imports.get("hmac")
    if known is not None:
        return (made,) if known.module == "hmac" and known.name is None else ()
    first = next((one for one in unit.module.body if isinstance(one, ir.Import)), None)
    if first is None or first.module == "__future__":
        return ()
    return replaced(unit, ir.Node(first.start, first.start), "import hmac\n", places), made


def _or_nothing(unit: Unit, side: ir.Expr) -> str:
    """A look-up that may find nothing gives an empty text: `compare_digest` refuses None."""
    looks_up = isinstance(side, ir.Call) and isinstance(side.func, ir.Attr) and side.func.name == "get"
    return source_of(unit, side) + (' or ""' if looks_up and len(side.args) == 1 else "")  # type: ignore[attr-defined]


def _in_javascript(
    unit: Unit, node: ir.Node, sides: tuple[ir.Expr, ir.Expr], places: Places, *, differs: bool
) -> tuple[Edit, ...]:
    known = unit.imports.get("crypto")
    if known is None or known.module.removeprefix("node:") != "crypto" or known.name not in (None, "default", "*"):
        return ()
    if not all(_is_plain(side) for side in sides):
        return ()
    one, other = (source_of(unit, side) for side in sides)
    equal = f"{one}?.length === {other}?.length && crypto.timingSafeEqual(Buffer.from({one}), Buffer.from({other}))"
    return (replaced(unit, node, f"{'!' if differs else ''}({equal})", places),)


def _in_java(unit: Unit, node: ir.Node, sides: tuple[ir.Expr, ir.Expr], places: Places) -> tuple[Edit, ...]:
    called = node.func.name if isinstance(node, ir.Call) and isinstance(node.func, ir.Attr) else ""
    if called != "equals" or not all(_is_plain(side) for side in sides):
        return ()
    given = ", ".join(f"{source_of(unit, side)}.getBytes({_UTF_8})" for side in sides)
    return (replaced(unit, node, f"java.security.MessageDigest.isEqual({given})", places),)


def _is_plain(side: ir.Expr) -> bool:
    """Whether an expression may be written twice: a name, or fields and keys of one."""
    if isinstance(side, ir.Attr):
        return _is_plain(side.value)
    if isinstance(side, ir.Index):
        return _is_plain(side.value) and isinstance(side.key, ir.Const | ir.Name)
    return isinstance(side, ir.Name)
